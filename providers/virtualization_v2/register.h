// The namespace root/virtualization/v2 as views over the inventory, the jobs and the audit trail.
//
//   views::VirtualizationV2 views({.classes = &classes, .inventory = inventory.get(), …});
//   RETURN_IF_ERROR(views.Register(registry, consoles));     // before the broker serves
//   … BrokerDependencies{… .read_points = &views.read_points() …}
//
// The classes served, their methods and return values stand in docs/api.md.
#ifndef CIMVISOR_PROVIDERS_VIRTUALIZATION_V2_REGISTER_H_
#define CIMVISOR_PROVIDERS_VIRTUALIZATION_V2_REGISTER_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace cimvisor::broker {
class ProviderRegistry;
class ReadPointSource;
}  // namespace cimvisor::broker
namespace cimvisor::cim {
class ClassRepository;
}  // namespace cimvisor::cim
namespace cimvisor::console {
class ConsoleDirectory;
}  // namespace cimvisor::console
namespace cimvisor::inventory {
class Inventory;
}  // namespace cimvisor::inventory
namespace cimvisor::jobs {
class JobManager;
}  // namespace cimvisor::jobs
namespace cimvisor::security {
class AuditLog;
}  // namespace cimvisor::security

namespace cimvisor::views {

// What the host is and can do, behind Cimvisor_HostInformation.
struct HostInformation {
  struct Probe {
    std::string name;  // "cmpxchg16b"
    bool passed = false;
    std::string detail;
  };
  std::string backend;   // "kvm"
  std::string verdict;   // "any guest", "small guests", "none", "unknown"
  bool checked = false;  // false while the first check still runs
  std::string advice;    // what to do about a verdict other than "any guest"
  std::string processor;
  std::string kernel_release;
  uint32_t logical_processors = 0;
  uint64_t memory_bytes = 0;
  uint32_t maximum_processors_per_machine = 0;
  std::string program_version;
  absl::Time service_started = absl::InfinitePast();  // InfinitePast: unknown
  std::vector<std::string> roots;                     // "boot=/var/lib/cimvisor/boot", …
  std::vector<Probe> probes;
};

// Everything outlives the views.
struct Dependencies {
  const cim::ClassRepository* classes = nullptr;
  inventory::Inventory* inventory = nullptr;
  jobs::JobManager* jobs = nullptr;
  security::AuditLog* audit_log = nullptr;
  std::string host_name;                              // Name of the host's Msvm_ComputerSystem; __SERVER
  std::function<HostInformation()> host_information;  // what is known now; must not block
  std::function<int64_t()> published_revision;        // store::Store::revision
};

// Owns the providers, the event renderer, the console source and the source of read points. Thread-safe once it is
// registered; outlives the broker and the console directory that it was registered with.
class VirtualizationV2 {
 public:
  explicit VirtualizationV2(Dependencies dependencies);
  ~VirtualizationV2();
  VirtualizationV2(const VirtualizationV2&) = delete;
  VirtualizationV2& operator=(const VirtualizationV2&) = delete;

  // Adds a provider for every class served, the event renderer and the console sources. Fails (kInternal, or as the
  // registries say) when a class of the schema is missing or is served already.
  absl::Status Register(broker::ProviderRegistry& registry, console::ConsoleDirectory& consoles);

  // One point in time of machines and jobs. The providers understand only read points from here.
  const broker::ReadPointSource& read_points() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace cimvisor::views

#endif  // CIMVISOR_PROVIDERS_VIRTUALIZATION_V2_REGISTER_H_
