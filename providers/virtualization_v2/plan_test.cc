// Dry runs: every changing method is checked in full, says what it would do, and changes nothing; what is not supported
// says so.
#include <gmock/gmock.h>

#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "providers/virtualization_v2/view_fixture.h"
#include "service/cim/errors.h"

namespace cimvisor::views {
namespace {

using testing::Contains;
using testing::HasSubstr;

class PlanTest : public ViewTest {
 protected:
  // Everything in the database, and what readers see.
  std::string State() {
    std::string state = absl::StrCat("revision ", store_->revision(), "\n");
    const auto tables = store_->Read("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name");
    EXPECT_TRUE(tables.ok()) << tables.status();
    for (const store::SqlRow& table : *tables) {
      const auto rows = store_->Read(absl::StrCat("SELECT * FROM ", std::get<std::string>(table[0])));
      EXPECT_TRUE(rows.ok()) << rows.status();
      for (const store::SqlRow& row : *rows) {
        for (const store::SqlValue& value : row) {
          if (const auto* text = std::get_if<std::string>(&value)) absl::StrAppend(&state, *text, "|");
          if (const auto* blob = std::get_if<store::Blob>(&value)) absl::StrAppend(&state, blob->bytes, "|");
          if (const auto* number = std::get_if<int64_t>(&value)) absl::StrAppend(&state, *number, "|");
        }
        absl::StrAppend(&state, "\n");
      }
    }
    inventory_->snapshot()->ForEach([&state](const inventory::MachinePointer& machine) {
      absl::StrAppend(&state, machine->record.SerializeAsString(), machine->revision, "\n");
      return true;
    });
    for (const auto& job : jobs_->Snapshot()->All()) {
      absl::StrAppend(&state, job->id, static_cast<int>(job->state), job->revision, job->delete_on_completion, "\n");
    }
    return state;
  }

  absl::StatusOr<broker::InvokeResult> TryPlan(const std::string& path, const std::string& method,
                                               const Parameters& parameters) {
    broker::CallContext context = Caller();
    context.mode = broker::Mode::kPlan;
    context.request_id = "planned";
    const std::string before = State();
    auto result = broker_->InvokeMethod(context, {path, method, parameters});
    EXPECT_EQ(State(), before) << method << " changed something";
    return result;
  }
  broker::InvokeResult Plan(const std::string& path, const std::string& method, const Parameters& parameters) {
    auto result = TryPlan(path, method, parameters);
    EXPECT_TRUE(result.ok()) << method << ": " << result.status();
    planned_.insert(method);
    if (!result.ok()) return {};
    EXPECT_TRUE(result->plan.has_value());
    return *std::move(result);
  }
  // It would be done: 0, no out parameters, and steps.
  security::ChangePlan PlanOk(const std::string& path, const std::string& method, const Parameters& parameters) {
    const broker::InvokeResult result = Plan(path, method, parameters);
    EXPECT_EQ(result.result.return_value, 0U) << method << (result.result.error ? Message(result) : "");
    for (const cim::Value& value : result.result.out_parameters) EXPECT_TRUE(value.is_null()) << method;
    if (!result.plan.has_value()) return {};
    EXPECT_FALSE(result.plan->steps.empty()) << method;
    return *result.plan;
  }
  cim::Value Memory(const std::string& id, uint64_t megabytes) {
    return Objects({Embedded("Msvm_MemorySettingData",
                             {{"InstanceID", Text(MemoryId(id))}, {"VirtualQuantity", Number(megabytes)}})});
  }
  InstancePointer Kernel() {
    return Embedded("Cimvisor_LinuxKernelSettingData", {{"KernelPath", Text("boot:kernel")}});
  }

