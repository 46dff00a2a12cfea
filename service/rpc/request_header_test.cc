#include "service/rpc/request_header.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "service/cim/errors.h"

namespace cimvisor::rpc {
namespace {

constexpr HeaderOffer kRead = {.call = "Read", .renders_instances = true};
constexpr HeaderOffer kChange = {.call = "Change", .changes = true};

TEST(RequestHeaderTest, AChangingCallTakesIdRevisionAndMode) {
  v1::RequestHeader header;
  header.set_name_space("ROOT\\X");
  header.set_request_id("id");
  header.set_expected_revision(5);
  header.set_mode(v1::MODE_PLAN);
  const auto context = ReadHeader(header, kChange, {});
  ASSERT_TRUE(context.ok()) << context.status();
  EXPECT_EQ(context->name_space, "ROOT\\X");
  EXPECT_EQ(context->request_id, "id");
  EXPECT_EQ(context->expected_revision, 5);
  EXPECT_EQ(context->mode, broker::Mode::kPlan);
}

TEST(RequestHeaderTest, NumbersThatNobodyDefinedAreInvalid) {
  v1::RequestHeader header;
  header.set_mode(static_cast<v1::Mode>(9));
  EXPECT_EQ(ReadHeader(header, kChange, {}).status().code(), absl::StatusCode::kInvalidArgument);
  header.Clear();
  header.set_representation(static_cast<v1::Representation>(9));
  EXPECT_EQ(ReadHeader(header, kRead, {}).status().code(), absl::StatusCode::kInvalidArgument);
  header.Clear();
  header.set_expected_revision(-1);
  EXPECT_EQ(ReadHeader(header, kChange, {}).status().code(), absl::StatusCode::kInvalidArgument);
  header.Clear();
  header.set_name_space(std::string(2000, 'n'));
  EXPECT_EQ(ReadHeader(header, kRead, {}).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST(RequestHeaderTest, ARepresentationIsOfferedWhereThereIsARenderer) {
  Renderers renderers;
  renderers.instance_mof = [](const cim::Instance&, const std::vector<int>*) { return std::string("text"); };
  v1::RequestHeader header;
  header.set_representation(v1::REPRESENTATION_MOF);
  EXPECT_TRUE(ReadHeader(header, kRead, renderers).ok());
  EXPECT_NE(ChosenRenderer(header, renderers), nullptr);
  EXPECT_EQ(cim::CimStatusOf(ReadHeader(header, kRead, {}).status()), cim::CimStatus::kNotSupported);
  EXPECT_EQ(cim::CimStatusOf(ReadHeader(header, kChange, renderers).status()), cim::CimStatus::kNotSupported);
  header.set_representation(v1::REPRESENTATION_CIM_XML);
  EXPECT_EQ(cim::CimStatusOf(ReadHeader(header, kRead, renderers).status()), cim::CimStatus::kNotSupported);
  header.set_representation(v1::REPRESENTATION_OBJECTS);
  EXPECT_EQ(ChosenRenderer(header, renderers), nullptr);
}

TEST(RequestHeaderTest, MessagesAreInEnglish) {
  for (const char* locale : {"", "en", "en-US", "EN_gb", "C", "POSIX", "ms_409"}) {
    v1::RequestHeader header;
    header.set_locale(locale);
    EXPECT_TRUE(ReadHeader(header, kRead, {}).ok()) << locale;
  }
  v1::RequestHeader header;
  header.set_locale("fr");
  EXPECT_EQ(ReadHeader(header, kRead, {}).status().code(), absl::StatusCode::kUnimplemented);
}

}  // namespace
}  // namespace cimvisor::rpc
