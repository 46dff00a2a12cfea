#include "service/daemon/command_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <fstream>

namespace cimvisor::daemon {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::variant<CommandLine, PrintAndExit> Parse(std::vector<const char*> words) {
  words.insert(words.begin(), "cimvisord");
  return ParseCommandLine(static_cast<int>(words.size()), words.data());
}

TEST(CommandLineTest, HelpNamesEveryFlag) {
  const auto parsed = Parse({"--help"});
  const auto* print = std::get_if<PrintAndExit>(&parsed);
  ASSERT_NE(print, nullptr);
  EXPECT_EQ(print->exit_code, 0);
  for (const char* flag :
       {"--state-dir", "--runtime-dir", "--listen", "--tls-cert", "--tls-key", "--tls-client-ca", "--backend",
        "--config", "--restore", "--check-host", "--help", "--version", "--log-level"}) {
    EXPECT_THAT(print->text, HasSubstr(flag));
  }
}

TEST(CommandLineTest, VersionHasTheProgramsName) {
  const auto parsed = Parse({"--version"});
  const auto* print = std::get_if<PrintAndExit>(&parsed);
  ASSERT_NE(print, nullptr);
  EXPECT_EQ(print->text, std::string("cimvisord ") + CIMVISOR_VERSION + "\n");
}

TEST(CommandLineTest, WrongFlagsEndWithTwo) {
  for (const std::vector<const char*>& words : std::vector<std::vector<const char*>>{
           {"--fly"}, {"stray"}, {"--backend", "vmware"}, {"--log-level", "loud"}, {"--listen"}}) {
    const auto parsed = Parse(words);
    const auto* print = std::get_if<PrintAndExit>(&parsed);
    ASSERT_NE(print, nullptr) << words[0];
    EXPECT_EQ(print->exit_code, 2);
    EXPECT_FALSE(print->text.empty());
  }
}

class LoadSettingsTest : public testing::Test {
 protected:
  LoadSettingsTest() : folder_(testing::TempDir() + "/settings-XXXXXX") {
    EXPECT_NE(mkdtemp(folder_.data()), nullptr);
    path_ = folder_ + "/c.conf";
  }
  void Write(const std::string& text) { std::ofstream(path_) << text; }
  std::string folder_;
  std::string path_;
};

TEST_F(LoadSettingsTest, FlagsCountMoreThanTheFile) {
  Write("[service]\nstate_directory = /from/file\nruntime_directory = /run/file\nlisten = unix:/file.sock\n");
  const auto parsed = Parse({"--config", path_.c_str(), "--state-dir", "/from/flag", "--listen", "unix:/flag.sock",
                             "--listen=unix:/second.sock"});
  const auto* line = std::get_if<CommandLine>(&parsed);
  ASSERT_NE(line, nullptr);
  const auto settings = LoadSettings(*line);
  ASSERT_TRUE(settings.ok()) << settings.status();
  EXPECT_EQ(settings->state_directory, "/from/flag");
  EXPECT_EQ(settings->runtime_directory, "/run/file");
  EXPECT_THAT(settings->listen, ElementsAre("unix:/flag.sock", "unix:/second.sock"));
}

TEST_F(LoadSettingsTest, ErrorsOfTheFileNameIt) {
  Write("[service]\n\nfly = 1\n");
  CommandLine line;
  line.configuration = path_;
  EXPECT_THAT(std::string(LoadSettings(line).status().message()), HasSubstr(path_ + ":3:"));
  line.configuration = folder_ + "/absent.conf";
  EXPECT_EQ(LoadSettings(line).status().code(), absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace cimvisor::daemon
