// The record of a worker process: a small file in the folder of its launch, written by the worker's parent, read by the
// service, also by one that was not there when it happened.
//
//   file  = started [ ended ]         both a ProcessRecord behind its length, as on the wire
//
// Without `ended` the worker lives, or its parent was killed too, or the host went down. It is not synced: it must
// outlive every process, but after the host itself went down no worker runs, whatever it says.
#ifndef CIMVISOR_HYPERVISOR_BACKEND_WORKER_PROCESS_RECORD_H_
#define CIMVISOR_HYPERVISOR_BACKEND_WORKER_PROCESS_RECORD_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "cimvisor/worker/v1/worker.pb.h"
#include "hypervisor-backend/machine/file_descriptor.h"
#include "hypervisor-backend/machine/machine.h"

namespace cimvisor::worker {

// Appends `record`. The error of write.
absl::Status AppendProcessRecord(int fd, const v1::ProcessRecord& record);

struct ProcessHistory {
  std::optional<v1::ProcessRecord::Started> started;
  std::optional<v1::ProcessRecord::Ended> ended;
};
// Reads from the file's start; at most 64 KiB of it. A record cut short by a crash is as if it were not there;
// kDataLoss for anything else.
absl::StatusOr<ProcessHistory> ReadProcessHistory(int fd);

// How a machine ended, from what its worker's parent wrote: the reason that the worker gave, else kWorkerDied
// with signal or exit code.
machine::EndReason EndReasonOf(const v1::ProcessRecord::Ended& ended);

// Field 22 of /proc/PID/stat. kNotFound when there is no such process.
absl::StatusOr<uint64_t> ProcessStartTicks(uint32_t process_id);

// A pidfd of the process that had this number and start, kNotFound when it is gone (even if another has its number).
absl::StatusOr<machine::FileDescriptor> OpenProcess(uint32_t process_id, uint64_t start_ticks);

// /proc/sys/kernel/random/boot_id, without its newline.
absl::StatusOr<std::string> ReadBootId();

}  // namespace cimvisor::worker

#endif  // CIMVISOR_HYPERVISOR_BACKEND_WORKER_PROCESS_RECORD_H_
