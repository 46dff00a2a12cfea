// The inventory: every virtual machine of this host, what it is set to be and what it does. It knows no CIM class.
//
// A change goes: validate, commit (with its audit, request and journal rows), publish the new snapshot, return. So what
// a caller was told is done is durable, and the next reader sees it. Changes to one machine wait for one another;
// changes to different ones do not. Every call takes the security::Operation that it belongs to: set its `outcome`
// before the call, for it is written in the transaction of the change. With an operation that is only planned, each of
// them checks all that it would check, fills the plan, and changes nothing: what it returns is empty then.
//
// Errors are absl::Status of errors.h: ask KindOf().
#ifndef CIMVISOR_PROVIDERS_INVENTORY_INVENTORY_H_
#define CIMVISOR_PROVIDERS_INVENTORY_INVENTORY_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "providers/inventory/configuration.h"
#include "providers/inventory/device_ids.h"
#include "providers/inventory/serial_console.h"
#include "providers/inventory/snapshot.h"

namespace cimvisor::jobs {
class JobManager;
}  // namespace cimvisor::jobs
namespace cimvisor::machine {
class Hypervisor;
}  // namespace cimvisor::machine
namespace cimvisor::security {
struct Operation;
class RootedPaths;
}  // namespace cimvisor::security
namespace cimvisor::store {
class Store;
struct Migration;
}  // namespace cimvisor::store

namespace cimvisor::inventory {

class Failpoints;

// The kind of this room's entries in the journal; their payload is a MachineChange.
inline constexpr char kMachineEntity[] = "machine";

enum class LogLevel : uint8_t { kInformation, kWarning, kError };

// What the inventory needs. All pointers outlive it.
struct InventoryDependencies {
  store::Store* store = nullptr;
  jobs::JobManager* jobs = nullptr;
  machine::Hypervisor* hypervisor = nullptr;
  const security::RootedPaths* paths = nullptr;
  Failpoints* failpoints = nullptr;  // null: none
  std::function<absl::Time()> now;   // empty: absl::Now
  // One event in a line; `object` is the machine's id or empty. Empty: silence.
  std::function<void(LogLevel level, absl::string_view object, absl::string_view text)> log;
};

struct InventoryOptions {
  HostLimits limits;
  std::string boot_id;              // of this boot of the host; empty: /proc/sys/kernel/random/boot_id
  std::string default_boot_kernel;  // started by a machine without one of its own; empty: the built-in boot program
  // After which what happened to a machine is recorded again, when the database did not take it.
  absl::Duration retry_delay = absl::Seconds(1);
};

// What a running machine uses now. Volatile: never in a snapshot or the journal.
struct MachineUsage {
  absl::Duration uptime;                // since the start, without pauses
  uint32_t processor_load_percent = 0;  // of all its virtual processors together, 0 to 100, since the last sample
  uint64_t memory_used_mib = 0;         // guest memory that is touched
  uint32_t process_id = 0;              // the worker's
};

// Thread-safe.
class Inventory {
 public:
  virtual ~Inventory() = default;  // leaves machines running

  // The tables of the inventory, for StoreOptions::migrations.
  static std::vector<store::Migration> Migrations();

  // Reads every machine, adopts those that run, ends truthfully what was half done (see reconcile.h), and starts what
  // its automatic startup action asks for. kDataLoss names a record that cannot be read.
  static absl::StatusOr<std::unique_ptr<Inventory>> Open(const InventoryDependencies& dependencies,
                                                         const InventoryOptions& options);

  // Takes up what running machines report, and the automatic startup and recovery actions. Once, after
  // JobManager::ResolveUnfinished.
  virtual void Begin() = 0;

  // The machines as of now. Cheap; hold it for one operation.
  virtual std::shared_ptr<const Snapshot> snapshot() const = 0;
  virtual const HostLimits& limits() const = 0;
  // What Open found and did, for people: one line each.
  virtual std::vector<std::string> notices() const = 0;

  // Makes a machine, off. The caller chooses its id (a GUID, any case) so that it can compute the outcome first.
  // kInvalidParameter, kAlreadyExists.
  virtual absl::StatusOr<MachinePointer> DefineMachine(const security::Operation& operation, absl::string_view id,
                                                       const Configuration& configuration) = 0;

  // Changes a machine's configuration: system settings, memory, processors, serial ports, kernel, any of them in one
  // commit. `edit` is given a copy of what is set now and changes it; its error is returned and nothing is changed. No
  // other change of this machine comes between. Unchanged: no revision, but the audit row. kNotFound,
  // kInvalidParameter, kInvalidState, kConflict.
  // `parts`: those of which the operation's expected revision is demanded; empty: the machine as a whole.
  using ConfigurationEdit = absl::FunctionRef<absl::Status(Configuration& configuration)>;
  virtual absl::StatusOr<MachinePointer> ModifyParts(const security::Operation& operation, absl::string_view id,
                                                     const std::vector<DeviceId>& parts, ConfigurationEdit edit) = 0;
  absl::StatusOr<MachinePointer> ModifyMachine(const security::Operation& operation, absl::string_view id,
                                               ConfigurationEdit edit) {
    return ModifyParts(operation, id, {}, edit);
  }

  // Forgets a machine that is off. Its disks, kernels and other files stay. kNotFound, kInvalidState.
  virtual absl::Status DestroyMachine(const security::Operation& operation, absl::string_view id) = 0;

  // Asks for another state. Commits the intent, the transitional state and the job row together, returns the job's id
  // (the InstanceID of its Msvm_ConcreteJob), and lets the job do the rest: it ends when the machine is there, or as
  // failed with an error that explains. `prepared` is called with the job's id before the commit, so that the caller
  // can set operation.outcome. kNotFound, kInvalidState, kInvalidParameter.
  using JobPrepared = absl::FunctionRef<void(const std::string& job_id)>;
  virtual absl::StatusOr<std::string> RequestStateChange(security::Operation& operation, absl::string_view id,
                                                         Request request, JobPrepared prepared) = 0;

  // The usage of a running or paused machine, without waiting for it. kInvalidState when it is off, kNotFound.
  virtual absl::StatusOr<MachineUsage> GetUsage(absl::string_view id) const = 0;

  // Attaches to serial port 0 or 1 of a machine, running or not. kNotFound, kInvalidParameter, kInUse.
  virtual absl::StatusOr<std::unique_ptr<SerialAttachment>> AttachSerial(absl::string_view id, int port,
                                                                         SerialAttachOptions options) = 0;

  // Waits until no change is under way and no job of this room runs; for an orderly end, and for tests.
  virtual void Drain() = 0;
};

}  // namespace cimvisor::inventory

#endif  // CIMVISOR_PROVIDERS_INVENTORY_INVENTORY_H_
