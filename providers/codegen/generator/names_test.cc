#include "providers/codegen/generator/names.h"

#include "gtest/gtest.h"

namespace cimvisor::codegen {
namespace {

TEST(Names, Wrappers) {
  EXPECT_EQ(WrapperName("Msvm_ComputerSystem"), "ComputerSystem");
  EXPECT_EQ(WrapperName("CIM_Job"), "CimJob");
  EXPECT_EQ(WrapperName("Cimvisor_AuditRecord"), "CimvisorAuditRecord");
  EXPECT_EQ(WrapperName("__InstanceCreationEvent"), "SystemInstanceCreationEvent");
  EXPECT_EQ(WrapperName("Plain"), "Plain");
}

TEST(Names, Accessors) {
  EXPECT_EQ(AccessorName("OnTimeInMilliseconds"), "on_time_in_milliseconds");
  EXPECT_EQ(AccessorName("ProcessID"), "process_id");
  EXPECT_EQ(AccessorName("CIMStatusCode"), "cim_status_code");
  EXPECT_EQ(AccessorName("AllowACountMCount"), "allow_a_count_m_count");
  EXPECT_EQ(AccessorName("L3ProcessorDistributionPolicy"), "l3_processor_distribution_policy");
  EXPECT_EQ(AccessorName("SECURITY_DESCRIPTOR"), "security_descriptor");
  EXPECT_EQ(AccessorName("Default"), "default_");
}

TEST(Names, SlotsEnumsAndEnumerators) {
  EXPECT_EQ(SlotName("ProcessID"), "kProcessIDSlot");
  EXPECT_EQ(EnumName("EnabledState"), "EnabledStateValue");
  EXPECT_EQ(EnumeratorName("Method Parameters Checked - Job Started"), "kMethodParametersCheckedJobStarted");
  EXPECT_EQ(EnumeratorName("can't say"), "kCantSay");
  EXPECT_EQ(EnumeratorName("10 Mbps"), "k10Mbps");
  EXPECT_EQ(EnumeratorName("--"), "");
  EXPECT_EQ(GuardName("msvm_v2/jobs.h"), "MSVM_V2_JOBS_H");
}

}  // namespace
}  // namespace cimvisor::codegen
