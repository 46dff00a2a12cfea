#include "service/daemon/program_paths.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>

namespace cimvisor::daemon {
namespace {

TEST(ProgramPathsTest, FindsTheWorkerBelowAnyPrefix) {
  std::string prefix = testing::TempDir() + "/some where-XXXXXX";
  ASSERT_NE(mkdtemp(prefix.data()), nullptr);
  const std::filesystem::path worker = std::filesystem::path(prefix) / "libexec/cimvisor/cimvisor-worker";
  const auto absent = WorkerProgram(prefix + "/bin/cimvisord");
  EXPECT_EQ(absent.status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(absent.status().message()), testing::HasSubstr(worker.string()));
  std::filesystem::create_directories(worker.parent_path());
  std::ofstream(worker) << "#!/bin/sh\n";
  std::filesystem::permissions(worker, std::filesystem::perms::owner_all);
  EXPECT_EQ(*WorkerProgram(prefix + "/bin/cimvisord"), worker.string());
}

TEST(ProgramPathsTest, KnowsItself) { EXPECT_THAT(*OwnProgram(), testing::EndsWith("service_daemon_test")); }

}  // namespace
}  // namespace cimvisor::daemon
