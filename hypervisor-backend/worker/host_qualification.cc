#include "hypervisor-backend/worker/host_qualification.h"

#include <fcntl.h>
#include <linux/kvm.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <sstream>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"
#include "hypervisor-backend/machine/file_descriptor.h"
#include "hypervisor-backend/machine/qualification.h"
#include "hypervisor-backend/worker/descriptor_table.h"
#include "hypervisor-backend/worker/launcher.h"
#include "hypervisor-backend/worker/messages.h"
#include "hypervisor-backend/worker/spawn.h"

namespace cimvisor::worker {
namespace {

constexpr absl::Duration kKillTime = absl::Seconds(2);
constexpr size_t kMaxProbeOutput = 4096;
constexpr uint32_t kProbeUser = 65534;  // nobody

// The value of the first line "NAME : VALUE" of /proc/cpuinfo.
std::string ProcessorField(absl::string_view name) {
  std::ifstream file("/proc/cpuinfo");
  std::string line;
  while (std::getline(file, line)) {
    const std::vector<absl::string_view> parts = absl::StrSplit(line, absl::MaxSplits(':', 1));
    if (parts.size() == 2 && absl::StripAsciiWhitespace(parts[0]) == name) {
      return std::string(absl::StripAsciiWhitespace(parts[1]));
    }
  }
  return "unknown";
}

machine::HostCapabilities DescribeHost() {
  machine::HostCapabilities host;
  utsname names{};
  if (uname(&names) == 0) host.kernel_release = names.release;
  host.processor = ProcessorField("model name");
  host.logical_processors = static_cast<uint32_t>(std::max(1L, sysconf(_SC_NPROCESSORS_ONLN)));
  struct sysinfo memory {};
  if (sysinfo(&memory) == 0) host.memory_bytes = static_cast<uint64_t>(memory.totalram) * memory.mem_unit;
  return host;
}

std::string KeyOf(const machine::HostCapabilities& host) {
  return absl::StrCat(host.kernel_release, "; ", host.processor, "; ", ProcessorField("microcode"), "; ",
                      CIMVISOR_VERSION);
}

// Written beside and renamed: a crash leaves the old one or the new one.
void WriteVerdictFile(const std::string& path, const std::string& text) {
  const std::string beside = path + ".new";
  {
    std::ofstream file(beside, std::ios::trunc);
    file << text;
    if (!file.flush()) return;  // then the next start probes again
  }
  rename(beside.c_str(), path.c_str());
}

std::string ReadTextFile(const std::string& path) {
  std::ifstream file(path);
  return std::string(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
}

// What the probe prints until it ends or `deadline` comes.
std::string ReadUntilEnd(int fd, absl::Time deadline) {
  std::string output;
  while (output.size() < kMaxProbeOutput) {
    pollfd polled{fd, POLLIN, 0};
    const int64_t left = absl::ToInt64Milliseconds(deadline - absl::Now());
    if (left <= 0 || poll(&polled, 1, static_cast<int>(left)) <= 0) break;
    char bytes[512];
    const ssize_t count = read(fd, bytes, sizeof(bytes));
    if (count <= 0) break;
    output.append(bytes, static_cast<size_t>(count));
  }
  return output;
}

}  // namespace

std::string FormatVerdict(const std::string& key, const machine::HostCapabilities& capabilities) {
  std::string text = absl::StrCat(key, "\n", machine::HostVerdictName(capabilities.verdict), "\n",
                                  capabilities.max_processors_per_machine, "\n");
  for (const machine::ProbeResult& probe : capabilities.probes) {
    const std::string detail = absl::StrReplaceAll(probe.detail, {{"\n", " "}, {"\t", " "}});
    absl::StrAppend(&text, probe.name, "\t", probe.passed ? "1" : "0", "\t", detail, "\n");
  }
  return text;
}

std::optional<machine::HostCapabilities> ParseVerdict(const std::string& key, const std::string& text) {
  const std::vector<std::string> lines = absl::StrSplit(absl::StripSuffix(text, "\n"), '\n');
  machine::HostCapabilities capabilities;
  if (lines.size() < 3 || lines[0] != key || !absl::SimpleAtoi(lines[2], &capabilities.max_processors_per_machine)) {
    return std::nullopt;
  }
  for (size_t i = 3; i < lines.size(); ++i) {
    const std::vector<std::string> fields = absl::StrSplit(lines[i], '\t');
    if (fields.size() != 3 || (fields[1] != "0" && fields[1] != "1")) return std::nullopt;
    capabilities.probes.push_back({fields[0], fields[1] == "1", fields[2]});
  }
  // The verdict follows from the probes: a file that says otherwise was tampered with or damaged.
  capabilities.verdict = machine::JudgeProbes(capabilities.probes);
  if (lines[1] != machine::HostVerdictName(capabilities.verdict)) return std::nullopt;
  return capabilities;
}

machine::HostCapabilities HostQualifier::Qualify(bool again) {
  absl::MutexLock lock(&mutex_);
  if (verdict_ && !again) return *verdict_;
  machine::HostCapabilities host = DescribeHost();
  if (kvm_device_.empty()) {
    host.verdict = machine::HostVerdict::kAnyGuest;
    host.max_processors_per_machine = 240;
    verdict_ = host;
    return host;
  }
  // Asked each time: a device that is absent or not permitted now may be there at the next call.
  const absl::StatusOr<machine::FileDescriptor> kvm = OpenKvm(kvm_device_);
  if (!kvm.ok()) {
    host.verdict = machine::HostVerdict::kNone;
    host.advice = std::string(kvm.status().message());
    return host;
  }
  const std::string key = KeyOf(host);
  std::optional<machine::HostCapabilities> kept;
  if (!again && !verdict_file_.empty()) kept = ParseVerdict(key, ReadTextFile(verdict_file_));
  if (kept) {
    host.verdict = kept->verdict;
    host.probes = std::move(kept->probes);
    host.max_processors_per_machine = kept->max_processors_per_machine;
  } else {
    RunProbes(kvm->get(), &host);
    if (!verdict_file_.empty()) WriteVerdictFile(verdict_file_, FormatVerdict(key, host));
  }
  host.advice = machine::AdviceFor(host.verdict, host.probes);
  verdict_ = host;
  return host;
}

void HostQualifier::RunProbes(int kvm_fd, machine::HostCapabilities* capabilities) {
  for (const machine::ProbeKind kind : machine::kAllProbes) {
    const std::string name(machine::ProbeKindName(kind));
    std::optional<machine::ProbeResult> result = RunProbe(name, kvm_fd, limits_.first);
    if (!result.has_value()) result = RunProbe(name, kvm_fd, limits_.second);
    if (!result.has_value()) {
      result = {.name = name, .detail = absl::StrCat("did not end within ", absl::FormatDuration(limits_.second))};
    }
    capabilities->probes.push_back(*std::move(result));
  }
  capabilities->verdict = machine::JudgeProbes(capabilities->probes);
  capabilities->max_processors_per_machine =
      static_cast<uint32_t>(std::max(0, ioctl(kvm_fd, KVM_CHECK_EXTENSION, KVM_CAP_MAX_VCPUS)));
}

std::optional<machine::ProbeResult> HostQualifier::RunProbe(const std::string& name, int kvm_fd, absl::Duration limit) {
  machine::ProbeResult result;
  result.name = name;
  int ends[2] = {-1, -1};
  if (pipe2(ends, O_CLOEXEC) != 0) {
    result.detail = "no pipe for the probe";
    return result;
  }
  const machine::FileDescriptor output(ends[0]);
  machine::FileDescriptor input(ends[1]);
  const absl::Time deadline = absl::Now() + limit;
  const absl::StatusOr<SpawnedProcess> probe =
      Spawn(worker_program_, {"--probe", name, absl::StrCat(kProbeUser)}, {{input.get(), kNullOutput}, {kvm_fd, kKvm}});
  input.Close();
  if (!probe.ok()) {
    result.detail = std::string(probe.status().message());
    return result;
  }
  const std::string text = PrintableText(ReadUntilEnd(output.get(), deadline), kMaxProbeOutput);
  const bool ended = WaitForEnd(probe->pidfd.get(), std::max(absl::ZeroDuration(), deadline - absl::Now()));
  if (!ended) {
    SignalProcess(probe->pidfd.get(), SIGKILL);
    // Where the kernel holds it, it is left to the kernel.
    WaitForEnd(probe->pidfd.get(), kKillTime);
  }
  Reap(probe->pidfd.get());
  const absl::string_view line = absl::StripAsciiWhitespace(text);
  if (!ended) return std::nullopt;
  result.passed = line == "passed";
  if (!result.passed) {
    result.detail = line.empty() ? "its process died" : std::string(absl::StripPrefix(line, "failed: "));
  }
  return result;
}

}  // namespace cimvisor::worker