  std::set<std::string> planned_;
};

TEST_F(PlanTest, EveryChangingMethodCanBePlanned) {
  const std::string id = Define("web", {Embedded("Cimvisor_LinuxKernelSettingData", {{"KernelPath", Text("boot:k")}})});
  const std::string bare = Define("bare");

  const auto define =
      PlanOk(ServicePath(), "DefineSystem",
             {{"SystemSettings", Object(Embedded("Msvm_VirtualSystemSettingData", {{"ElementName", Text("new")}}))}});
  EXPECT_THAT(define.steps[0], HasSubstr("\"new\""));
  EXPECT_FALSE(define.machine_must_be_off);

  const auto rename = PlanOk(
      ServicePath(), "ModifySystemSettings",
      {{"SystemSettings", Object(Embedded("Msvm_VirtualSystemSettingData",
                                          {{"InstanceID", Text(SettingsId(id))}, {"ElementName", Text("renamed")}}))}});
  EXPECT_FALSE(rename.machine_must_be_off) << "a name can be changed while it runs";

  const auto memory = PlanOk(ServicePath(), "ModifyResourceSettings", {{"ResourceSettings", Memory(id, 512)}});
  EXPECT_TRUE(memory.machine_must_be_off) << "also where it is off now";
  EXPECT_THAT(memory.steps, Contains(HasSubstr("512 MB after")));

  PlanOk(ServicePath(), "AddResourceSettings",
         {{"AffectedConfiguration", Text(SettingsPath("Msvm_VirtualSystemSettingData", SettingsId(bare)))},
          {"ResourceSettings", Objects({Kernel()})}});
  PlanOk(ServicePath(), "RemoveResourceSettings",
         {{"ResourceSettings", Paths({SettingsPath("Cimvisor_LinuxKernelSettingData", KernelId(id))})}});
  EXPECT_TRUE(PlanOk(ServicePath(), "DestroySystem", {{"AffectedSystem", Text(MachinePath(id))}}).machine_must_be_off);

  const auto start = PlanOk(MachinePath(bare), "RequestStateChange", {{"RequestedState", Number(2)}});
  EXPECT_TRUE(start.starts_job);
  EXPECT_EQ(start.memory_bytes, uint64_t{1024} << 20);
  RequestState(bare, 2);
  for (const uint64_t state : {3, 9, 11}) {
    EXPECT_TRUE(PlanOk(MachinePath(bare), "RequestStateChange", {{"RequestedState", Number(state)}}).starts_job);
  }
}

TEST_F(PlanTest, AJobsMethodsAndSettingsCanBePlanned) {
  const std::string id = Define("web");
  absl::Notification begun;
  absl::Notification go_on;
  host_.OnAction([&](const std::string& action, const std::string&) {
    if (action != "launch" || begun.HasBeenNotified()) return;
    begun.Notify();
    go_on.WaitForNotification();
  });
  const auto started = Invoke(MachinePath(id), "RequestStateChange", {{"RequestedState", Number(2)}});
  const std::string job = OutText(started, "Job");
  begun.WaitForNotification();
  PlanOk(job, "RequestStateChange", {{"RequestedState", Number(4)}});
  PlanOk(job, "RequestStateChange", {{"RequestedState", Number(5)}});
  EXPECT_THAT(PlanOk(job, "KillJob", {{"DeleteOnKill", cim::Value::Boolean(true)}}).steps,
              Contains(HasSubstr("removed once it has ended")));
  go_on.Notify();
  inventory_->Drain();
  EXPECT_EQ(Property(Get(job), "JobState").unsigned_value(), 7U) << "nobody told it to end";

  broker::CallContext plan = Caller();
  plan.mode = broker::Mode::kPlan;
  broker::InstanceInput input;
  input.path = job;
  input.class_name = "Msvm_ConcreteJob";
  input.properties = {{"DeleteOnCompletion", cim::Value::Boolean(false)}};
  const std::string before = State();
  const auto modified = broker_->ModifyInstance(plan, input);
  ASSERT_TRUE(modified.ok()) << modified.status();
  EXPECT_THAT(modified->plan->steps, Contains(HasSubstr("until it is deleted")));
  const auto deleted = broker_->DeleteInstance(plan, job);
  ASSERT_TRUE(deleted.ok()) << deleted.status();
  EXPECT_FALSE(deleted->plan->steps.empty());
  EXPECT_EQ(cim::CimStatusOf(broker_->DeleteInstance(plan, MachinePath(id)).status()), cim::CimStatus::kNotSupported);
  input.path = "";
  EXPECT_EQ(cim::CimStatusOf(broker_->CreateInstance(plan, input).status()), cim::CimStatus::kNotSupported);
  EXPECT_EQ(State(), before);
}

TEST_F(PlanTest, APlanRefusesWhatTheCallWouldRefuse) {
  const std::string id = Define("web");
  const auto odd = Plan(ServicePath(), "ModifyResourceSettings", {{"ResourceSettings", Memory(id, 511)}});
  EXPECT_EQ(odd.result.return_value, 4U);
  EXPECT_FALSE(Message(odd).empty());
  RequestState(id, 2);
  const auto running = Plan(ServicePath(), "ModifyResourceSettings", {{"ResourceSettings", Memory(id, 512)}});
  EXPECT_EQ(running.result.return_value, 32775U);
  EXPECT_TRUE(running.plan->machine_must_be_off);
  EXPECT_EQ(Plan(ServicePath(), "DestroySystem", {{"AffectedSystem", Text(MachinePath(id))}}).result.return_value,
            32775U);
  EXPECT_EQ(Plan(MachinePath(id), "RequestStateChange", {{"RequestedState", Number(2)}}).result.return_value, 32775U);
  const std::string no_kernel = Define("gone", {Kernel()});
  EXPECT_EQ(Plan(MachinePath(no_kernel), "RequestStateChange", {{"RequestedState", Number(2)}}).result.return_value,
            32779U)
      << "the boot files are opened";
}

TEST_F(PlanTest, AMethodThatOnlyReadsSaysThatNothingWouldBeChanged) {
  Define("web");
  const auto summary = Plan(ServicePath(), "GetSummaryInformation", {});
  EXPECT_EQ(summary.result.return_value, 0U);
  EXPECT_THAT(summary.plan->steps, Contains(HasSubstr("only reads")));
}

TEST_F(PlanTest, EveryMethodIsEitherPlannedOrRefusedByName) {
  const std::string id = Define("web");
  const std::string job = RequestState(id, 2);
  const std::set<std::string> supported = {"DefineSystem",
                                           "ModifySystemSettings",
                                           "AddResourceSettings",
                                           "ModifyResourceSettings",
                                           "RemoveResourceSettings",
                                           "DestroySystem",
                                           "RequestStateChange",
                                           "KillJob",
                                           "GetSummaryInformation",
                                           "GetError",
                                           "GetErrorEx"};
  int refused = 0;
  for (const auto& [path, class_name] :
       std::vector<std::pair<std::string, std::string>>{{ServicePath(), "Msvm_VirtualSystemManagementService"},
                                                        {MachinePath(id), "Msvm_ComputerSystem"},
                                                        {job, "Msvm_ConcreteJob"}}) {
    for (const cim::Method& method : (*classes_.Find("root/virtualization/v2", class_name))->methods()) {
      const bool is_offered =
          supported.count(method.name) > 0 &&
          !(method.name == "RequestStateChange" && class_name == "Msvm_VirtualSystemManagementService");
      if (is_offered) continue;
      const auto result = TryPlan(path, method.name, {});
      if (!result.ok()) {
        EXPECT_THAT(std::string(result.status().message()), HasSubstr(method.name));
      } else {
        EXPECT_TRUE(result->result.return_value == 1 || result->result.return_value == 32770) << method.name;
        EXPECT_THAT(Message(*result), HasSubstr(method.name));
      }
      ++refused;
    }
  }
  EXPECT_GT(refused, 30);
}

}  // namespace
}  // namespace cimvisor::views
