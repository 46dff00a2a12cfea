#include "hypervisor-backend/worker/host_qualification.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "hypervisor-backend/machine/qualification.h"
#include "hypervisor-backend/worker/temporary_folder.h"

namespace cimvisor::worker {
namespace {

using machine::HostVerdict;
using testing::HasSubstr;

machine::HostCapabilities Capabilities(bool all) {
  machine::HostCapabilities capabilities;
  capabilities.max_processors_per_machine = 240;
  for (const machine::ProbeKind kind : machine::kAllProbes) {
    const bool passed = all || kind != machine::ProbeKind::kBreakpoint;
    capabilities.probes.push_back(
        {std::string(machine::ProbeKindName(kind)), passed, passed ? "" : "emulation\tfailed\n"});
  }
  capabilities.verdict = machine::JudgeProbes(capabilities.probes);
  return capabilities;
}

TEST(VerdictFile, IsReadAsItWasWritten) {
  const std::string text = FormatVerdict("kernel 1; cpu", Capabilities(false));
  const auto read = ParseVerdict("kernel 1; cpu", text);
  ASSERT_TRUE(read.has_value()) << text;
  EXPECT_EQ(read->verdict, HostVerdict::kSmallGuests);
  EXPECT_EQ(read->max_processors_per_machine, 240u);
  ASSERT_EQ(read->probes.size(), machine::kAllProbes.size());
  EXPECT_FALSE(ParseVerdict("kernel 2; cpu", text).has_value()) << "of another host";
}

TEST(VerdictFile, DamageMeansThereIsNone) {
  const std::string text = FormatVerdict("key", Capabilities(true));
  EXPECT_FALSE(ParseVerdict("key", "").has_value());
  EXPECT_FALSE(ParseVerdict("key", "key\nany guest\n").has_value());
  for (size_t length = 0; length + 1 < text.size(); length += 7) {
    EXPECT_FALSE(ParseVerdict("key", text.substr(0, length)).has_value()) << length;
  }
  std::string lie = FormatVerdict("key", Capabilities(false));
  lie.replace(lie.find("small guests"), 12, "any guest");
  EXPECT_FALSE(ParseVerdict("key", lie).has_value()) << "the verdict does not follow from the probes";
}

// A program that stands for the worker: a shell script.
std::string Script(const TemporaryFolder& folder, const std::string& body) {
  const std::string path = folder.path() + "/probe";
  std::ofstream(path) << "#!/bin/sh\n" << body;
  chmod(path.c_str(), 0755);
  return path;
}

TEST(HostQualifier, JudgesWhatTheProbesSay) {
  TemporaryFolder folder;
  const std::string program = Script(folder,
                                     "case \"$2\" in int3) echo 'failed: emulation of cc failed'; exit 70;; fwait) "
                                     "kill -9 $$;; *) echo passed;; esac\n");
  HostQualifier qualifier(program, "/dev/null", folder.path() + "/verdict");
  const machine::HostCapabilities host = qualifier.Qualify(false);
  EXPECT_EQ(host.verdict, HostVerdict::kSmallGuests);
  EXPECT_THAT(host.advice, HasSubstr("int3"));
  EXPECT_THAT(host.advice, HasSubstr("fwait"));
  for (const machine::ProbeResult& probe : host.probes) {
    EXPECT_EQ(probe.passed, probe.name != "int3" && probe.name != "fwait") << probe.name << probe.detail;
    if (probe.name == "int3") {
      EXPECT_EQ(probe.detail, "emulation of cc failed");
    }
    if (probe.name == "fwait") {
      EXPECT_EQ(probe.detail, "its process died");
    }
  }
  EXPECT_FALSE(host.kernel_release.empty());
  EXPECT_GT(host.memory_bytes, 0u);

  // Kept: another qualifier (a restarted service) asks nobody.
  Script(folder, "exit 1\n");
  HostQualifier second(program, "/dev/null", folder.path() + "/verdict");
  EXPECT_EQ(second.Qualify(false).verdict, HostVerdict::kSmallGuests);
  EXPECT_EQ(second.Qualify(true).verdict, HostVerdict::kNone) << "probed anew";
}

// On a host under load the first probe, which finds no program in memory, may take long.
TEST(HostQualifier, AProbeThatDoesNotEndIsAskedOnceMoreWithMoreTime) {
  TemporaryFolder folder;
  const std::string program = Script(folder, "[ \"$2\" = sse ] && sleep 1; echo passed\n");
  const ProbeLimits limits = {.first = absl::Milliseconds(100), .second = absl::Seconds(60)};
  HostQualifier qualifier(program, "/dev/null", "", limits);
  EXPECT_EQ(qualifier.Qualify(false).verdict, HostVerdict::kAnyGuest);
}

TEST(HostQualifier, AProbeThatNeverEndsHasFailed) {
  TemporaryFolder folder;
  const std::string program = Script(folder, "exec sleep 1000\n");
  const ProbeLimits limits = {.first = absl::Milliseconds(10), .second = absl::Milliseconds(20)};
  HostQualifier qualifier(program, "/dev/null", "", limits);
  const machine::HostCapabilities host = qualifier.Qualify(false);
  EXPECT_EQ(host.verdict, HostVerdict::kNone);
  for (const machine::ProbeResult& probe : host.probes) {
    EXPECT_FALSE(probe.passed) << probe.name;
    EXPECT_EQ(probe.detail, "did not end within 20ms") << probe.name;
  }
}

TEST(HostQualifier, SaysThatKvmIsAbsentAndHowToGetIt) {
  TemporaryFolder folder;
  HostQualifier qualifier("/bin/false", folder.path() + "/kvm", "");
  const machine::HostCapabilities host = qualifier.Qualify(false);
  EXPECT_EQ(host.verdict, HostVerdict::kNone);
  EXPECT_THAT(host.advice, HasSubstr("is absent"));
  EXPECT_THAT(host.advice, HasSubstr("modprobe kvm_intel"));
}

TEST(HostQualifier, ABackendWithoutKvmTakesAnyGuest) {
  HostQualifier qualifier("/bin/false", "", "");
  EXPECT_EQ(qualifier.Qualify(false).verdict, HostVerdict::kAnyGuest);
}

}  // namespace
}  // namespace cimvisor::worker
