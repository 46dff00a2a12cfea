#include "clients/cpp/batch_decoder.h"

#include <gtest/gtest.h>

#include "clients/cpp/values.h"

namespace cimvisor::client {
namespace {

cimvisor::v1::Layout MachineLayout() {
  cimvisor::v1::Layout layout;
  layout.set_id(1);
  layout.set_class_name("Msvm_ComputerSystem");
  auto* name = layout.add_properties();
  name->set_name("ElementName");
  name->set_type(cimvisor::v1::CIM_TYPE_STRING);
  auto* state = layout.add_properties();
  state->set_name("EnabledState");
  state->set_type(cimvisor::v1::CIM_TYPE_UINT16);
  return layout;
}

cimvisor::v1::Batch TwoMachines() {
  cimvisor::v1::Batch batch;
  batch.set_layout_id(1);
  batch.set_rows(2);
  batch.add_strings("web");
  batch.add_strings("path of web");
  auto* names = batch.add_columns();
  names->set_null_bitmap(std::string(1, '\x02'));  // the second is null
  names->add_text(0);
  auto* states = batch.add_columns();
  states->add_unsigned_(2);
  states->add_unsigned_(3);
  batch.add_path(1);
  batch.add_path(1);
  return batch;
}

TEST(BatchDecoderTest, RowsInOrderWithNulls) {
  BatchDecoder decoder;
  ASSERT_TRUE(decoder.AddLayout(MachineLayout()).ok());
  const auto rows = decoder.Decode(TwoMachines());
  ASSERT_TRUE(rows.ok()) << rows.status();
  ASSERT_EQ(rows->size(), 2u);
  EXPECT_EQ(Text((*rows)[0], "ElementName"), "web");
  EXPECT_EQ((*rows)[0].path(), "path of web");
  EXPECT_EQ(Integer((*rows)[0], "EnabledState"), 2);
  EXPECT_TRUE(IsNull(*Find((*rows)[1], "ElementName")));
  EXPECT_EQ(Integer((*rows)[1], "EnabledState"), 3);
}

TEST(BatchDecoderTest, RefusesWhatContradictsItself) {
  BatchDecoder decoder;
  EXPECT_EQ(decoder.Decode(TwoMachines()).status().code(), absl::StatusCode::kInternal);  // no layout yet
  ASSERT_TRUE(decoder.AddLayout(MachineLayout()).ok());

  auto missing_column = TwoMachines();
  missing_column.mutable_columns()->RemoveLast();
  EXPECT_FALSE(decoder.Decode(missing_column).ok());

  auto missing_value = TwoMachines();
  missing_value.mutable_columns(1)->mutable_unsigned_()->RemoveLast();
  EXPECT_FALSE(decoder.Decode(missing_value).ok());

  auto wild_string = TwoMachines();
  wild_string.mutable_columns(0)->set_text(0, 99);
  EXPECT_FALSE(decoder.Decode(wild_string).ok());

  auto huge = TwoMachines();
  huge.set_rows(0xffffffff);
  EXPECT_FALSE(decoder.Decode(huge).ok());

  auto other = MachineLayout();
  other.mutable_properties()->RemoveLast();
  EXPECT_FALSE(decoder.AddLayout(other).ok());
  EXPECT_TRUE(decoder.AddLayout(MachineLayout()).ok());
}

}  // namespace
}  // namespace cimvisor::client
