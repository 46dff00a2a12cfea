#include "service/daemon/composition.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <optional>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "hypervisor-backend/worker/worker_hypervisor.h"
#include "providers/codegen/permissions.h"
#include "providers/codegen/schema.h"
#include "providers/inventory/configuration.h"
#include "providers/inventory/failpoints.h"
#include "providers/inventory/inventory.h"
#include "providers/virtualization_v2/register.h"
#include "service/broker/broker.h"
#include "service/broker/dependencies.h"
#include "service/broker/registry.h"
#include "service/cim/class_repository.h"
#include "service/cim/status_macros.h"
#include "service/console/console_directory.h"
#include "service/daemon/folders.h"
#include "service/daemon/host_check.h"
#include "service/daemon/program_paths.h"
#include "service/daemon/service_operations.h"
#include "service/events/event_hub.h"
#include "service/jobs/job_manager.h"
#include "service/rpc/file_receiver.h"
#include "service/rpc/front_end.h"
#include "service/security/audit_log.h"
#include "service/security/request_log.h"
#include "service/security/role_table.h"
#include "service/security/rooted_path.h"
#include "service/store/store.h"
#include "service/text/cim_xml_writer.h"
#include "service/text/mof_writer.h"

namespace cimvisor::daemon {
namespace {

// Hyper-V's host is known by its computer name, in capitals.
std::string ServerName() {
  std::array<char, 256> name{};
  if (gethostname(name.data(), name.size() - 1) != 0 || name[0] == '\0') return "LOCALHOST";
  std::string text(name.data());
  text.resize(std::min(text.find('.'), text.size()));
  return absl::AsciiStrToUpper(text);
}

template <typename Level>
Severity ToSeverity(Level level) {
  switch (level) {
    case Level::kInformation:
      return Severity::kInformation;
    case Level::kWarning:
      return Severity::kWarning;
    case Level::kError:
      break;
  }
  return Severity::kError;
}

absl::Status Explain(const absl::Status& status, absl::string_view what) {
  return absl::Status(status.code(), absl::StrCat(what, ": ", status.message()));
}

// The members stand in the order in which they may be destroyed from the end; each uses only those above it.
class CompositionImpl : public Composition {
 public:
  CompositionImpl(Settings settings, Log& log)
      : settings_(std::move(settings)), log_(log), server_name_(ServerName()) {}

  ~CompositionImpl() override {
    Shutdown(absl::ZeroDuration());
    front_end_.reset();
    host_check_.reset();
    if (store_ != nullptr) store_->SetJournalSink(nullptr);
  }

  absl::Status Open() {
    RETURN_IF_ERROR(OpenStorage());
    RETURN_IF_ERROR(OpenMachines());
    RETURN_IF_ERROR(OpenObjects());
    return OpenFrontEnd();
  }

  absl::Status Reload(const Settings& settings) override {
    roles_->Replace(settings.roles);
    return front_end_->Reload();
  }

  void Shutdown(absl::Duration grace) override {
    absl::MutexLock lock(&shutdown_mutex_);
    if (shut_down_) return;
    shut_down_ = true;
    if (events_ != nullptr) events_->Close();
    if (front_end_ != nullptr) front_end_->Shutdown(grace);
    if (jobs_ != nullptr) jobs_->Stop();
    if (inventory_ != nullptr) inventory_->Drain();
  }

 private:
  void Say(absl::string_view area, absl::string_view text) { log_.Write(Severity::kInformation, area, "", text); }

  absl::Status OpenStorage() {
    RETURN_IF_ERROR(PrepareFolders(settings_));
    ASSIGN_OR_RETURN(roots_, PrepareRoots(settings_));
    for (const security::Root& root : roots_) rpc::RemoveStaleUploads(root.path);
    ASSIGN_OR_RETURN(security::RootedPaths paths, security::RootedPaths::Create(roots_));
    paths_.emplace(std::move(paths));

    store::StoreOptions options;
    options.path = DatabasePath(settings_.state_directory);
    options.migrations = inventory::Inventory::Migrations();
    options.journal_age = settings_.journal_age;
    options.journal_rows = settings_.journal_entries;
    options.journal_bytes = settings_.journal_megabytes << 20;
    absl::StatusOr<std::unique_ptr<store::Store>> store = store::Store::Open(std::move(options));
    if (!store.ok()) {
      return Explain(store.status(),
                     absl::StrCat("cannot open the database ", DatabasePath(settings_.state_directory)));
    }
    store_ = *std::move(store);
    Say("store", absl::StrCat("opened at revision ", store_->revision(), ", start number ", store_->epoch()));

    audit_ = std::make_unique<security::AuditLog>(*store_);
    requests_ = std::make_unique<security::RequestLog>(*store_);
    users_ = security::SystemUserDatabase();
    roles_ = std::make_unique<security::RoleTable>(*users_, settings_.roles);
    events_ = events::EventHub::Create(*store_);
    store_->SetJournalSink(events_.get());
    ASSIGN_OR_RETURN(jobs_, jobs::JobManager::Create(*store_));
    return absl::OkStatus();
  }

