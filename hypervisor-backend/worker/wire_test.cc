#include "hypervisor-backend/worker/wire.h"

#include <gtest/gtest.h>

#include <string>

#include "cimvisor/worker/v1/worker.pb.h"

namespace cimvisor::worker {
namespace {

v1::ServiceMessage Input(const std::string& data) {
  v1::ServiceMessage message;
  message.set_request_id(7);
  message.mutable_serial_input()->set_data(data);
  return message;
}

TEST(Wire, AFrameIsItsLengthAndItsMessage) {
  const v1::ServiceMessage message = Input("abc");
  std::string bytes;
  ASSERT_TRUE(AppendFrame(message, &bytes).ok());
  const std::string body = message.SerializeAsString();
  ASSERT_LT(body.size(), 256u);
  EXPECT_EQ(bytes, std::string({static_cast<char>(body.size()), 0, 0, 0}) + body);
}

TEST(Wire, FramesSurviveAnyCutting) {
  std::string bytes;
  for (int i = 0; i < 20; ++i) {
    ASSERT_TRUE(AppendFrame(Input(std::string(static_cast<size_t>(i) * 37, 'x')), &bytes).ok());
  }
  for (const size_t step : {1, 3, 64, 4096}) {
    FrameReader reader;
    int frames = 0;
    absl::string_view frame;
    for (size_t at = 0; at < bytes.size(); at += step) {
      reader.Append(absl::string_view(bytes).substr(at, step));
      for (auto next = reader.Next(&frame); next.ok() && *next; next = reader.Next(&frame)) {
        v1::ServiceMessage message;
        ASSERT_TRUE(message.ParseFromArray(frame.data(), static_cast<int>(frame.size())));
        EXPECT_EQ(message.serial_input().data().size(), static_cast<size_t>(frames) * 37);
        ++frames;
      }
    }
    EXPECT_EQ(frames, 20);
    EXPECT_EQ(reader.buffered(), 0u);
  }
}

TEST(Wire, RefusesLengthsOutOfRange) {
  FrameReader zero;
  absl::string_view frame;
  zero.Append(absl::string_view("\0\0\0\0", 4));
  EXPECT_EQ(zero.Next(&frame).status().code(), absl::StatusCode::kInvalidArgument);
  FrameReader large;
  large.Append(absl::string_view("\1\0\x10\0", 4));  // 1 MiB and 1
  EXPECT_EQ(large.Next(&frame).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST(Wire, TheLargestFrameFits) {
  v1::ServiceMessage message = Input("");
  message.mutable_serial_input()->set_data(std::string(kMaxFrameBytes - 100, 'x'));
  std::string bytes;
  ASSERT_TRUE(AppendFrame(message, &bytes).ok());
  FrameReader reader;
  reader.Append(bytes);
  absl::string_view frame;
  const auto next = reader.Next(&frame);
  ASSERT_TRUE(next.ok());
  EXPECT_TRUE(*next);
}

TEST(Wire, RefusesMessagesThatFitNoFrame) {
  std::string bytes = "before";
  EXPECT_FALSE(AppendFrame(Input(std::string(kMaxFrameBytes, 'x')), &bytes).ok());
  EXPECT_FALSE(AppendFrame(v1::ServiceMessage(), &bytes).ok()) << "an empty message has no bytes";
  EXPECT_EQ(bytes, "before");
}

}  // namespace
}  // namespace cimvisor::worker
