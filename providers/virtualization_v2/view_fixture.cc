#include "providers/virtualization_v2/view_fixture.h"

#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "providers/codegen/permissions.h"
#include "providers/codegen/schema.h"
#include "providers/inventory/configuration.h"
#include "providers/inventory/device_ids.h"
#include "providers/inventory/record_table.h"
#include "service/events/event_hub.h"
#include "service/security/audit_log.h"
#include "service/security/request_log.h"

namespace cimvisor::views {
namespace {

constexpr char kNamespace[] = "root/virtualization/v2";

class Rows : public broker::RowSink {
 public:
  void OnStart(int64_t) override {}
  bool OnRow(const broker::Row& row) override {
    instances.push_back(row.instance);
    return true;
  }
  std::vector<std::shared_ptr<const cim::Instance>> instances;
};

// Spread over the whole range, so that the beginning of an id selects few.
std::string IdOf(int number) {
  const uint32_t spread = static_cast<uint32_t>(number) * 2654435761U;
  return absl::StrFormat("%08X-0000-4000-8000-%012X", spread, number);
}

security::Right RightFor(const schema::PermissionTable& permissions, const cim::Class& cls, absl::string_view method) {
  const schema::PermissionRow* row = permissions.Find(cls, method);
  return row == nullptr ? security::Right::kNever : static_cast<security::Right>(row->right);
}

void FillDatabase(store::Store& store, int machines) {
  if (machines == 0) return;
  inventory::MachineRecord record;
  record.set_version(inventory::kRecordVersion);
  *record.mutable_configuration() = inventory::DefaultConfiguration({kHostMemoryMib, kHostProcessors});
  record.mutable_runtime()->set_state(inventory::STATE_OFF);
  store::Change change;
  change.write = [&](store::Transaction& transaction) {
    for (int number = 0; number < machines; ++number) {
      record.set_id(IdOf(number));
      record.mutable_configuration()->mutable_system()->set_name(absl::StrCat("machine ", number));
      const absl::Status written = inventory::WriteMachine(transaction, record.id(), record.SerializeAsString());
      if (!written.ok()) return written;
    }
    return absl::OkStatus();
  };
  const auto committed = store.Commit(std::move(change));
  ASSERT_TRUE(committed.ok()) << committed.status();
}

}  // namespace

std::string ViewTest::IdOfMachineAtStart(int number) { return IdOf(number); }

void ViewTest::SetUp() {
  std::string pattern = (std::filesystem::temp_directory_path() / "cimvisor_views_XXXXXX").string();
  ASSERT_NE(mkdtemp(pattern.data()), nullptr);
  folder_ = pattern;
  ASSERT_TRUE(std::filesystem::create_directory(folder_ + "/boot"));
  const absl::Status loaded = schema::LoadSchema(&classes_);
  ASSERT_TRUE(loaded.ok()) << loaded;

  store::StoreOptions options;
  options.path = folder_ + "/cimvisor.db";
  options.migrations = inventory::Inventory::Migrations();
  auto opened = store::Store::Open(std::move(options));
  ASSERT_TRUE(opened.ok()) << opened.status();
  store_ = *std::move(opened);
  FillDatabase(*store_, machines_at_start_);
  hub_ = events::EventHub::Create(*store_);
  store_->SetJournalSink(hub_.get());
  audit_log_ = std::make_unique<security::AuditLog>(*store_);
  request_log_ = std::make_unique<security::RequestLog>(*store_);

  jobs::JobManagerOptions job_options;
  job_options.tick_interval = absl::InfiniteDuration();
  auto manager = jobs::JobManager::Create(*store_, job_options);
  ASSERT_TRUE(manager.ok()) << manager.status();
  jobs_ = *std::move(manager);
  machine::HostCapabilities capabilities;
  capabilities.verdict = machine::HostVerdict::kAnyGuest;
  host_.SetCapabilities(capabilities);
  hypervisor_ = std::make_unique<inventory::FakeHypervisor>(host_);
  auto paths = security::RootedPaths::Create({{"boot", folder_ + "/boot"}});
  ASSERT_TRUE(paths.ok()) << paths.status();
  paths_.emplace(*std::move(paths));

  inventory::InventoryDependencies dependencies;
  dependencies.store = store_.get();
  dependencies.jobs = jobs_.get();
  dependencies.hypervisor = hypervisor_.get();
  dependencies.paths = &*paths_;
  inventory::InventoryOptions inventory_options;
  inventory_options.limits = {kHostMemoryMib, kHostProcessors};
  inventory_options.boot_id = "boot-1";
  auto inventory = inventory::Inventory::Open(dependencies, inventory_options);
  ASSERT_TRUE(inventory.ok()) << inventory.status();
  inventory_ = *std::move(inventory);
  ASSERT_TRUE(jobs_->ResolveUnfinished().ok());
  inventory_->Begin();

  Dependencies view_dependencies;
  view_dependencies.classes = &classes_;
  view_dependencies.inventory = inventory_.get();
  view_dependencies.jobs = jobs_.get();
  view_dependencies.audit_log = audit_log_.get();
  view_dependencies.host_name = kHostName;
  view_dependencies.host_information = [this] { return host_information_; };
  view_dependencies.published_revision = [this] { return store_->revision(); };
  views_ = std::make_unique<VirtualizationV2>(std::move(view_dependencies));
  consoles_ = std::make_unique<console::ConsoleDirectory>(classes_, console::ConsoleDirectory::AuditSink());
  const absl::Status registered = views_->Register(registry_, *consoles_);
  ASSERT_TRUE(registered.ok()) << registered;

  broker::BrokerDependencies broker_dependencies;
  broker_dependencies.classes = &classes_;
  broker_dependencies.providers = &registry_;
  broker_dependencies.read_points = &views_->read_points();
  broker_dependencies.audit_log = audit_log_.get();
  broker_dependencies.request_log = request_log_.get();
  broker_dependencies.events = hub_.get();
  auto permissions = schema::LoadPermissions();
  ASSERT_TRUE(permissions.ok()) << permissions.status();
  broker_dependencies.right_for = [table = std::make_shared<schema::PermissionTable>(*std::move(permissions))](
                                      const cim::Class& cls, absl::string_view method) {
    return RightFor(*table, cls, method);
  };
  broker_dependencies.server_name = kHostName;
  broker_ = std::make_unique<broker::Broker>(std::move(broker_dependencies));
}

void ViewTest::TearDown() {
  broker_.reset();
  consoles_.reset();
  views_.reset();
  if (jobs_ != nullptr) jobs_->Stop();
  inventory_.reset();
  jobs_.reset();
  if (store_ != nullptr) store_->SetJournalSink(nullptr);
  hub_.reset();
  request_log_.reset();
  audit_log_.reset();
  store_.reset();
  std::filesystem::remove_all(folder_);
}

broker::CallContext ViewTest::Caller() const {
  broker::CallContext context;
  context.caller.identity.name = "root";
  context.caller.role = security::Role::kAdministrator;
  return context;
}

ViewTest::InstancePointer ViewTest::Embedded(const std::string& class_name, const Parameters& properties) {
  auto instance = broker_->MakeInstance(kNamespace, class_name, properties);
  EXPECT_TRUE(instance.ok()) << instance.status();
  return instance.ok() ? *instance : nullptr;
}

cim::Value ViewTest::Objects(const std::vector<InstancePointer>& instances) {
  std::vector<cim::Value> values;
  for (const InstancePointer& instance : instances) values.push_back(cim::Value::Object(instance));
  return cim::Value::Array(cim::CimType::kObject, std::move(values));
}

cim::Value ViewTest::Paths(const std::vector<std::string>& paths) {
  std::vector<cim::Value> values;
  for (const std::string& path : paths) values.push_back(cim::Value::String(path));
  return cim::Value::Array(cim::CimType::kString, std::move(values));
}

broker::InvokeResult ViewTest::Invoke(const std::string& path, const std::string& method, const Parameters& parameters,
                                      const std::string& request_id) {
  broker::CallContext context = Caller();
  context.request_id = request_id;
  auto result = broker_->InvokeMethod(context, {path, method, parameters});
  EXPECT_TRUE(result.ok()) << result.status();
  return result.ok() ? *std::move(result) : broker::InvokeResult();
}

broker::InvokeResult ViewTest::InvokeService(const std::string& method, const Parameters& parameters,
                                             const std::string& request_id) {
  return Invoke(ServicePath(), method, parameters, request_id);
}

ViewTest::InstancePointer ViewTest::Get(const std::string& path) {
  auto result = broker_->GetInstance(Caller(), path, nullptr);
  EXPECT_TRUE(result.ok()) << path << ": " << result.status();
  return result.ok() ? result->instance : nullptr;
}

std::vector<ViewTest::InstancePointer> ViewTest::Query(const std::string& wql) {
  Rows rows;
  broker::QueryRequest request;
  request.query = wql;
  const auto summary = broker_->Query(Caller(), request, rows);
  EXPECT_TRUE(summary.ok()) << wql << ": " << summary.status();
  rows_examined_ = summary.ok() ? summary->rows_examined : 0;
  return rows.instances;
}

broker::QuerySummary ViewTest::Explain(const std::string& wql) {
  Rows rows;
  const auto summary = broker_->Query(Caller(), {wql, std::nullopt, true}, rows);
  EXPECT_TRUE(summary.ok()) << wql << ": " << summary.status();
  return summary.ok() ? *summary : broker::QuerySummary();
}

std::vector<ViewTest::InstancePointer> ViewTest::Walk(const broker::AssociationQuery& query) {
  Rows rows;
  broker::QueryRequest request;
  request.query = query;
  const auto summary = broker_->Query(Caller(), request, rows);
  EXPECT_TRUE(summary.ok()) << query.path << ": " << summary.status();
  rows_examined_ = summary.ok() ? summary->rows_examined : 0;
  return rows.instances;
}

std::string ViewTest::Define(const std::string& name, const std::vector<InstancePointer>& resources) {
  const broker::InvokeResult result = InvokeService(
      "DefineSystem",
      {{"SystemSettings", Object(Embedded("Msvm_VirtualSystemSettingData", {{"ElementName", Text(name)}}))},
       {"ResourceSettings", Objects(resources)}});
  EXPECT_EQ(result.result.return_value, 0U) << (result.result.error ? Message(result) : "");
  if (result.result.return_value != 0 || result.method == nullptr) return "";
  const auto path = cim::ObjectPath::Parse(OutText(result, "ResultingSystem"));
  EXPECT_TRUE(path.ok()) << path.status();
  return path.ok() && path->FindKey("Name") != nullptr ? path->FindKey("Name")->string() : "";
}

std::string ViewTest::RequestState(const std::string& machine_id, uint16_t state) {
  const broker::InvokeResult result =
      Invoke(MachinePath(machine_id), "RequestStateChange", {{"RequestedState", Number(state)}});
  EXPECT_EQ(result.result.return_value, 4096U) << (result.result.error ? Message(result) : "");
  inventory_->Drain();
  return result.result.return_value == 4096U ? OutText(result, "Job") : "";
}

std::vector<broker::RenderedEvent> ViewTest::EventsAfter(int64_t after) {
  std::vector<broker::RenderedEvent> events;
  const auto entries = store_->ReadJournal(after, 10000);
  EXPECT_TRUE(entries.ok()) << entries.status();
  if (!entries.ok()) return events;
  for (const store::JournalEntry& entry : *entries) {
    for (broker::RenderedEvent& event : registry_.FindEventRenderer(kNamespace)->Render(entry)) {
      events.push_back(std::move(event));
    }
  }
  return events;
}

std::string ViewTest::MachinePath(const std::string& id) {
  return absl::StrCat("Msvm_ComputerSystem.CreationClassName=\"Msvm_ComputerSystem\",Name=\"", id, "\"");
}

std::string ViewTest::SettingsPath(const std::string& class_name, const std::string& instance_id) {
  return cim::ObjectPath(kNamespace, class_name, {{"InstanceID", Text(instance_id)}}).RelativeText();
}

std::string ViewTest::ServicePath() {
  return absl::StrCat(
      "Msvm_VirtualSystemManagementService.CreationClassName=\"Msvm_VirtualSystemManagementService\",Name=\"vmms\","
      "SystemCreationClassName=\"Msvm_ComputerSystem\",SystemName=\"",
      kHostName, "\"");
}

std::string ViewTest::Message(const broker::InvokeResult& result) {
  if (result.result.error == nullptr) {
    ADD_FAILURE() << "no Msvm_Error with return value " << result.result.return_value;
    return "";
  }
  return Property(result.result.error, "Message").ToText();
}

cim::Value ViewTest::Property(const InstancePointer& instance, const std::string& name) {
  if (instance == nullptr) {
    ADD_FAILURE() << "no instance to read " << name << " of";
    return cim::Value();
  }
  const cim::Value* value = instance->Find(name);
  EXPECT_NE(value, nullptr) << instance->cls().name() << " has no property " << name;
  return value == nullptr ? cim::Value() : *value;
}

std::string ViewTest::OutText(const broker::InvokeResult& result, const std::string& parameter) {
  for (size_t i = 0; result.method != nullptr && i < result.method->parameters.size(); ++i) {
    if (result.method->parameters[i].name != parameter) continue;
    if (i >= result.result.out_parameters.size()) break;
    const cim::Value& value = result.result.out_parameters[i];
    return !value.is_null() && value.type() == cim::CimType::kReference && !value.is_array()
               ? value.reference().RelativeText()
               : value.ToText();
  }
  ADD_FAILURE() << "no out parameter " << parameter;
  return "";
}

}  // namespace cimvisor::views
