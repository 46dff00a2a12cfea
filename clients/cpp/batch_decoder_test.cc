#include "clients/cpp/batch_decoder.h"

#include <string>
#include <vector>

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

// The rows, copied.
absl::StatusOr<std::vector<cimvisor::v1::Instance>> Decode(BatchDecoder& decoder, const cimvisor::v1::Batch& batch) {
  std::vector<cimvisor::v1::Instance> rows;
  const absl::StatusOr<bool> all = decoder.ForEachRow(batch, [&](const cimvisor::v1::Instance& row) {
    rows.push_back(row);
    return true;
  });
  if (!all.ok()) return all.status();
  return rows;
}

TEST(BatchDecoderTest, RowsInOrderWithNulls) {
  BatchDecoder decoder;
  ASSERT_TRUE(decoder.AddLayout(MachineLayout()).ok());
  const auto rows = Decode(decoder, TwoMachines());
  ASSERT_TRUE(rows.ok()) << rows.status();
  ASSERT_EQ(rows->size(), 2u);
  EXPECT_EQ(Text((*rows)[0], "ElementName"), "web");
  EXPECT_EQ((*rows)[0].path(), "path of web");
  EXPECT_EQ(Integer((*rows)[0], "EnabledState"), 2);
  EXPECT_TRUE(IsNull(*Find((*rows)[1], "ElementName")));
  EXPECT_EQ(Integer((*rows)[1], "EnabledState"), 3);
}

TEST(BatchDecoderTest, ARowHasNothingOfTheOneBefore) {
  BatchDecoder decoder;
  ASSERT_TRUE(decoder.AddLayout(MachineLayout()).ok());
  cimvisor::v1::Layout job;
  job.set_id(2);
  job.set_class_name("Msvm_ConcreteJob");
  auto* percent = job.add_properties();
  percent->set_name("PercentComplete");
  percent->set_type(cimvisor::v1::CIM_TYPE_UINT16);
  ASSERT_TRUE(decoder.AddLayout(job).ok());
  cimvisor::v1::Batch jobs;
  jobs.set_layout_id(2);
  jobs.set_rows(1);
  jobs.add_columns()->add_unsigned_(40);

  auto with_revisions = TwoMachines();
  with_revisions.add_revision(7);
  with_revisions.mutable_path()->RemoveLast();
  const auto machines = Decode(decoder, with_revisions);
  ASSERT_TRUE(machines.ok()) << machines.status();
  EXPECT_EQ((*machines)[0].revision(), 7);
  EXPECT_EQ((*machines)[1].revision(), 0);
  EXPECT_EQ((*machines)[1].path(), "");

  const auto one_job = Decode(decoder, jobs);
  ASSERT_TRUE(one_job.ok()) << one_job.status();
  EXPECT_EQ((*one_job)[0].class_name(), "Msvm_ConcreteJob");
  ASSERT_EQ((*one_job)[0].properties_size(), 1);
  EXPECT_EQ(Integer((*one_job)[0], "PercentComplete"), 40);

  const auto again = Decode(decoder, TwoMachines());
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ((*again)[0].class_name(), "Msvm_ComputerSystem");
  EXPECT_EQ(Text((*again)[0], "ElementName"), "web");
}

TEST(BatchDecoderTest, StopsWhenAskedTo) {
  BatchDecoder decoder;
  ASSERT_TRUE(decoder.AddLayout(MachineLayout()).ok());
  int rows = 0;
  const auto all = decoder.ForEachRow(TwoMachines(), [&](const cimvisor::v1::Instance&) {
    ++rows;
    return false;
  });
  ASSERT_TRUE(all.ok()) << all.status();
  EXPECT_FALSE(*all);
  EXPECT_EQ(rows, 1);
}

TEST(BatchDecoderTest, RefusesWhatContradictsItself) {
  BatchDecoder decoder;
  EXPECT_EQ(Decode(decoder, TwoMachines()).status().code(), absl::StatusCode::kInternal);  // no layout yet
  ASSERT_TRUE(decoder.AddLayout(MachineLayout()).ok());

  auto missing_column = TwoMachines();
  missing_column.mutable_columns()->RemoveLast();
  EXPECT_FALSE(Decode(decoder, missing_column).ok());

  auto missing_value = TwoMachines();
  missing_value.mutable_columns(1)->mutable_unsigned_()->RemoveLast();
  EXPECT_FALSE(Decode(decoder, missing_value).ok());

  auto wild_string = TwoMachines();
  wild_string.mutable_columns(0)->set_text(0, 99);
  EXPECT_FALSE(Decode(decoder, wild_string).ok());

  auto huge = TwoMachines();
  huge.set_rows(0xffffffff);
  EXPECT_FALSE(Decode(decoder, huge).ok());

  auto other = MachineLayout();
  other.mutable_properties()->RemoveLast();
  EXPECT_FALSE(decoder.AddLayout(other).ok());
  EXPECT_TRUE(decoder.AddLayout(MachineLayout()).ok());
}

}  // namespace
}  // namespace cimvisor::client
