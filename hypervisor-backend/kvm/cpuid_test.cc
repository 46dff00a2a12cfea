// What a vCPU says of itself, from entries as KVM gives them.
#include "hypervisor-backend/kvm/cpuid.h"

#include <gtest/gtest.h>
#include <string.h>

#include <algorithm>
#include <string>

namespace cimvisor::kvm {
namespace {

kvm_cpuid_entry2 Entry(uint32_t function, uint32_t fill) {
  kvm_cpuid_entry2 entry = {};
  entry.function = function;
  entry.eax = entry.ebx = entry.ecx = entry.edx = fill;
  return entry;
}

class CpuidTest : public ::testing::Test {
 protected:
  // Every bit that a host could offer, with KVM's empty brand.
  CpuidTest() {
    for (const uint32_t function : {1u, 0xau, 0x80000001u, 0x80000008u, 0x8000000au, 0x8000001eu}) {
      entries_.push_back(Entry(function, ~0u));
    }
    for (const uint32_t function : {0xbu, 0x80000002u, 0x80000003u, 0x80000004u})
      entries_.push_back(Entry(function, 0));
  }

  const kvm_cpuid_entry2& Find(uint32_t function, uint32_t index = 0) const {
    const auto matches = [=](const auto& entry) { return entry.function == function && entry.index == index; };
    EXPECT_EQ(std::count_if(entries_.begin(), entries_.end(), matches), 1) << std::hex << function;
    return *std::find_if(entries_.begin(), entries_.end(), matches);
  }

  std::string Brand() const {
    std::string text;
    for (const uint32_t function : {0x80000002u, 0x80000003u, 0x80000004u}) {
      const kvm_cpuid_entry2& entry = Find(function);
      for (const uint32_t word : {entry.eax, entry.ebx, entry.ecx, entry.edx}) {
        text.append(reinterpret_cast<const char*>(&word), sizeof word);
      }
    }
    return text;
  }

  std::vector<kvm_cpuid_entry2> entries_;
};

TEST_F(CpuidTest, TheBrandIsShown) {
  DescribeProcessor({.brand = "A processor"}, &entries_);
  EXPECT_STREQ(Brand().c_str(), "A processor");
}

TEST_F(CpuidTest, ALongBrandIsCutAndEndsWithAZero) {
  DescribeProcessor({.brand = std::string(60, 'x')}, &entries_);
  EXPECT_EQ(Brand(), std::string(47, 'x') + '\0');
}

TEST_F(CpuidTest, AHostWithoutBrandLeavesGetsThem) {
  std::erase_if(entries_, [](const auto& entry) { return entry.function == 0x80000003; });
  DescribeProcessor({.brand = "A processor with a name"}, &entries_);
  EXPECT_STREQ(Brand().c_str(), "A processor with a name");
}

TEST_F(CpuidTest, TheHostsBrandHasNoZeroInside) {
  const std::string brand = HostProcessorBrand();
  EXPECT_LE(brand.size(), 48u);
  EXPECT_EQ(brand.find('\0'), std::string::npos);
}

TEST_F(CpuidTest, TheGuestSeesNoVirtualizationExtensions) {
  DescribeProcessor({}, &entries_);
  EXPECT_EQ(Find(1).ecx & 1u << 5, 0u) << "VMX";
  EXPECT_EQ(Find(0x80000001).ecx & 1u << 2, 0u) << "SVM";
  EXPECT_EQ(Find(0x80000001).ecx | 1u << 2, ~0u) << "everything else stays";
  const kvm_cpuid_entry2& svm = Find(0x8000000a);
  EXPECT_EQ(svm.eax | svm.ebx | svm.ecx | svm.edx, 0u);
}

TEST_F(CpuidTest, TheGuestSeesNoPerformanceCounters) {
  DescribeProcessor({}, &entries_);
  EXPECT_EQ(Find(0xa).eax, 0u);
}

TEST_F(CpuidTest, AProcessorKnowsItsPlaceInThePackage) {
  DescribeProcessor({.index = 2, .processors = 3}, &entries_);
  EXPECT_EQ(Find(1).ebx >> 24, 2u) << "APIC id";
  EXPECT_EQ(Find(1).ebx >> 16 & 0xff, 3u) << "logical processors";
  EXPECT_NE(Find(1).edx & 1u << 28, 0u) << "more than one in the package";
  EXPECT_EQ(Find(0xb, 0).edx, 2u);
  EXPECT_EQ(Find(0xb, 1).ebx, 3u);
  EXPECT_EQ(Find(0xb, 1).eax, 2u) << "bits of the APIC id within the package";
  EXPECT_EQ(Find(0x80000008).ecx & 0xff, 2u) << "cores less one";
  EXPECT_EQ(Find(0x8000001e).eax, 2u);
}

TEST_F(CpuidTest, AHypervisorIsThereAndTheDeadlineTimerIfKvmHasIt) {
  for (kvm_cpuid_entry2& entry : entries_) entry.ecx = 0;
  DescribeProcessor({.tsc_deadline_timer = false}, &entries_);
  EXPECT_EQ(Find(1).ecx, 1u << 31);
  DescribeProcessor({.tsc_deadline_timer = true}, &entries_);
  EXPECT_EQ(Find(1).ecx, 1u << 31 | 1u << 24);
}

}  // namespace
}  // namespace cimvisor::kvm
