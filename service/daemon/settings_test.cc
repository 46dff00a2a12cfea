#include "service/daemon/settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

namespace cimvisor::daemon {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(SettingsTest, TheExampleFileHasEveryKeyAndIsValid) {
  std::ifstream file("deploy/cimvisord.conf");
  ASSERT_TRUE(file.good());
  std::ostringstream text;
  text << file.rdbuf();
  Settings settings;
  EXPECT_TRUE(ApplyConfiguration("cimvisord.conf", text.str(), settings).ok());
  // With its commented keys switched on, too: "# key = value" becomes "key = value".
  std::string all = text.str();
  for (size_t at = 0; (at = all.find("\n#", at)) != std::string::npos;) {
    const size_t end = all.find('\n', at + 1);
    const std::string line = all.substr(at + 2, end - at - 2);
    if (!line.empty() && line[0] != ' ') {
      all.erase(at + 1, 1);
    }
    ++at;
  }
  Settings everything;
  const absl::Status applied = ApplyConfiguration("cimvisord.conf", all, everything);
  EXPECT_TRUE(applied.ok()) << applied;
  EXPECT_FALSE(everything.tls.certificate.empty());
  EXPECT_FALSE(everything.roots.empty());
}

TEST(SettingsTest, ReadsRolesRootsLimitsAndTls) {
  Settings settings;
  const absl::Status applied = ApplyConfiguration("f", R"([service]
listen = unix:/run/x.sock
listen = 127.0.0.1:5989
[unix]
group = staff
mode = 0600
[tls]
certificate = /c.pem
[roots]
images = /a
images = /b
[administrators]
users = alice, bob
groups =
certificates = admin
[readers]
groups = watchers
[journal]
hours = 48
entries = 5000
megabytes = 64
[limits]
message_bytes = 65536
call_seconds = 7
)",
                                                  settings);
  ASSERT_TRUE(applied.ok()) << applied;
  EXPECT_THAT(settings.listen, ElementsAre("unix:/run/x.sock", "127.0.0.1:5989"));
  EXPECT_EQ(settings.unix_socket.group, "staff");
  EXPECT_EQ(settings.unix_socket.mode, 0600u);
  EXPECT_EQ(settings.tls.certificate, "/c.pem");
  ASSERT_EQ(settings.roots.size(), 2u);
  EXPECT_EQ(settings.roots[1].path, "/b");
  EXPECT_THAT(settings.roles.administrators.users, ElementsAre("alice", "bob"));
  EXPECT_THAT(settings.roles.administrators.groups, ElementsAre());
  EXPECT_THAT(settings.roles.readers.groups, ElementsAre("watchers"));
  EXPECT_EQ(settings.journal_age, absl::Hours(48));
  EXPECT_EQ(settings.journal_entries, 5000);
  EXPECT_EQ(settings.journal_megabytes, 64);
  EXPECT_EQ(settings.limits.message_bytes, 65536);
  EXPECT_EQ(settings.limits.call, absl::Seconds(7));
}

TEST(SettingsTest, WhatIsWrongIsNamedWithItsLine) {
  struct Row {
    const char* text;
    const char* expected;
  };
  for (const Row& row :
       {Row{"[nothing]\nx = 1", "f:2: there is no section [nothing]"}, Row{"[tls]\nkeyy = 1", "f:2: [tls] has no key"},
        Row{"[tls]\nkey = a\nkey = b", "f:3: \"key\" is given twice"},
        Row{"[service]\nbackend = vmware", "f:2: backend"}, Row{"[service]\nlisten = nowhere", "f:2: listen"},
        Row{"[unix]\nmode = 9999", "f:2: mode"}, Row{"[unix]\nmode = 07777", "f:2: mode"},
        Row{"[roots]\nboot = relative", "f:2: boot"}, Row{"[limits]\nusers = 0", "f:2: users"},
        Row{"[limits]\nusers = many", "f:2: users"}, Row{"[limits]\ncall_seconds = -1", "f:2: call_seconds"},
        Row{"[service]\nstate_directory =", "f:2:"}}) {
    Settings settings;
    const absl::Status applied = ApplyConfiguration("f", row.text, settings);
    ASSERT_FALSE(applied.ok()) << row.text;
    EXPECT_THAT(std::string(applied.message()), HasSubstr(row.expected));
  }
}

TEST(SettingsTest, TlsIsAllOrNothing) {
  Settings settings;
  EXPECT_FALSE((*TlsOf(settings)).has_value());
  settings.tls.certificate = "c";
  settings.tls.client_ca = "a";
  EXPECT_THAT(std::string(TlsOf(settings).status().message()), HasSubstr("--tls-key is missing"));
  settings.tls.key = "k";
  EXPECT_TRUE((*TlsOf(settings)).has_value());
}

TEST(SettingsTest, TheSocketIsInTheRuntimeFolder) {
  Settings settings;
  settings.runtime_directory = "/run/here";
  auto addresses = ListenAddresses(settings);
  ASSERT_TRUE(addresses.ok());
  ASSERT_EQ(addresses->size(), 1u);
  EXPECT_EQ((*addresses)[0].unix_path, "/run/here/cimvisord.sock");
}

}  // namespace
}  // namespace cimvisor::daemon
