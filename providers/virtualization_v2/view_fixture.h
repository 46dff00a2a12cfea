// The namespace over a real store, inventory and broker, with a fake hypervisor: for the tests of this room.
#ifndef CIMVISOR_PROVIDERS_VIRTUALIZATION_V2_VIEW_FIXTURE_H_
#define CIMVISOR_PROVIDERS_VIRTUALIZATION_V2_VIEW_FIXTURE_H_

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "providers/inventory/device_ids.h"
#include "providers/inventory/fake_hypervisor.h"
#include "providers/inventory/inventory.h"
#include "providers/virtualization_v2/register.h"
#include "service/broker/broker.h"
#include "service/broker/dependencies.h"
#include "service/console/console_directory.h"
#include "service/events/event_hub.h"
#include "service/jobs/job_manager.h"
#include "service/security/audit_log.h"
#include "service/security/request_log.h"
#include "service/security/rooted_path.h"

namespace cimvisor::views {

inline constexpr char kHostName[] = "HOST1";
inline constexpr uint64_t kHostMemoryMib = 8192;
inline constexpr uint32_t kHostProcessors = 4;

class ViewTest : public testing::Test {
 protected:
  using InstancePointer = std::shared_ptr<const cim::Instance>;
  using Parameters = std::vector<broker::NamedValue>;

  void SetUp() override;
  void TearDown() override;

  // An embedded instance with these properties set.
  InstancePointer Embedded(const std::string& class_name, const Parameters& properties);
  static cim::Value Text(const std::string& text) { return cim::Value::String(text); }
  static cim::Value Number(uint64_t number) { return cim::Value::Unsigned(cim::CimType::kUint64, number); }
  static cim::Value Object(InstancePointer instance) { return cim::Value::Object(std::move(instance)); }
  static cim::Value Objects(const std::vector<InstancePointer>& instances);
  static cim::Value Paths(const std::vector<std::string>& paths);

  // As the administrator. The call itself must succeed; the method may refuse.
  broker::InvokeResult Invoke(const std::string& path, const std::string& method, const Parameters& parameters,
                              const std::string& request_id = "");
  broker::InvokeResult InvokeService(const std::string& method, const Parameters& parameters,
                                     const std::string& request_id = "");
  InstancePointer Get(const std::string& path);
  std::vector<InstancePointer> Query(const std::string& wql);
  std::vector<InstancePointer> Walk(const broker::AssociationQuery& query);
  // What the last Query or Walk cost: instances that providers handed over.
  uint64_t rows_examined() const { return rows_examined_; }
  // The plan of a query, without its rows.
  broker::QuerySummary Explain(const std::string& wql);

  // Defines a machine and returns its GUID.
  std::string Define(const std::string& name, const std::vector<InstancePointer>& resources = {});
  // Requests a state and waits until the job has ended. Returns its path.
  std::string RequestState(const std::string& machine_id, uint16_t state);
  // The events of every revision above `after`.
  std::vector<broker::RenderedEvent> EventsAfter(int64_t after);

  static std::string MachinePath(const std::string& id);
  static std::string SettingsPath(const std::string& class_name, const std::string& instance_id);
  static std::string ServicePath();
  static std::string SettingsId(const std::string& id) { return "Microsoft:" + id; }
  static std::string MemoryId(const std::string& id) {
    return inventory::SettingsInstanceId(id, inventory::DeviceKind::kMemory);
  }
  static std::string ProcessorId(const std::string& id) {
    return inventory::SettingsInstanceId(id, inventory::DeviceKind::kProcessor);
  }
  static std::string SerialId(const std::string& id, int port) {
    return inventory::SettingsInstanceId(id, inventory::DeviceKind::kSerialPort, port);
  }
  static std::string KernelId(const std::string& id) {
    return inventory::SettingsInstanceId(id, inventory::DeviceKind::kLinuxKernel);
  }

  // The Message of a refusal; fails the test when there is none.
  static std::string Message(const broker::InvokeResult& result);
  // The value of a property; a null Value when the instance lacks it.
  static cim::Value Property(const InstancePointer& instance, const std::string& name);
  static std::string OutText(const broker::InvokeResult& result, const std::string& parameter);

  broker::CallContext Caller() const;

  std::string folder_;
  inventory::FakeHost host_;
  cim::ClassRepository classes_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<jobs::JobManager> jobs_;
  std::unique_ptr<inventory::FakeHypervisor> hypervisor_;
  std::optional<security::RootedPaths> paths_;
  std::unique_ptr<inventory::Inventory> inventory_;
  std::unique_ptr<security::AuditLog> audit_log_;
  std::unique_ptr<security::RequestLog> request_log_;
  std::unique_ptr<events::EventHub> hub_;
  broker::ProviderRegistry registry_;
  std::unique_ptr<console::ConsoleDirectory> consoles_;
  std::unique_ptr<VirtualizationV2> views_;
  std::unique_ptr<broker::Broker> broker_;
  HostInformation host_information_;
  // Set before SetUp: so many machines "machine <n>" are in the database before the inventory opens it.
  int machines_at_start_ = 0;
  static std::string IdOfMachineAtStart(int number);
  uint64_t rows_examined_ = 0;
};

}  // namespace cimvisor::views

#endif  // CIMVISOR_PROVIDERS_VIRTUALIZATION_V2_VIEW_FIXTURE_H_
