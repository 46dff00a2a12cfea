// A virtual machine as every backend offers it: the embedded KVM one, the simulated one, and the service's side of a
// worker process, which forwards to the one in the worker. Knows nothing of CIM, gRPC or SQLite.
#ifndef CIMVISOR_HYPERVISOR_BACKEND_MACHINE_MACHINE_H_
#define CIMVISOR_HYPERVISOR_BACKEND_MACHINE_MACHINE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace cimvisor::machine {

// The numbers are in protocols and records: they stay.
enum class MachineState : uint8_t {
  kOff,  // made, or ended
  kStarting,
  kRunning,
  kPausing,
  kPaused,
  kResuming,
  kStopping,
};
absl::string_view MachineStateName(MachineState state);

// Why a machine ended. The numbers are in protocols and records: they stay.
enum class EndKind : uint8_t {
  kNone,
  kTurnedOff,        // asked for through the interface
  kGuestPoweredOff,  // the guest asked (ACPI S5, or the test device)
  kGuestReset,       // the guest reset and the machine was told not to follow (never by default)
  kTripleFault,      // followed as a reset unless it repeats: see EndReason::detail
  kInternalError,    // KVM_EXIT_INTERNAL_ERROR and the like
  kWorkerDied,       // signal or exit code of the worker process
  kHostRestarted,
};
absl::string_view EndKindName(EndKind kind);

struct EndReason {
  EndKind kind = EndKind::kNone;
  int signal = 0;              // kWorkerDied
  int exit_code = 0;           // kWorkerDied
  std::string detail = {};     // in words, for people: "emulation failed at rip 0x… (f0 48 0f c7 4d 00)"
  std::string registers = {};  // a dump for the log, empty where there is none
};

// What a machine is made from. Files come as descriptors: a backend opens no path.
struct SerialPortSpec {
  bool connected = false;  // else reads as unconnected (no modem lines), output is dropped after the history
};

struct MachineSpec {
  std::string machine_id;     // GUID, upper case, for logs and CPUID/SMBIOS identity
  std::string name;           // for logs only
  uint64_t memory_bytes = 0;  // a multiple of 2 MiB
  uint32_t processors = 1;
  // Boot: a kernel (bzImage or ELF), else the built-in boot program that prints `boot_order_text` and halts.
  int kernel_fd = -1;  // read-only
  int initrd_fd = -1;
  std::string command_line;
  std::string boot_order_text;
  std::vector<SerialPortSpec> serial_ports;  // COM1, COM2
  bool start_paused = false;
  // These are made by the hypervisor (Hypervisor::Launch), not by its caller, who leaves them alone.
  int kvm_fd = -1;     // /dev/kvm, open for reading and writing
  int memory_fd = -1;  // memfd of memory_bytes, sealed against resizing
};

// Hears what happens. Called on threads of the backend; must return soon and must not call the machine.
class MachineObserver {
 public:
  virtual ~MachineObserver() = default;
  virtual void OnStateChanged(MachineState from, MachineState to) = 0;
  // The last call. The machine is off and may be destroyed.
  virtual void OnEnded(const EndReason& reason) = 0;
  // How far Machine::Start is, from 0 to 100, and the step that it is at, in words: while the state is kStarting, on
  // the thread that called Start. Only backends whose start takes long say it.
  virtual void OnStartProgress(int /*percent*/, absl::string_view /*step*/) {}
  // The guest was reset (by itself or by Reset).
  virtual void OnReset() = 0;
  // Bytes that the guest wrote to a serial port, in order. `offset` is the place of the first of them in the port's
  // whole stream, as in SerialHistory; it jumps when a listener was too slow. A view into a buffer of the backend.
  virtual void OnSerialOutput(uint32_t port, uint64_t offset, absl::string_view bytes) = 0;
};

struct Counters {
  absl::Duration uptime;                        // since the start, without pauses
  std::vector<uint64_t> processor_nanoseconds;  // CPU time of each vCPU thread
  uint64_t memory_resident_bytes = 0;           // guest memory that is touched
  uint64_t exits = 0;
  uint64_t userspace_exits = 0;
};

// Thread-safe. Every action is decided by the table in life_cycle.h; kFailedPrecondition names the state that forbids
// it.
class Machine {
 public:
  virtual ~Machine() = default;  // turns off first, unless detached

  // Says that the destructor shall leave the machine running, to be adopted later. Without effect on a machine that has
  // no process of its own.
  virtual void Detach() {}

  virtual absl::Status Start() = 0;  // returns when the vCPUs run (or are paused at their first instruction)
  virtual absl::Status Pause() = 0;  // returns when every vCPU stands still
  virtual absl::Status Resume() = 0;
  virtual absl::Status Reset() = 0;
  // At once, as by the power plug. Returns when the machine is off; the observer hears OnEnded, before or soon after.
  virtual absl::Status TurnOff() = 0;

  virtual MachineState state() const = 0;
  virtual absl::StatusOr<Counters> GetCounters() const = 0;  // never waits for the guest

  // Input to a serial port. Returns how many bytes were taken (the rest when there is room: bounded queue).
  virtual absl::StatusOr<size_t> WriteSerial(uint32_t port, absl::string_view bytes) = 0;
  // The last bytes that the guest wrote (at most 64 KiB), and their place in the whole stream.
  struct SerialHistory {
    std::string bytes;
    uint64_t end_offset = 0;  // how many bytes the guest wrote in all
  };
  virtual absl::StatusOr<SerialHistory> ReadSerialHistory(uint32_t port) const = 0;
};

}  // namespace cimvisor::machine

#endif  // CIMVISOR_HYPERVISOR_BACKEND_MACHINE_MACHINE_H_
