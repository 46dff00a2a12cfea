#include "service/console/console_directory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "service/cim/errors.h"
#include "service/console/byte_stream_hub.h"

namespace cimvisor::console {
namespace {

using cim::CimStatus;
using cim::CimStatusOf;

class HubSource : public ByteStreamSource {
 public:
  absl::StatusOr<std::unique_ptr<ByteStream>> Open(OpenRequest request) override {
    opened.push_back(request.path.class_name());
    return hub.Attach(request);
  }
  ByteStreamHub hub{nullptr};
  std::vector<std::string> opened;
};

cim::ClassDeclaration Declaration(const std::string& name, const std::string& superclass) {
  cim::ClassDeclaration declaration;
  declaration.name_space = "root/test";
  declaration.name = name;
  declaration.superclass = superclass;
  if (superclass.empty()) {
    cim::Property key;
    key.name = "Name";
    key.qualifiers.push_back({"Key", cim::Value::Boolean(true), false, true, false});
    declaration.properties.push_back(key);
  }
  return declaration;
}

class ConsoleDirectoryTest : public testing::Test {
 protected:
  ConsoleDirectoryTest() {
    EXPECT_TRUE(classes_
                    .Add({Declaration("Port", ""), Declaration("SerialPort", "Port"), Declaration("FastPort", "Port"),
                          Declaration("Disk", "")})
                    .ok());
  }

  static OpenRequest Request(const std::string& class_name, security::Role role, bool write = false) {
    OpenRequest request;
    request.caller.identity.name = "alice";
    request.caller.role = role;
    request.path = cim::ObjectPath("root/test", class_name, {{"Name", cim::Value::String("1")}});
    request.write = write;
    request.on_readable = [] {};
    return request;
  }

  cim::ClassRepository classes_;
  std::vector<ConsoleDirectory::Attempt> attempts_;
  ConsoleDirectory directory_{classes_, [this](const ConsoleDirectory::Attempt& a) { attempts_.push_back(a); }};
  HubSource source_;
  HubSource fast_source_;
};

TEST_F(ConsoleDirectoryTest, TheMostDerivedSourceServes) {
  ASSERT_TRUE(directory_.Register("root/test", "port", &source_).ok());
  ASSERT_TRUE(directory_.Register("root/test", "FastPort", &fast_source_).ok());
  EXPECT_TRUE(directory_.Open(Request("SERIALPORT", security::Role::kReader)).ok());
  EXPECT_TRUE(directory_.Open(Request("FastPort", security::Role::kReader)).ok());
  EXPECT_EQ(source_.opened.size(), 1u);
  EXPECT_EQ(fast_source_.opened.size(), 1u);
}

TEST_F(ConsoleDirectoryTest, RightsAreDeniedByDefault) {
  ASSERT_TRUE(directory_.Register("root/test", "Port", &source_).ok());
  struct Row {
    security::Role role;
    bool write;
    bool allowed;
  };
  for (const Row& row :
       {Row{security::Role::kNobody, false, false}, Row{security::Role::kNobody, true, false},
        Row{security::Role::kReader, false, true}, Row{security::Role::kReader, true, false},
        Row{security::Role::kAdministrator, false, true}, Row{security::Role::kAdministrator, true, true}}) {
    attempts_.clear();
    auto stream = directory_.Open(Request("Port", row.role, row.write));
    EXPECT_EQ(stream.ok(), row.allowed);
    if (!row.allowed) {
      EXPECT_EQ(CimStatusOf(stream.status()), CimStatus::kAccessDenied);
    }
    // The audit hears denials and writers, and nothing of mere readers.
    ASSERT_EQ(attempts_.size(), row.write || !row.allowed ? 1u : 0u);
    if (!attempts_.empty()) {
      EXPECT_EQ(attempts_[0].denied, !row.allowed);
    }
  }
}

TEST_F(ConsoleDirectoryTest, ADeniedCallerLearnsNothingOfWhatExists) {
  auto stream = directory_.Open(Request("NoSuchClass", security::Role::kNobody));
  EXPECT_EQ(CimStatusOf(stream.status()), CimStatus::kAccessDenied);
}

TEST_F(ConsoleDirectoryTest, WhatHasNoStreamSaysSo) {
  ASSERT_TRUE(directory_.Register("root/test", "Port", &source_).ok());
  auto stream = directory_.Open(Request("Disk", security::Role::kReader));
  EXPECT_EQ(CimStatusOf(stream.status()), CimStatus::kNotSupported);
  EXPECT_THAT(std::string(stream.status().message()), testing::HasSubstr("Disk has no console"));
  auto unknown = directory_.Open(Request("Unknown", security::Role::kReader));
  EXPECT_EQ(CimStatusOf(unknown.status()), CimStatus::kInvalidClass);
}

TEST_F(ConsoleDirectoryTest, RegistrationsAreChecked) {
  EXPECT_FALSE(directory_.Register("root/test", "Unknown", &source_).ok());
  ASSERT_TRUE(directory_.Register("root/test", "Port", &source_).ok());
  EXPECT_EQ(CimStatusOf(directory_.Register("root/test", "PORT", &source_)), CimStatus::kAlreadyExists);
}

}  // namespace
}  // namespace cimvisor::console
