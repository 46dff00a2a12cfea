#include "providers/inventory/life_cycle.h"

#include <array>

namespace cimvisor::inventory {
namespace {

struct StateRow {
  State state;
  absl::string_view name;
  bool transitional;
  // By LifeCycleEvent: turn on, turn off, pause, reset, destroy, modify hardware, ended.
  std::array<Decision, 7> decisions;
};

constexpr Decision kNo = Decision::kRefuse;
constexpr Decision kEnd = Decision::kRecordEnd;

// The table. In a transitional state the job that brought it about decides what becomes of the machine, also when its
// worker ends meanwhile; so nothing may be asked and the end is the job's to record. A machine whose state is unknown
// (its worker could not be asked) may only be turned off.
constexpr std::array<StateRow, 9> kStates = {{
    {STATE_UNKNOWN, "in an unknown state", false, {kNo, Decision::kTurnOff, kNo, kNo, kNo, kNo, kEnd}},
    {STATE_OFF, "off", false, {Decision::kStart, kNo, kNo, kNo, Decision::kAllow, Decision::kAllow, kNo}},
    {STATE_STARTING, "starting", true, {kNo, kNo, kNo, kNo, kNo, kNo, kNo}},
    {STATE_RUNNING, "running", false, {kNo, Decision::kTurnOff, Decision::kPause, Decision::kReset, kNo, kNo, kEnd}},
    {STATE_PAUSING, "pausing", true, {kNo, kNo, kNo, kNo, kNo, kNo, kNo}},
    {STATE_PAUSED, "paused", false, {Decision::kResume, Decision::kTurnOff, kNo, Decision::kReset, kNo, kNo, kEnd}},
    {STATE_RESUMING, "resuming", true, {kNo, kNo, kNo, kNo, kNo, kNo, kNo}},
    {STATE_RESETTING, "resetting", true, {kNo, kNo, kNo, kNo, kNo, kNo, kNo}},
    {STATE_STOPPING, "turning off", true, {kNo, kNo, kNo, kNo, kNo, kNo, kNo}},
}};

const StateRow& RowOf(State state) {
  for (const StateRow& row : kStates) {
    if (row.state == state) return row;
  }
  return kStates[0];
}

}  // namespace

Decision Decide(State state, LifeCycleEvent event) { return RowOf(state).decisions[static_cast<size_t>(event)]; }

Transition TransitionOf(Decision decision) {
  switch (decision) {
    case Decision::kStart:
      return {STATE_STARTING, STATE_RUNNING};
    case Decision::kResume:
      return {STATE_RESUMING, STATE_RUNNING};
    case Decision::kTurnOff:
      return {STATE_STOPPING, STATE_OFF};
    case Decision::kPause:
      return {STATE_PAUSING, STATE_PAUSED};
    case Decision::kReset:
      return {STATE_RESETTING, STATE_RUNNING};
    case Decision::kRefuse:
    case Decision::kAllow:
    case Decision::kRecordEnd:
      break;
  }
  return {};
}

LifeCycleEvent EventOf(Request request) {
  switch (request) {
    case REQUEST_OFF:
      return LifeCycleEvent::kTurnOff;
    case REQUEST_PAUSE:
      return LifeCycleEvent::kPause;
    case REQUEST_RESET:
      return LifeCycleEvent::kReset;
    default:
      return LifeCycleEvent::kTurnOn;
  }
}

bool IsTransitional(State state) { return RowOf(state).transitional; }

absl::string_view StateName(State state) { return RowOf(state).name; }

absl::string_view RequestName(Request request) {
  switch (request) {
    case REQUEST_ON:
      return "turn on";
    case REQUEST_OFF:
      return "turn off";
    case REQUEST_PAUSE:
      return "pause";
    case REQUEST_RESET:
      return "reset";
    default:
      return "nothing";
  }
}

}  // namespace cimvisor::inventory