  absl::StatusOr<std::unique_ptr<machine::Hypervisor>> MakeHypervisor() {
    if (settings_.backend == "simulated") {
      log_.Write(Severity::kWarning, "host", "",
                 "machines are simulated: no guest runs, and they end with this process");
      return std::make_unique<simulated::SimulatedHypervisor>(settings_.simulated);
    }
    ASSIGN_OR_RETURN(const std::string own_program, OwnProgram());
    worker::WorkerHypervisorOptions options;
    ASSIGN_OR_RETURN(options.worker_program, WorkerProgram(own_program));
    options.runtime_directory = absl::StrCat(settings_.runtime_directory, "/workers");
    options.verdict_file = absl::StrCat(settings_.state_directory, "/host-verdict");
    return worker::WorkerHypervisor::Create(std::move(options));
  }

  absl::Status OpenMachines() {
    ASSIGN_OR_RETURN(hypervisor_, MakeHypervisor());
    host_check_ = std::make_unique<HostCheck>(*hypervisor_, [this](const machine::HostCapabilities& host) {
      Say("host", absl::StrCat("verdict: ", machine::HostVerdictName(host.verdict), host.advice.empty() ? "" : "; ",
                               host.advice));
    });

    const char* failpoint = std::getenv("CIMVISOR_FAILPOINT");
    ASSIGN_OR_RETURN(failpoints_, inventory::MakeFailpoints(failpoint == nullptr ? "" : failpoint));
    inventory::InventoryDependencies dependencies;
    dependencies.store = store_.get();
    dependencies.jobs = jobs_.get();
    dependencies.hypervisor = hypervisor_.get();
    dependencies.paths = &*paths_;
    dependencies.failpoints = failpoints_.get();
    dependencies.log = [this](inventory::LogLevel level, absl::string_view object, absl::string_view text) {
      log_.Write(ToSeverity(level), "inventory", object, text);
    };
    inventory::InventoryOptions inventory_options;
    inventory_options.limits = inventory::HostLimits::OfThisHost();
    inventory_options.default_boot_kernel = settings_.default_boot_kernel;
    ASSIGN_OR_RETURN(inventory_, inventory::Inventory::Open(dependencies, inventory_options));
    RETURN_IF_ERROR(jobs_->ResolveUnfinished());
    inventory_->Begin();
    for (const std::string& notice : inventory_->notices()) Say("reconcile", notice);
    return absl::OkStatus();
  }

  absl::Status OpenObjects() {
    RETURN_IF_ERROR(schema::LoadSchema(&classes_));
    ASSIGN_OR_RETURN(schema::PermissionTable permissions, schema::LoadPermissions());
    permissions_.emplace(std::move(permissions));
    consoles_ = std::make_unique<console::ConsoleDirectory>(
        classes_, [this](const console::ConsoleDirectory::Attempt& attempt) { AuditConsole(attempt); });

    views::Dependencies dependencies;
    dependencies.classes = &classes_;
    dependencies.inventory = inventory_.get();
    dependencies.jobs = jobs_.get();
    dependencies.audit_log = audit_.get();
    dependencies.host_name = server_name_;
    dependencies.host_information = [this] { return HostInformation(); };
    dependencies.published_revision = [this] { return store_->revision(); };
    views_ = std::make_unique<views::VirtualizationV2>(std::move(dependencies));
    RETURN_IF_ERROR(views_->Register(providers_, *consoles_));

    broker::BrokerDependencies broker;
    broker.classes = &classes_;
    broker.providers = &providers_;
    broker.read_points = &views_->read_points();
    broker.audit_log = audit_.get();
    broker.request_log = requests_.get();
    broker.events = events_.get();
    broker.right_for = [this](const cim::Class& cls, absl::string_view method) { return RightFor(cls, method); };
    broker.server_name = server_name_;
    broker_ = std::make_unique<broker::Broker>(std::move(broker));
    return absl::OkStatus();
  }

