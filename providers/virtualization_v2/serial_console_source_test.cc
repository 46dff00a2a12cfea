// The consoles: by serial port and by machine, reading, the writer's place, refusals.
#include <gmock/gmock.h>

#include <memory>
#include <string>

#include "absl/synchronization/notification.h"
#include "providers/virtualization_v2/view_fixture.h"
#include "service/cim/errors.h"

namespace cimvisor::views {
namespace {

class ConsoleTest : public ViewTest {
 protected:
  void SetUp() override {
    ViewTest::SetUp();
    id_ = Define("console");
  }
  absl::StatusOr<std::unique_ptr<console::ByteStream>> Open(
      const std::string& text, bool write, std::function<void()> on_readable = [] {}) {
    auto path = cim::ObjectPath::Parse(text);
    EXPECT_TRUE(path.ok()) << path.status();
    console::OpenRequest request;
    request.caller = Caller().caller;
    request.path = path->WithNamespace("root/virtualization/v2");
    request.write = write;
    request.on_readable = std::move(on_readable);
    return consoles_->Open(std::move(request));
  }
  // Reads until `size` bytes came, waiting for each notification.
  std::string ReadBytes(const std::string& path, size_t size) {
    std::string bytes;
    absl::Mutex mutex;
    bool readable = false;
    auto stream = Open(path, false, [&] {
      const absl::MutexLock lock(&mutex);
      readable = true;
    });
    EXPECT_TRUE(stream.ok()) << stream.status();
    while (stream.ok() && bytes.size() < size) {
      const console::Chunk chunk = (*stream)->Read(4096);
      bytes += chunk.data;
      if (!chunk.data.empty()) continue;
      const absl::MutexLock lock(&mutex);
      mutex.Await(absl::Condition(&readable));
      readable = false;
    }
    return bytes;
  }

  std::string id_;
};

TEST_F(ConsoleTest, WhatTheGuestWritesIsReadByPortAndByMachine) {
  RequestState(id_, 2);
  host_.Output(id_, "hello\n");
  EXPECT_EQ(ReadBytes(MachinePath(id_), 6), "hello\n");
  EXPECT_EQ(ReadBytes(SettingsPath("Msvm_SerialPortSettingData", SerialId(id_, 0)), 6), "hello\n");
}

TEST_F(ConsoleTest, AReaderThatFoundNothingIsToldOnce) {
  RequestState(id_, 2);
  absl::Notification told;
  auto stream = Open(MachinePath(id_), false, [&told] { told.Notify(); });  // a second call would end the program
  ASSERT_TRUE(stream.ok()) << stream.status();
  EXPECT_TRUE((*stream)->Read(16).data.empty());
  host_.Output(id_, "a");
  told.WaitForNotification();
  host_.Output(id_, "b");
  EXPECT_EQ((*stream)->Read(1).data.size(), 1U);
}

TEST_F(ConsoleTest, OneWriterAtATimeAndAReaderCannotWrite) {
  RequestState(id_, 2);
  auto reader = Open(MachinePath(id_), false);
  ASSERT_TRUE(reader.ok()) << reader.status();
  EXPECT_EQ((*reader)->Write("x").status().code(), absl::StatusCode::kPermissionDenied);
  {
    auto writer = Open(MachinePath(id_), true);
    ASSERT_TRUE(writer.ok()) << writer.status();
    EXPECT_TRUE((*writer)->writable());
    const auto taken = (*writer)->Write("help\n");
    ASSERT_TRUE(taken.ok()) << taken.status();
    EXPECT_EQ(host_.Get(id_).input, std::string("help\n").substr(0, *taken));
    EXPECT_EQ(Open(MachinePath(id_), true).status().code(), absl::StatusCode::kFailedPrecondition);
  }
  EXPECT_TRUE(Open(MachinePath(id_), true).ok());  // the place was given back
}

TEST_F(ConsoleTest, WritingToAMachineThatIsOffSaysSo) {
  auto writer = Open(MachinePath(id_), true);
  ASSERT_TRUE(writer.ok()) << writer.status();
  EXPECT_EQ((*writer)->Write("x").status().code(), absl::StatusCode::kUnavailable);
}

TEST_F(ConsoleTest, WhatHasNoSerialPortIsNotFound) {
  for (const std::string& path :
       {MachinePath(kHostName), MachinePath("00000000-0000-0000-0000-000000000001"),
        SettingsPath("Msvm_SerialPortSettingData", SerialId("00000000-0000-0000-0000-000000000001", 0)),
        SettingsPath("Msvm_SerialPortSettingData", MemoryId(id_)), SettingsPath("Msvm_SerialPortSettingData", "x")}) {
    const auto stream = Open(path, false);
    ASSERT_FALSE(stream.ok()) << path;
    EXPECT_EQ(cim::CimStatusOf(stream.status()), cim::CimStatus::kNotFound) << path << ": " << stream.status();
  }
}

}  // namespace
}  // namespace cimvisor::views
