#include "service/broker/testing/test_world.h"

#include <cstdlib>
#include <iostream>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "service/cim/status_macros.h"

namespace cimvisor::broker::testing {
namespace {

void Require(const absl::Status& status) {
  if (status.ok()) return;
  std::cerr << "test world: " << status << "\n";
  std::abort();
}

security::Caller MakeCaller(const char* name, security::Role role) {
  security::Caller caller;
  caller.identity.name = name;
  caller.role = role;
  return caller;
}

security::Right RightFor(const cim::Class& cls, absl::string_view method) {
  if (method == "Version") return security::Right::kNever;
  if (!method.empty() || cls.name() == "T_Secret" || cls.name() == "T_SecretAlert") return security::Right::kAdminister;
  return security::Right::kRead;
}

std::shared_ptr<FakeProvider> AddProvider(ProviderRegistry& registry, const char* class_name) {
  auto provider = std::make_shared<FakeProvider>();
  Require(registry.Add("ROOT\\Test", class_name, provider));
  return provider;
}

}  // namespace

bool RowCollector::OnRow(const Row& row) {
  slots.push_back(row.projection->slots);
  if (row.definition != nullptr) {
    definitions.push_back(row.definition->name());
  } else {
    rows.push_back(row.instance);
  }
  return slots.size() < limit;
}

std::vector<RenderedEvent> StateRenderer::Render(const store::JournalEntry& entry) const {
  {
    absl::MutexLock lock(&mutex_);
    ++rendered_;
  }
  if (entry.kind == store::JournalEntry::Kind::kOccurred) {
    RenderedEvent occurred;
    occurred.kind = entry.kind;
    occurred.extrinsic = std::make_shared<cim::Instance>(classes_.Find(kNamespace, entry.entity_kind).value());
    Require(occurred.extrinsic->Set("Text", cim::Value::String(entry.payload)));
    return {occurred};
  }
  const std::pair<absl::string_view, absl::string_view> states = absl::StrSplit(entry.payload, absl::MaxSplits('|', 1));
  RenderedEvent event;
  event.kind = entry.kind;
  if (!states.first.empty()) event.previous = Machine(entry, states.first);
  event.target = states.second.empty() ? std::exchange(event.previous, nullptr) : Machine(entry, states.second);
  return {event};
}

std::shared_ptr<const cim::Instance> StateRenderer::Machine(const store::JournalEntry& entry,
                                                            absl::string_view state) const {
  auto instance = std::make_shared<cim::Instance>(classes_.Find(kNamespace, entry.entity_kind).value());
  if (instance->cls().FindProperty("State") >= 0) {
    Require(instance->Set("CreationClassName", cim::Value::String(entry.entity_kind)));
    Require(instance->Set("Name", cim::Value::String(entry.entity_id)));
    Require(instance->Set("State", cim::Value::String(std::string(state))));
  }
  return instance;
}

int StateRenderer::rendered() const {
  absl::MutexLock lock(&mutex_);
  return rendered_;
}

void TestWorld::Open() {
  auto opened = store::Store::Open({.path = folder.File("db")});
  Require(opened.status());
  store = *std::move(opened);
  audit_log = std::make_unique<security::AuditLog>(*store);
  request_log = std::make_unique<security::RequestLog>(*store);
}

void TestWorld::Restart() {
  broker.reset();
  request_log.reset();
  audit_log.reset();
  store.reset();
  Open();
  Serve();
}

TestWorld::TestWorld() {
  Open();
  Require(AddTestClasses(classes));
  machines = AddProvider(providers, "T_Machine");
  hosts = AddProvider(providers, "T_Host");
  settings = AddProvider(providers, "T_Settings");
  secrets = AddProvider(providers, "T_Secret");
  service = AddProvider(providers, "T_Service");
  links = AddProvider(providers, "T_SettingsOfSystem");
  peers = AddProvider(providers, "T_Peer");
  renderer = std::make_shared<StateRenderer>(classes);
  Require(providers.SetEventRenderer(kNamespace, renderer));

  machines->instances = {Instance("T_Machine", "Name=A;State=2;ElementName=web"),
                         Instance("T_Machine", "Name=B;State=3;ElementName=db")};
  hosts->instances = {Instance("T_Host", "Name=H;ElementName=host")};
  settings->instances = {Instance("T_Settings", "InstanceID=SA"), Instance("T_Settings", "InstanceID=SB")};
  secrets->instances = {Instance("T_Secret", "InstanceID=S")};
  service->instances = {Instance("T_Service", "Name=vmms")};
  const auto machine = [](const char* name) {
    return absl::StrCat("T_Machine.CreationClassName=\"T_Machine\",Name=\"", name, "\"");
  };
  const auto in_test = [](const std::string& path) { return absl::StrCat("root/test:", path); };
  links->instances = {
      Instance("T_SettingsOfSystem",
               absl::StrCat("System=", in_test(machine("A")), ";Settings=root/test:T_Settings.InstanceID=\"SA\"")),
      Instance("T_SettingsOfSystem",
               absl::StrCat("System=", in_test(machine("B")), ";Settings=root/test:T_Settings.InstanceID=\"SB\"")),
      Instance("T_SettingsOfSystem",
               absl::StrCat("System=", in_test(machine("B")), ";Settings=root/test:T_Settings.InstanceID=\"GONE\""))};
  peers->instances = {
      Instance("T_Peer", absl::StrCat("First=", in_test(machine("A")), ";Second=", in_test(machine("B")))),
      Instance("T_Peer", absl::StrCat("First=", in_test(machine("A")), ";Second=", in_test(machine("A"))))};

  Serve();
}

void TestWorld::Serve() {
  BrokerDependencies dependencies;
  dependencies.classes = &classes;
  dependencies.providers = &providers;
  dependencies.read_points = &read_points;
  dependencies.audit_log = audit_log.get();
  dependencies.request_log = request_log.get();
  dependencies.events = &hub;
  dependencies.right_for = RightFor;
  dependencies.server_name = "HOST1";
  dependencies.sample_timer = &timer;
  broker = std::make_unique<Broker>(dependencies);
}

security::Caller TestWorld::Administrator() { return MakeCaller("root", security::Role::kAdministrator); }
security::Caller TestWorld::Reader() { return MakeCaller("reader", security::Role::kReader); }
security::Caller TestWorld::Nobody() { return MakeCaller("nobody", security::Role::kNobody); }

CallContext TestWorld::Call(security::Caller caller) const {
  CallContext call;
  call.caller = std::move(caller);
  call.name_space = kNamespace;
  return call;
}

std::shared_ptr<const cim::Class> TestWorld::Class(absl::string_view name) const {
  auto found = classes.Find(kNamespace, name);
  Require(found.status());
  return *found;
}

std::shared_ptr<const cim::Instance> TestWorld::Instance(absl::string_view class_name,
                                                         absl::string_view properties) const {
  auto instance = std::make_shared<cim::Instance>(Class(class_name));
  if (instance->cls().FindProperty("CreationClassName") >= 0)
    Require(instance->Set("CreationClassName", cim::Value::String(instance->cls().name())));
  for (absl::string_view part : absl::StrSplit(properties, ';', absl::SkipEmpty())) {
    const std::pair<std::string, std::string> named = absl::StrSplit(part, absl::MaxSplits('=', 1));
    Require(instance->Set(named.first, cim::Value::String(named.second)));
  }
  return instance;
}

std::string TestWorld::NameOf(const cim::Instance& instance) {
  for (const char* key : {"Name", "InstanceID"}) {
    const cim::Value* value = instance.Find(key);
    if (value != nullptr) return absl::StrCat(instance.cls().name(), ".", value->ToText());
  }
  return instance.cls().name();
}

std::vector<std::string> TestWorld::Names(const std::string& wql) {
  RowCollector rows;
  const auto summary = broker->Query(Call(), QueryRequest{wql, std::nullopt, false}, rows);
  std::vector<std::string> names;
  if (!summary.ok()) names.push_back(summary.status().ToString());
  for (const auto& row : rows.rows) names.push_back(NameOf(*row));
  return names;
}

std::vector<std::string> TestWorld::Denials() {
  std::vector<std::string> denials;
  const auto newest = audit_log->ReadNewest(100);
  Require(newest.status());
  for (const security::AuditRecord& record : *newest) {
    if (record.result == "denied") denials.push_back(absl::StrCat(record.caller, " ", record.operation));
  }
  return denials;
}

}  // namespace cimvisor::broker::testing
