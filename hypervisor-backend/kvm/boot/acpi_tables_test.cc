#include "hypervisor-backend/kvm/boot/acpi_tables.h"

#include <gtest/gtest.h>
#include <string.h>

#include <numeric>
#include <string>

#include "hypervisor-backend/kvm/boot/layout.h"

namespace cimvisor::kvm {
namespace {

constexpr uint64_t kBase = 0xe0000;

class AcpiTablesTest : public ::testing::Test {
 protected:
  void Make(uint32_t processors) { tables_ = MakeAcpiTables(processors, kBase); }

  template <typename T>
  T At(uint64_t address, size_t offset) const {
    T value = {};
    EXPECT_LE(address - kBase + offset + sizeof value, tables_.size());
    memcpy(&value, tables_.data() + (address - kBase) + offset, sizeof value);
    return value;
  }
  std::string Signature(uint64_t address) const {
    return {reinterpret_cast<const char*>(tables_.data()) + (address - kBase), 4};
  }
  uint8_t Sum(uint64_t address, size_t length) const {
    const auto begin = tables_.begin() + static_cast<ptrdiff_t>(address - kBase);
    return static_cast<uint8_t>(std::accumulate(begin, begin + static_cast<ptrdiff_t>(length), 0));
  }
  uint64_t Find(const std::string& signature) const {
    const uint64_t xsdt = At<uint64_t>(kBase, 24);
    for (uint32_t offset = 36; offset < At<uint32_t>(xsdt, 4); offset += 8) {
      const auto table = At<uint64_t>(xsdt, offset);
      if (Signature(table) == signature) return table;
    }
    ADD_FAILURE() << "no table " << signature;
    return kBase;
  }

  std::vector<uint8_t> tables_;
};

TEST_F(AcpiTablesTest, EveryChecksumIsRight) {
  Make(2);
  EXPECT_EQ(memcmp(tables_.data(), "RSD PTR ", 8), 0);
  EXPECT_EQ(Sum(kBase, 20), 0);
  EXPECT_EQ(Sum(kBase, 36), 0);
  const auto xsdt = At<uint64_t>(kBase, 24);
  const uint64_t fadt = Find("FACP");
  for (const uint64_t table : {xsdt, fadt, Find("APIC"), At<uint64_t>(fadt, 140)}) {
    EXPECT_EQ(Sum(table, At<uint32_t>(table, 4)), 0) << Signature(table);
  }
}

TEST_F(AcpiTablesTest, TheProcessorsAreListed) {
  for (const uint32_t processors : {1u, 4u, 240u}) {
    Make(processors);
    const uint64_t madt = Find("APIC");
    EXPECT_EQ(At<uint32_t>(madt, 36), kLocalApicAddress);
    uint32_t found = 0;
    for (uint32_t offset = 44; offset < At<uint32_t>(madt, 4); offset += At<uint8_t>(madt, offset + 1)) {
      ASSERT_GE(At<uint8_t>(madt, offset + 1), 2);
      if (At<uint8_t>(madt, offset) != 0) continue;
      EXPECT_EQ(At<uint8_t>(madt, offset + 3), found);
      ++found;
    }
    EXPECT_EQ(found, processors);
  }
}

TEST_F(AcpiTablesTest, TheyFitTheirPlaceWithTheMostProcessors) {
  Make(240);
  EXPECT_LE(tables_.size(), kAcpiLimit);
}

TEST_F(AcpiTablesTest, PowerOffAndResetAreDescribed) {
  Make(1);
  const uint64_t fadt = Find("FACP");
  EXPECT_EQ(At<uint32_t>(fadt, 64), kPowerManagementPort + 4u);  // PM1a control
  EXPECT_EQ(At<uint64_t>(fadt, 116 + 4), 0xcf9);                 // the reset register's address
  EXPECT_EQ(At<uint8_t>(fadt, 128), 0x06);
  EXPECT_EQ(At<uint32_t>(fadt, 40), At<uint64_t>(fadt, 140)) << "both pointers to the DSDT";
  const auto facs = At<uint32_t>(fadt, 36);
  EXPECT_EQ(Signature(facs), "FACS");
  EXPECT_EQ(facs % 64, 0);
  const auto dsdt = At<uint32_t>(fadt, 40);
  const std::string code(reinterpret_cast<const char*>(tables_.data()) + (dsdt - kBase), At<uint32_t>(dsdt, 4));
  EXPECT_NE(code.find("_S5_"), std::string::npos);
  EXPECT_NE(code.find("COM1"), std::string::npos);
}

}  // namespace
}  // namespace cimvisor::kvm