  absl::Status OpenFrontEnd() {
    rpc::ServiceFacts facts;
    facts.version = CIMVISOR_VERSION;
    facts.state_directory = settings_.state_directory;
    facts.runtime_directory = settings_.runtime_directory;
    facts.backend = std::string(hypervisor_->name());
    facts.notices = inventory_->notices();
    operations_ = std::make_unique<ServiceOperations>(*store_, *audit_, *host_check_, roots_, std::move(facts));

    rpc::FrontEndOptions options;
    ASSIGN_OR_RETURN(options.addresses, ListenAddresses(settings_));
    ASSIGN_OR_RETURN(options.tls, TlsOf(settings_));
    options.unix_socket = settings_.unix_socket;
    options.broker = broker_.get();
    options.consoles = consoles_.get();
    options.host = operations_.get();
    options.instance_id = store_->instance_id();
    options.renderers.class_mof = [](const cim::Class& cls) { return text::WriteClassMof(cls.declaration()); };
    options.renderers.instance_mof = [this](const cim::Instance& instance, const std::vector<int>* slots) {
      return text::WriteInstanceMof(instance, server_name_, slots);
    };
    options.renderers.instance_cim_xml = [this](const cim::Instance& instance, const std::vector<int>* slots) {
      return text::WriteInstanceXml(instance, server_name_, text::XmlForm::kCim, slots);
    };
    options.renderers.instance_wmi_xml = [this](const cim::Instance& instance, const std::vector<int>* slots) {
      return text::WriteInstanceXml(instance, server_name_, text::XmlForm::kWmi, slots);
    };
    options.limits = settings_.limits;
    options.log = [this](rpc::LogLevel level, absl::string_view object, absl::string_view text) {
      log_.Write(ToSeverity(level), "rpc", object, text);
    };
    std::vector<std::string> names = settings_.listen;
    ASSIGN_OR_RETURN(front_end_, rpc::FrontEnd::Start(std::move(options), *roles_));
    if (names.empty()) names.push_back(absl::StrCat("unix:", settings_.runtime_directory, "/", kSocketName));
    for (const std::string& name : names) log_.Write(Severity::kInformation, "rpc", name, "serving");
    host_check_->Start();
    return absl::OkStatus();
  }

  security::Right RightFor(const cim::Class& cls, absl::string_view method) const {
    const schema::PermissionRow* row = permissions_->Find(cls, method);
    return row == nullptr ? security::Right::kNever : static_cast<security::Right>(row->right);
  }

  void AuditConsole(const console::ConsoleDirectory::Attempt& attempt) {
    security::Operation operation;
    operation.caller = attempt.caller;
    operation.name = attempt.write ? "Console.Attach for writing" : "Console.Attach";
    operation.object = attempt.object;
    const absl::Status recorded =
        attempt.denied ? operations_->RecordDenied(operation, "no right") : operations_->RecordDone(operation);
    if (!recorded.ok()) log_.Write(Severity::kError, "audit", attempt.object, recorded.ToString());
  }

  views::HostInformation HostInformation() const {
    const rpc::HostFacts facts = operations_->Host(false);
    views::HostInformation information;
    information.backend = std::string(hypervisor_->name());
    information.verdict = facts.verdict;
    information.checked = facts.checked;
    information.advice = facts.advice;
    information.processor = facts.processor;
    information.kernel_release = facts.kernel_release;
    information.logical_processors = facts.logical_processors;
    information.memory_bytes = facts.memory_bytes;
    information.maximum_processors_per_machine = inventory_->limits().processors;
    information.program_version = CIMVISOR_VERSION;
    information.service_started = started_;
    for (const security::Root& root : roots_) information.roots.push_back(absl::StrCat(root.name, "=", root.path));
    for (const rpc::HostProbe& probe : facts.probes) {
      information.probes.push_back({probe.name, probe.passed, probe.detail});
    }
    return information;
  }

  Settings settings_;
  Log& log_;
  const std::string server_name_;
  const absl::Time started_ = absl::Now();
  std::vector<security::Root> roots_;
  std::optional<security::RootedPaths> paths_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<security::AuditLog> audit_;
  std::unique_ptr<security::RequestLog> requests_;
  std::unique_ptr<security::UserDatabase> users_;
  std::unique_ptr<security::RoleTable> roles_;
  std::unique_ptr<events::EventHub> events_;
  std::unique_ptr<jobs::JobManager> jobs_;
  std::unique_ptr<machine::Hypervisor> hypervisor_;
  std::unique_ptr<HostCheck> host_check_;
  std::unique_ptr<inventory::Failpoints> failpoints_;
  std::unique_ptr<inventory::Inventory> inventory_;
  cim::ClassRepository classes_;
  std::optional<schema::PermissionTable> permissions_;
  broker::ProviderRegistry providers_;
  std::unique_ptr<views::VirtualizationV2> views_;  // outlives the directory and the broker, made after the directory
  std::unique_ptr<console::ConsoleDirectory> consoles_;
  std::unique_ptr<broker::Broker> broker_;
  std::unique_ptr<ServiceOperations> operations_;
  std::unique_ptr<rpc::FrontEnd> front_end_;
  absl::Mutex shutdown_mutex_;
  bool shut_down_ ABSL_GUARDED_BY(shutdown_mutex_) = false;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Composition>> Composition::Start(Settings settings, Log& log) {
  auto composition = std::make_unique<CompositionImpl>(std::move(settings), log);
  RETURN_IF_ERROR(composition->Open());
  return composition;
}

std::string DatabasePath(const std::string& state_directory) { return state_directory + "/cimvisor.db"; }

}  // namespace cimvisor::daemon
