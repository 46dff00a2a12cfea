// The life cycle of a machine: one table of what may be asked in which state, and what happens then.
#ifndef CIMVISOR_PROVIDERS_INVENTORY_LIFE_CYCLE_H_
#define CIMVISOR_PROVIDERS_INVENTORY_LIFE_CYCLE_H_

#include <cstdint>

#include "absl/strings/string_view.h"
#include "providers/inventory/records.pb.h"

namespace cimvisor::inventory {

// What befalls a machine: a request, or the end of the work or of the run.
enum class LifeCycleEvent : uint8_t { kTurnOn, kTurnOff, kPause, kReset, kDestroy, kModifyHardware, kEnded };

enum class Decision : uint8_t {
  kRefuse,     // the state forbids it (Hyper-V: 32775)
  kStart,      // launch a worker: kStarting, then kRunning
  kResume,     // kResuming, then kRunning
  kTurnOff,    // kStopping, then kOff
  kPause,      // kPausing, then kPaused
  kReset,      // kResetting, then kRunning
  kAllow,      // one transaction does it (destroy, modify); no transition
  kRecordEnd,  // the run is over: kOff with its reason
};

// What to do about `event` in `state`. Total: every event has a decision in every state.
Decision Decide(State state, LifeCycleEvent event);

// The transitional state of a decision and the state that follows its success; both STATE_UNKNOWN when it has none.
struct Transition {
  State during = STATE_UNKNOWN;
  State after = STATE_UNKNOWN;
};
Transition TransitionOf(Decision decision);

// The event of a request; kTurnOn for REQUEST_ON, … `request` must not be REQUEST_NONE.
LifeCycleEvent EventOf(Request request);

// True in a transitional state: a job is at work, and nothing else may be asked.
bool IsTransitional(State state);

// "running", "turning off"; "turn on", "pause": words for messages.
absl::string_view StateName(State state);
absl::string_view RequestName(Request request);

}  // namespace cimvisor::inventory

#endif  // CIMVISOR_PROVIDERS_INVENTORY_LIFE_CYCLE_H_
