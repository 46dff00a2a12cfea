// Starting, stopping, pausing and resetting machines, and what goes wrong meanwhile.
#include "providers/inventory/transitions.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "providers/inventory/errors.h"
#include "providers/inventory/test_service.h"

namespace cimvisor::inventory {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class TransitionsTest : public ::testing::Test {
 protected:
  // A machine whose failures are not recovered, so that a test sees what they leave.
  std::string Define(const std::string& kernel = "small") {
    return service_.Define("web", [&](Configuration& c) {
      c.mutable_system()->set_recovery_action(RECOVERY_ACTION_NONE);
      if (!kernel.empty()) c.mutable_linux_kernel()->set_kernel_path(service_.BootFile(kernel));
    });
  }
  std::string Running() {
    const std::string id = Define();
    EXPECT_EQ(service_.Change(id, REQUEST_ON)->state, jobs::JobState::kCompleted);
    return id;
  }
  absl::Status Ask(const std::string& id, Request request) {
    security::Operation call = service_.Call();
    return service_.inventory().RequestStateChange(call, id, request, [](const std::string&) {}).status();
  }
  State StateNow(const std::string& id) { return service_.Runtime(id).state(); }

  TestService service_;
};

TEST_F(TransitionsTest, AStartGoesThroughStartingToRunning) {
  const std::string id = Define();
  const auto job = service_.Change(id, REQUEST_ON);
  EXPECT_EQ(job->state, jobs::JobState::kCompleted) << job->error_description;
  EXPECT_EQ(job->type, 12);
  EXPECT_EQ(job->name, "Start Virtual Machine");
  EXPECT_THAT(job->affected, ElementsAre(jobs::JobElement{kMachineEntity, id}));
  const RuntimeRecord runtime = service_.Runtime(id);
  EXPECT_EQ(runtime.state(), STATE_RUNNING);
  EXPECT_EQ(runtime.requested(), REQUEST_ON);
  EXPECT_EQ(runtime.job_id(), "");
  EXPECT_EQ(runtime.launch().worker_process_id(), service_.host().Get(id).process_id);
  EXPECT_GT(runtime.launch().started_at_us(), 0);
  EXPECT_THAT(service_.JournalStates(id), ElementsAre(STATE_OFF, STATE_STARTING, STATE_RUNNING));
}

TEST_F(TransitionsTest, TheLaunchIsCommittedBeforeTheWorkerIsMade) {
  const std::string id = Define();
  std::string committed;
  service_.host().OnAction([&](const std::string& action, const std::string& machine_id) {
    if (action != "launch") return;
    const auto rows = service_.store().Read("SELECT record FROM inventory_machine WHERE id = ?", {machine_id});
    MachineRecord record;
    ASSERT_TRUE(record.ParseFromString(std::get<store::Blob>((*rows)[0][0]).bytes));
    EXPECT_EQ(record.runtime().state(), STATE_STARTING);
    committed = record.runtime().launch().launch_id();
  });
  service_.Change(id, REQUEST_ON);
  EXPECT_NE(committed, "");
  EXPECT_EQ(service_.host().Get(id).launch_id, committed);
}

TEST_F(TransitionsTest, TheWorkerGetsWhatIsConfigured) {
  const std::string id = service_.Define("spec", [&](Configuration& c) {
    c.mutable_memory()->set_quantity_mib(64);
    c.mutable_processor()->set_count(2);
    c.mutable_linux_kernel()->set_kernel_path("boot:small");
    c.mutable_linux_kernel()->set_initrd_path(service_.BootFile("initrd"));
    c.mutable_linux_kernel()->set_command_line("console=ttyS0");
  });
  service_.Change(id, REQUEST_ON);
  const machine::MachineSpec spec = service_.host().Get(id).spec;
  EXPECT_EQ(spec.memory_bytes, uint64_t{64} << 20);
  EXPECT_EQ(spec.processors, 2U);
  EXPECT_EQ(spec.kernel_fd, 0) << "one was handed over";
  EXPECT_EQ(spec.initrd_fd, 0) << "one was handed over";
  EXPECT_EQ(spec.command_line, "console=ttyS0");
  EXPECT_EQ(spec.serial_ports.size(), 2U);
}

TEST_F(TransitionsTest, WithoutAKernelTheBuiltInProgramIsStarted) {
  const std::string id = Define("");
  EXPECT_EQ(service_.Change(id, REQUEST_ON)->state, jobs::JobState::kCompleted);
  const machine::MachineSpec spec = service_.host().Get(id).spec;
  EXPECT_EQ(spec.kernel_fd, -1);
  EXPECT_THAT(spec.boot_order_text, HasSubstr("Boot order"));
}

TEST_F(TransitionsTest, TheWholeLife) {
  const std::string id = Running();
  EXPECT_EQ(service_.Change(id, REQUEST_PAUSE)->state, jobs::JobState::kCompleted);
  EXPECT_EQ(StateNow(id), STATE_PAUSED);
  EXPECT_EQ(service_.Change(id, REQUEST_RESET)->state, jobs::JobState::kCompleted);
  EXPECT_EQ(StateNow(id), STATE_PAUSED) << "a reset leaves a paused machine paused";
  EXPECT_EQ(service_.Change(id, REQUEST_ON)->name, "Resume Virtual Machine");
  EXPECT_EQ(StateNow(id), STATE_RUNNING);
  EXPECT_EQ(service_.Change(id, REQUEST_RESET)->state, jobs::JobState::kCompleted);
  EXPECT_EQ(service_.host().Get(id).resets, 2);
  const auto off = service_.Change(id, REQUEST_OFF);
  EXPECT_EQ(off->state, jobs::JobState::kCompleted) << off->error_description;
  EXPECT_EQ(StateNow(id), STATE_OFF);
  EXPECT_EQ(service_.Runtime(id).health(), HEALTH_OK);
  EXPECT_FALSE(service_.host().Get(id).alive);
  EXPECT_THAT(
      service_.JournalStates(id),
      ElementsAre(STATE_OFF, STATE_STARTING, STATE_RUNNING, STATE_PAUSING, STATE_PAUSED, STATE_RESETTING, STATE_PAUSED,
                  STATE_RESUMING, STATE_RUNNING, STATE_RESETTING, STATE_RUNNING, STATE_STOPPING, STATE_OFF));
  EXPECT_TRUE(service_.inventory().DestroyMachine(service_.Call(), id).ok());
}

TEST_F(TransitionsTest, WhatTheStateForbidsIsRefusedAndMakesNoJob) {
  const std::string off = Define();
  const std::string running = Running();
  const std::string paused = Running();
  service_.Change(paused, REQUEST_PAUSE);
  const size_t jobs_before = service_.jobs().Snapshot()->size();
  const std::vector<std::pair<std::string, Request>> refused = {
      {off, REQUEST_OFF}, {off, REQUEST_PAUSE}, {off, REQUEST_RESET}, {running, REQUEST_ON}, {paused, REQUEST_PAUSE},
  };
  for (const auto& [id, request] : refused) {
    EXPECT_EQ(KindOf(Ask(id, request)), ErrorKind::kInvalidState) << RequestName(request);
  }
  EXPECT_EQ(KindOf(service_.inventory().DestroyMachine(service_.Call(), running)), ErrorKind::kInvalidState);
  EXPECT_EQ(KindOf(Ask(off, static_cast<Request>(4))), ErrorKind::kInvalidParameter);
  EXPECT_EQ(KindOf(Ask(off, REQUEST_NONE)), ErrorKind::kInvalidParameter);
  EXPECT_EQ(KindOf(Ask("00000000-0000-0000-0000-000000000000", REQUEST_ON)), ErrorKind::kNotFound);
  EXPECT_EQ(service_.jobs().Snapshot()->size(), jobs_before);
}

TEST_F(TransitionsTest, NothingElseIsTakenUpDuringATransition) {
  const std::string id = Define();
  std::vector<absl::Status> answers;
  service_.host().OnAction([&](const std::string& action, const std::string&) {
    if (action != "start") return;
    for (Request request : {REQUEST_ON, REQUEST_OFF, REQUEST_PAUSE, REQUEST_RESET}) answers.push_back(Ask(id, request));
    answers.push_back(service_.inventory().DestroyMachine(service_.Call(), id));
    // A name may be changed meanwhile, and the transition keeps it.
    EXPECT_TRUE(service_.inventory()
                    .ModifyMachine(service_.Call(), id,
                                   [](Configuration& c) {
                                     c.mutable_system()->set_name("renamed");
                                     return absl::OkStatus();
                                   })
                    .ok());
  });
  EXPECT_EQ(service_.Change(id, REQUEST_ON)->state, jobs::JobState::kCompleted);
  ASSERT_EQ(answers.size(), 5U);
  for (const absl::Status& answer : answers) EXPECT_EQ(KindOf(answer), ErrorKind::kInvalidState) << answer;
  EXPECT_EQ(service_.Get(id)->name(), "renamed");
  EXPECT_EQ(StateNow(id), STATE_RUNNING);
}

TEST_F(TransitionsTest, AKernelThatIsNoneFailsTheStartWithAReason) {
  struct Row {
    const char* file;
    uint32_t code;
    const char* message;
  };
  const std::vector<Row> rows = {
      {"absent", 32779, "absent"},
      {"empty", 32773, "empty"},
      {"text", 32773, "no kernel"},
      {"truncated", 32773, "truncated"},
  };
  for (const Row& row : rows) {
    const std::string id = Define(row.file);
    const auto job = service_.Change(id, REQUEST_ON);
    EXPECT_EQ(job->state, jobs::JobState::kException) << row.file;
    EXPECT_EQ(job->error_code, row.code) << job->error_description;
    EXPECT_THAT(job->error_description, HasSubstr(row.message));
    EXPECT_EQ(StateNow(id), STATE_OFF);
    EXPECT_EQ(service_.Runtime(id).health(), HEALTH_FAILED);
    EXPECT_FALSE(service_.Runtime(id).has_launch());
    EXPECT_EQ(service_.host().living(), 0U);
  }
}

TEST_F(TransitionsTest, OnASmallHostOnlySmallGuestsAreStarted) {
  machine::HostCapabilities capabilities;
  capabilities.verdict = machine::HostVerdict::kSmallGuests;
  capabilities.probes = {{"long mode", true, ""}, {"cmpxchg16b", false, "emulation failed"}};
  service_.host().SetCapabilities(capabilities);
  EXPECT_EQ(service_.Change(Define("small"), REQUEST_ON)->state, jobs::JobState::kCompleted);
  EXPECT_EQ(service_.Change(Define(""), REQUEST_ON)->state, jobs::JobState::kCompleted);
  const std::string id = Define("linux");
  const auto refused = service_.Change(id, REQUEST_ON);
  EXPECT_EQ(refused->error_code, 32770U);
  EXPECT_THAT(refused->error_description, HasSubstr("cmpxchg16b"));
  EXPECT_EQ(StateNow(id), STATE_OFF);
  ASSERT_TRUE(service_.inventory()
                  .ModifyMachine(service_.Call(), id,
                                 [](Configuration& c) {
                                   c.mutable_linux_kernel()->set_allow_on_small_guests(true);
                                   return absl::OkStatus();
                                 })
                  .ok());
  EXPECT_EQ(service_.Change(id, REQUEST_ON)->state, jobs::JobState::kCompleted);
  EXPECT_EQ(service_.Runtime(id).health(), HEALTH_OK) << "the failure before is forgotten";
}

TEST_F(TransitionsTest, AHostWithoutVirtualizationSaysSo) {
  machine::HostCapabilities capabilities;
  capabilities.verdict = machine::HostVerdict::kNone;
  capabilities.advice = "/dev/kvm is absent: load kvm_intel or kvm_amd";
  service_.host().SetCapabilities(capabilities);
  const auto job = service_.Change(Define(), REQUEST_ON);
  EXPECT_EQ(job->error_code, 32770U);
  EXPECT_THAT(job->error_description, HasSubstr("/dev/kvm is absent"));
}

TEST_F(TransitionsTest, SettingsThatAreNotHonouredAreNamed) {
  const std::string id = service_.Define("warned", [&](Configuration& c) {
    c.mutable_serial_ports(0)->set_connection("\\\\.\\pipe\\web");
    c.mutable_memory()->set_dynamic(true);
    c.mutable_memory()->set_reservation_mib(512);
  });
  const auto job = service_.Change(id, REQUEST_ON);
  EXPECT_EQ(job->state, jobs::JobState::kCompletedWithWarnings);
  EXPECT_THAT(job->error_description, HasSubstr("\\\\.\\pipe\\web"));
  EXPECT_THAT(job->error_description, HasSubstr("dynamic memory"));
  EXPECT_EQ(StateNow(id), STATE_RUNNING);
}

TEST_F(TransitionsTest, AFailedLaunchLeavesNothing) {
  for (const char* action : {"launch", "start"}) {
    const std::string id = Define();
    service_.host().FailNext(action, absl::ResourceExhaustedError("no memory for the worker"));
    const auto job = service_.Change(id, REQUEST_ON);
    EXPECT_EQ(job->state, jobs::JobState::kException) << action;
    EXPECT_EQ(job->error_code, 32778U);
    EXPECT_THAT(job->error_description, HasSubstr("no memory for the worker"));
    EXPECT_EQ(StateNow(id), STATE_OFF);
    EXPECT_THAT(service_.Runtime(id).conditions(), ElementsAre(HasSubstr("no memory for the worker")));
    EXPECT_EQ(service_.host().living(), 0U);
    EXPECT_EQ(service_.Change(id, REQUEST_ON)->state, jobs::JobState::kCompleted) << "and it can be tried again";
    service_.Change(id, REQUEST_OFF);
  }
}

TEST_F(TransitionsTest, AWorkerThatDiesInTheStartIsTheReason) {
  const std::string id = Define();
  service_.host().FailNext("start", absl::UnavailableError("the connection is closed"), true);
  const auto job = service_.Change(id, REQUEST_ON);
  EXPECT_EQ(job->state, jobs::JobState::kException);
  EXPECT_THAT(job->error_description, HasSubstr("signal 9"));
  EXPECT_EQ(StateNow(id), STATE_OFF);
}

TEST_F(TransitionsTest, AStartCanBeCancelled) {
  const std::string id = Define();
  service_.failpoints().Hook(Failpoint::kWorkerSpawned, [&] {
    const std::string job = service_.Runtime(id).job_id();
    EXPECT_TRUE(service_.jobs().Cancel(service_.Call("Msvm_ConcreteJob.RequestStateChange"), job, {}).ok());
  });
  const auto job = service_.Change(id, REQUEST_ON);
  EXPECT_EQ(job->state, jobs::JobState::kTerminated);
  EXPECT_EQ(StateNow(id), STATE_OFF);
  EXPECT_EQ(service_.Runtime(id).health(), HEALTH_OK);
  EXPECT_EQ(service_.host().living(), 0U);
}

TEST_F(TransitionsTest, AJobsPercentRisesWithTheWorkThatIsDone) {
  const std::string id = Define();
  std::vector<int> percents;
  std::vector<std::string> steps;
  const auto look = [&] {
    const auto job = service_.jobs().Snapshot()->Find(service_.Runtime(id).job_id());
    ASSERT_NE(job, nullptr);
    percents.push_back(job->percent_complete);
    steps.push_back(job->status);
  };
  service_.failpoints().Hook(Failpoint::kWorkerSpawned, look);
  service_.host().OnAction([&](const std::string& action, const std::string&) {
    look();
    if (action == "start") service_.failpoints().Hook(Failpoint::kDescriptorsSent, look);
  });
  const auto job = service_.Change(id, REQUEST_ON);
  percents.push_back(job->percent_complete);
  EXPECT_THAT(percents, ElementsAre(40, 60, 70, 90, 100));
  EXPECT_THAT(steps, ElementsAre("making the worker", "the worker is made", "starting the machine",
                                 "the machine runs; recording it"));
}

TEST_F(TransitionsTest, AnActionThatFailsLeavesTheMachineAsItWas) {
  const std::string id = Running();
  const std::vector<std::pair<const char*, Request>> actions = {
      {"pause", REQUEST_PAUSE}, {"reset", REQUEST_RESET}, {"turn off", REQUEST_OFF}};
  for (const auto& [action, request] : actions) {
    service_.host().FailNext(action, absl::DeadlineExceededError("the worker did not answer"));
    const auto job = service_.Change(id, request);
    EXPECT_EQ(job->state, jobs::JobState::kException) << action;
    EXPECT_THAT(job->error_description, HasSubstr("did not answer"));
    EXPECT_EQ(StateNow(id), STATE_RUNNING) << action;
    EXPECT_TRUE(service_.host().Get(id).alive);
  }
}

TEST_F(TransitionsTest, AWorkerThatDiesOfAnActionIsRecordedByItsJob) {
  const std::string paused = Running();
  service_.host().FailNext("pause", absl::UnavailableError("the connection is closed"), true);
  const auto job = service_.Change(paused, REQUEST_PAUSE);
  EXPECT_EQ(job->state, jobs::JobState::kException);
  EXPECT_THAT(job->error_description, HasSubstr("signal 9"));
  EXPECT_EQ(StateNow(paused), STATE_OFF);
  EXPECT_EQ(service_.Runtime(paused).health(), HEALTH_FAILED);
  const std::string stopped = Running();
  service_.host().FailNext("turn off", absl::UnavailableError("the connection is closed"), true);
  EXPECT_EQ(service_.Change(stopped, REQUEST_OFF)->state, jobs::JobState::kCompleted) << "off it is, all the same";
  EXPECT_EQ(StateNow(stopped), STATE_OFF);
}

TEST_F(TransitionsTest, AnEndRightAfterTheStartIsNotLost) {
  const std::string id = Define();
  service_.failpoints().Hook(Failpoint::kDescriptorsSent, [&] {
    machine::EndReason reason;
    reason.kind = machine::EndKind::kTripleFault;
    service_.host().End(id, reason);
  });
  EXPECT_EQ(service_.Change(id, REQUEST_ON)->state, jobs::JobState::kCompleted);
  EXPECT_EQ(StateNow(id), STATE_OFF);
  EXPECT_EQ(service_.Runtime(id).health(), HEALTH_FAILED);
  EXPECT_THAT(service_.Runtime(id).conditions(), ElementsAre(HasSubstr("triple fault")));
}

TEST_F(TransitionsTest, AMachineWhoseStartCouldNotBeRecordedRunsOnAndIsRecordedLater) {
  const std::string id = Define();
  service_.failpoints().Hook(Failpoint::kDescriptorsSent,
                             [&] { service_.store().Refuse(absl::ResourceExhaustedError("the disk is full"), 1); });
  const std::string job_id = service_.Change(id, REQUEST_ON)->id;
  service_.WaitForLog("the record now agrees with the machine, which is running");
  EXPECT_EQ(StateNow(id), STATE_RUNNING);
  EXPECT_EQ(service_.Runtime(id).job_id(), "");
  EXPECT_TRUE(service_.host().Get(id).alive) << "a running machine is not lost";
  service_.jobs().Stop();  // waits for the end of the job
  const auto job = service_.jobs().Snapshot()->Find(job_id);
  EXPECT_EQ(job->state, jobs::JobState::kException);
  EXPECT_THAT(job->error_description, HasSubstr("could not be recorded"));
  service_.Close();
  ASSERT_TRUE(service_.Open().ok());
  EXPECT_EQ(service_.Change(id, REQUEST_OFF)->state, jobs::JobState::kCompleted);
}

}  // namespace
}  // namespace cimvisor::inventory
