// The descriptors that a worker program starts with. The service hands them over at these numbers and nothing else; the
// program closes whatever else it finds open.
#ifndef CIMVISOR_HYPERVISOR_BACKEND_WORKER_DESCRIPTOR_TABLE_H_
#define CIMVISOR_HYPERVISOR_BACKEND_WORKER_DESCRIPTOR_TABLE_H_

namespace cimvisor::worker {

enum WorkerDescriptor : int {
  kNullInput = 0,   // /dev/null
  kNullOutput = 1,  // /dev/null
  kLog = 2,         // the log file of the launch
  kSpec = 3,        // a sealed memfd with one framed LaunchSpec; closed once read
  kListener = 4,    // the listening socket; only in the worker
  kRecord = 5,      // the record of the process; only in the small parent
  kCounters = 6,    // the counters page
  kMemory = 7,      // the guest's memory
  kKvm = 8,         // /dev/kvm, if LaunchSpec.has_kvm
  kKernel = 9,      // if LaunchSpec.has_kernel
  kInitrd = 10,     // if LaunchSpec.has_initrd
  kFirstFree = 11,
};

}  // namespace cimvisor::worker

#endif  // CIMVISOR_HYPERVISOR_BACKEND_WORKER_DESCRIPTOR_TABLE_H_
