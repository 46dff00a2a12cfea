// kill -9 of the service under a load of define, rename, start, stop and destroy from 4 clients: at least 20 times at
// each named step and 300 times at random. What was acknowledged is compared with a model after each restart.
//
// $CIMVISOR_CRASH_KILLS divides the numbers, for a quick run by hand: 10 means 2 at each step and 30 at random.
#include <signal.h>

#include <cstdlib>
#include <iostream>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "clients/cpp/job.h"
#include "tests/crash/load.h"
#include "tests/end_to_end/service_fixture.h"

namespace cimvisor::testing {
namespace {

using client::Instance;

constexpr int kClients = 4;
constexpr int kKillsAtEachStep = 20;
constexpr int kKillsAtRandom = 300;
constexpr const char* kSteps[] = {"intent_committed", "worker_spawned", "descriptors_sent", "running_committed",
                                  "published",        "acknowledged",   "effect_undone"};

int Divided(int number) {
  const char* text = std::getenv("CIMVISOR_CRASH_KILLS");
  int divisor = 1;
  if (text == nullptr || !absl::SimpleAtoi(text, &divisor) || divisor < 1) divisor = 1;
  return std::max(1, number / divisor);
}

class CrashTest : public ServiceFixture {
 protected:
  void SetUp() override {
    for (int i = 0; i < kClients; ++i) {
      clients_.push_back(
          std::make_unique<LoadClient>(i, "unix:" + socket(), boot_folder() + "/hello", static_cast<uint32_t>(i + 1)));
    }
  }

  // Lets the clients work until the service has died; kills it after `delay` unless it dies by itself at a step.
  void LoadUntilDeath(absl::Duration delay) {
    std::vector<std::thread> threads;
    std::vector<absl::Status> results(kClients);
    for (int i = 0; i < kClients; ++i) {
      threads.emplace_back([&, i] { results[static_cast<size_t>(i)] = clients_[static_cast<size_t>(i)]->Run(100000); });
    }
    service_->Wait(delay);
    died_at_step_ = !service_->IsRunning();
    KillService();
    for (std::thread& thread : threads) thread.join();
    for (const absl::Status& result : results) EXPECT_TRUE(result.ok()) << result << "\n" << ServiceLog();
  }

  // Compares what the restarted service says with what the clients know, and clears their doubts.
  void Compare() {
    ASSERT_TRUE(WaitUntilSettled());
    const auto listed = client_->QueryAll("SELECT * FROM Msvm_ComputerSystem WHERE Caption = 'Virtual Machine'");
    ASSERT_TRUE(listed.ok()) << listed.status();
    std::map<std::string, Instance> by_name;
    for (const Instance& machine : *listed) by_name[client::Text(machine, "ElementName")] = machine;
    EXPECT_EQ(by_name.size(), listed->size()) << "two machines of one name";
    std::set<std::string> known;
    for (auto& each : clients_) {
      Model& model = each->model();
      for (auto place = model.begin(); place != model.end();) {
        if (CompareMachine(place->second, by_name, known)) {
          ++place;
        } else {
          place = model.erase(place);
        }
      }
    }
    for (const auto& [name, machine] : by_name) {
      EXPECT_TRUE(known.count(name)) << name
                                     << " is there, though its destruction was acknowledged or it was never asked for";
      CompareWholeness(machine);
    }
  }

  // Machines whose kernel is none: their starts fail and are undone.
  void StartWhatCannotStart() {
    WriteFile(boot_folder() + "/none", "this is no kernel");
    for (int i = 0; service_->IsRunning() && i < 200; ++i) {
      const std::string name = absl::StrCat("cannot-", i);
      Cli({"vm", "create", name, "--memory", "16M", "--kernel", boot_folder() + "/none"});
      Cli({"vm", "start", name});
    }
  }
  void DestroyWhatCannotStart() {
    const auto machines = client_->QueryAll("SELECT Name FROM Msvm_ComputerSystem WHERE ElementName LIKE 'cannot-%'");
    ASSERT_TRUE(machines.ok()) << machines.status();
    for (const Instance& machine : *machines) {
      EXPECT_TRUE(Eventually([&] { return EnabledState(client::Text(machine, "Name")) == 3; }));
      EXPECT_EQ(Cli({"vm", "delete", client::Text(machine, "Name")}).exit_code, 0);
    }
  }

  bool died_at_step() const { return died_at_step_; }
  int acknowledged() const {
    int sum = 0;
    for (const auto& each : clients_) sum += each->acknowledged();
    return sum;
  }

