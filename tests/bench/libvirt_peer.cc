#include "tests/bench/libvirt_peer.h"

#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>
#include <signal.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "tests/bench/measure.h"
#include "tests/end_to_end/service_fixture.h"

namespace cimvisor::bench {
namespace {

constexpr char kPrefix[] = "cimvisor-bench-";
constexpr char kKvm[] = "/dev/kvm";

[[noreturn]] void Fail(const std::string& what) {
  const virErrorPtr error = virGetLastError();
  throw MeasurementFailed(absl::StrCat("libvirt: ", what, ": ", error == nullptr ? "" : error->message));
}

std::string DomainXml(const std::string& name, const std::string& guest) {
  return absl::StrCat(
      "<domain type='kvm'><name>", name,
      "</name><memory unit='MiB'>32</memory><vcpu>1</vcpu><os><type arch='x86_64' machine='q35'>hvm</type>"
      "<kernel>",
      guest,
      "</kernel></os><features><acpi/></features><devices><emulator>/usr/bin/qemu-system-x86_64</emulator>"
      "<serial type='null'><target port='0'/></serial><memballoon model='none'/></devices></domain>");
}

}  // namespace

std::string LibvirtName(int number) { return absl::StrCat(kPrefix, number); }

LibvirtPeer::LibvirtPeer(std::string guest) : guest_(std::move(guest)) {
  virSetErrorFunc(nullptr, [](void*, virErrorPtr) {});
  // Its machines run as another user, and it probes every emulator anew, for a minute, where that user may not open
  // /dev/kvm.
  struct stat status = {};
  if (stat(kKvm, &status) == 0) kvm_mode_ = status.st_mode & 07777;
  chmod(kKvm, 0666);
  log_daemon_ = std::make_unique<testing::BackgroundProcess>(
      std::vector<std::string>{"/usr/bin/setpriv", "--pdeathsig", "KILL", "/usr/sbin/virtlogd", "--pid-file",
                               folder_.path() + "/virtlogd.pid"},
      folder_.path() + "/virtlogd.log");
}

LibvirtPeer::~LibvirtPeer() {
  if (connection_ != nullptr) {
    RemoveAll();
    virConnectClose(connection_);
  }
  if (daemon_ != nullptr) daemon_->Signal(SIGKILL);  // on SIGTERM it may linger for minutes here
  log_daemon_->Signal(SIGTERM);
  chmod(kKvm, kvm_mode_);
}

void LibvirtPeer::Start() {
  // As root, libvirtd keeps its domains in /etc/libvirt; a libvirtd that runs already makes this one refuse to start.
  testing::WriteFile(folder_.path() + "/libvirtd.conf", "auth_unix_rw = \"none\"\nlog_outputs = \"4:stderr\"\n");
  daemon_ = std::make_unique<testing::BackgroundProcess>(
      std::vector<std::string>{"/usr/bin/setpriv", "--pdeathsig", "KILL", "/usr/sbin/libvirtd", "--config",
                               folder_.path() + "/libvirtd.conf", "--pid-file", folder_.path() + "/libvirtd.pid"},
      folder_.path() + "/libvirtd.log");
  Connect();
}

void LibvirtPeer::Connect() {
  const std::string system = "qemu:///system";
  const bool connected = testing::Eventually([&] {
    if (!daemon_->IsRunning()) return true;
    connection_ = virConnectOpen(system.c_str());
    return connection_ != nullptr;
  });
  if (!connected || connection_ == nullptr) Fail("connecting\n" + testing::ReadFile(folder_.path() + "/libvirtd.log"));
  ListAll();
}

void LibvirtPeer::Kill() {
  daemon_->Signal(SIGKILL);
  virConnectClose(connection_);
  connection_ = nullptr;
}

void LibvirtPeer::Define(const std::string& name) {
  const virDomainPtr domain = virDomainDefineXML(connection_, DomainXml(name, guest_).c_str());
  if (domain == nullptr) Fail("defining " + name);
  virDomainFree(domain);
}

void LibvirtPeer::DefineUpTo(int count) {
  for (; defined_ < count; ++defined_) Define(LibvirtName(defined_));
}

void LibvirtPeer::StartDomain(const std::string& name) {
  const virDomainPtr domain = virDomainLookupByName(connection_, name.c_str());
  if (domain == nullptr || virDomainCreateWithFlags(domain, VIR_DOMAIN_START_PAUSED) != 0) Fail("starting " + name);
  virDomainFree(domain);
}

int LibvirtPeer::AllStatistics() {
  virDomainStatsRecordPtr* records = nullptr;
  const int count = virConnectGetAllDomainStats(connection_, 0, &records, 0);
  if (count < 0) Fail("getAllDomainStats");
  virDomainStatsRecordListFree(records);
  return count;
}

int LibvirtPeer::ListAll() {
  virDomainPtr* domains = nullptr;
  const int count = virConnectListAllDomains(connection_, &domains, 0);
  if (count < 0) Fail("listing");
  for (int i = 0; i < count; ++i) virDomainFree(domains[i]);
  free(domains);
  return count;
}

void LibvirtPeer::RemoveAll() {
  virDomainPtr* domains = nullptr;
  const int count = virConnectListAllDomains(connection_, &domains, 0);
  for (int i = 0; i < count; ++i) {
    if (absl::StartsWith(virDomainGetName(domains[i]), kPrefix)) {  // nobody else's
      if (virDomainIsActive(domains[i]) == 1) virDomainDestroy(domains[i]);
      virDomainUndefine(domains[i]);
    }
    virDomainFree(domains[i]);
  }
  if (count >= 0) free(domains);
  defined_ = 0;
}

}  // namespace cimvisor::bench
