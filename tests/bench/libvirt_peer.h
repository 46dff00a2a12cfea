// libvirt with QEMU on the same machine: a libvirtd that is started for the measurement. Its domains are named
// cimvisor-bench-N and removed at the end; no other domain is touched.
#ifndef CIMVISOR_TESTS_BENCH_LIBVIRT_PEER_H_
#define CIMVISOR_TESTS_BENCH_LIBVIRT_PEER_H_

#include <memory>
#include <string>

#include "tests/end_to_end/process.h"

struct _virConnect;

namespace cimvisor::bench {

// The name of a domain of ours.
std::string LibvirtName(int number);

class LibvirtPeer {
 public:
  // `guest`: the kernel of machines that are started.
  explicit LibvirtPeer(std::string guest);
  ~LibvirtPeer();

  // Starts libvirtd and waits for its first answer (a listing of all domains).
  void Start();
  void Kill();  // SIGKILL
  int pid() const { return daemon_->pid(); }

  void Define(const std::string& name);
  void DefineUpTo(int count);
  // Starts it paused: under the KVM of some hosts its firmware would turn the processors in circles for ever.
  void StartDomain(const std::string& name);
  // The number of domains in the answer of getAllDomainStats.
  int AllStatistics();
  int ListAll();
  // Destroys and undefines all domains of ours.
  void RemoveAll();

 private:
  void Connect();

  std::string guest_;
  testing::TemporaryFolder folder_;
  std::unique_ptr<testing::BackgroundProcess> log_daemon_;
  std::unique_ptr<testing::BackgroundProcess> daemon_;
  unsigned kvm_mode_ = 0600;
  _virConnect* connection_ = nullptr;
  int defined_ = 0;
};

}  // namespace cimvisor::bench

#endif  // CIMVISOR_TESTS_BENCH_LIBVIRT_PEER_H_