 private:
  // No machine in a transitional state, no job unfinished.
  bool WaitUntilSettled() {
    const bool settled = Eventually([&] {
      const auto machines = client_->QueryAll(
          "SELECT Name FROM Msvm_ComputerSystem WHERE Caption = 'Virtual Machine' AND EnabledState <> 2 AND "
          "EnabledState <> 3");
      const auto jobs = client_->QueryAll("SELECT * FROM Msvm_ConcreteJob WHERE JobState < 7");
      return machines.ok() && machines->empty() && jobs.ok() && jobs->empty();
    });
    EXPECT_TRUE(settled) << "machines in transition or jobs unfinished after a restart\n" << ServiceLog();
    return settled;
  }

  // False when the machine is rightly gone.
  bool CompareMachine(ModelMachine& machine, const std::map<std::string, Instance>& by_name,
                      std::set<std::string>& known) {
    auto found = by_name.find(machine.name);
    if (found == by_name.end() && machine.doubt == Doubt::kRename) found = by_name.find(machine.new_name);
    if (found == by_name.end()) {
      EXPECT_TRUE(machine.doubt == Doubt::kDefine || machine.doubt == Doubt::kDestroy)
          << machine.name << " was acknowledged and is lost\n"
          << ServiceLog();
      return false;
    }
    const Instance& now = found->second;
    known.insert(found->first);
    machine.name = found->first;
    if (!machine.guid.empty()) {
      EXPECT_EQ(client::Text(now, "Name"), machine.guid);
    }
    machine.guid = client::Text(now, "Name");
    const bool runs = client::Integer(now, "EnabledState").value_or(0) == 2;
    const int64_t pid = client::Integer(now, "ProcessID").value_or(0);
    if (machine.doubt != Doubt::kStart && machine.doubt != Doubt::kStop) {
      EXPECT_EQ(runs, machine.is_running) << machine.name << " (" << client::Text(now, "StatusDescriptions") << ")\n"
                                          << ServiceLog();
      if (runs && machine.worker_pid != 0) {
        EXPECT_EQ(pid, machine.worker_pid) << machine.name << " runs in another process";
      }
    }
    if (runs) {
      EXPECT_TRUE(ProcessExists(static_cast<pid_t>(pid))) << machine.name << ", process " << pid;
    }
    machine.is_running = runs;
    machine.worker_pid = pid;
    machine.doubt = Doubt::kNone;
    return true;
  }

  // Nothing half-made: its settings, memory, processor and serial ports are all there.
  void CompareWholeness(const Instance& machine) {
    const auto settings = client_->QueryAll(absl::StrCat(
        "SELECT InstanceID FROM CIM_SettingData WHERE InstanceID LIKE 'Microsoft:", client::Text(machine, "Name"),
        "%'"));
    ASSERT_TRUE(settings.ok()) << settings.status();
    EXPECT_GE(settings->size(), 6u) << client::Text(machine, "ElementName");
  }

  std::vector<std::unique_ptr<LoadClient>> clients_;
  bool died_at_step_ = false;
};

TEST_F(CrashTest, KilledAtEachNamedStep) {
  std::mt19937 random(7);
  std::map<std::string, int> hits;
  for (const char* step : kSteps) {
    const bool needs_failing_starts = absl::string_view(step) == "effect_undone";
    const int wanted = Divided(kKillsAtEachStep);
    for (int attempt = 0; hits[step] < wanted && attempt < wanted * 3; ++attempt) {
      const std::string failpoint = absl::StrCat("CIMVISOR_FAILPOINT=", step, ":", 1 + random() % 6);
      ASSERT_TRUE(StartService({}, {failpoint}));
      std::thread failing;
      if (needs_failing_starts) failing = std::thread([this] { StartWhatCannotStart(); });
      LoadUntilDeath(absl::Seconds(10));
      if (failing.joinable()) failing.join();
      if (died_at_step()) ++hits[step];
      ASSERT_TRUE(StartService());
      DestroyWhatCannotStart();
      Compare();
      TerminateService();
      if (HasFailure()) return;
    }
    EXPECT_GE(hits[step], wanted) << "the load does not come to the step " << step;
  }
  std::cout << "kills by step:";
  for (const auto& [step, count] : hits) std::cout << " " << step << "=" << count;
  std::cout << "; acknowledged changes: " << acknowledged() << "\n";
}

TEST_F(CrashTest, KilledAtRandom) {
  std::mt19937 random(11);
  const int kills = Divided(kKillsAtRandom);
  for (int kill = 0; kill < kills; ++kill) {
    ASSERT_TRUE(StartService());
    LoadUntilDeath(absl::Milliseconds(20 + static_cast<int>(random() % 400)));
    // The comparison itself is a start: every kill is followed by one, and the next load goes on in it every other
    // time.
    ASSERT_TRUE(StartService());
    Compare();
    if (HasFailure()) {
      std::cout << "after kill " << kill << "\n";
      return;
    }
    KillService();
  }
  std::cout << "kills at random: " << kills << "; acknowledged changes: " << acknowledged() << "\n";
}

}  // namespace
}  // namespace cimvisor::testing
