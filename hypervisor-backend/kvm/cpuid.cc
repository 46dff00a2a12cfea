#include "hypervisor-backend/kvm/cpuid.h"

#include <cpuid.h>
#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>

#include <algorithm>
#include <array>

#include "absl/strings/str_cat.h"
#include "hypervisor-backend/kvm/kvm_api.h"

namespace cimvisor::kvm {
namespace {

constexpr uint32_t kFirstGuess = 128;
constexpr uint32_t kMostEntries = 1024;

constexpr uint32_t kLeaf1Vmx = 1u << 5;              // ecx: Intel's virtualization extensions
constexpr uint32_t kLeaf1TscDeadline = 1u << 24;     // ecx
constexpr uint32_t kLeaf1Hypervisor = 1u << 31;      // ecx
constexpr uint32_t kLeaf1HyperThreading = 1u << 28;  // edx: the package has more than one logical processor
constexpr uint32_t kExtendedLeaf1Svm = 1u << 2;      // ecx of 0x80000001: AMD's virtualization extensions

constexpr uint32_t kFirstBrandLeaf = 0x80000002;
constexpr uint32_t kBrandLeaves = 3;
using Brand = std::array<uint32_t, kBrandLeaves * 4>;  // eax, ebx, ecx, edx of each leaf; text that ends with a zero

// kvm_cpuid2 in memory of its own: a KvmList, then the entries.
class CpuidBuffer {
 public:
  explicit CpuidBuffer(uint32_t entries) : words_(2 + entries * kEntryWords) { words_[0] = entries; }
  uint32_t* argument() { return words_.data(); }
  uint32_t entries() const { return words_[0]; }
  kvm_cpuid_entry2* first() { return reinterpret_cast<kvm_cpuid_entry2*>(words_.data() + 2); }

 private:
  static constexpr uint32_t kEntryWords = sizeof(kvm_cpuid_entry2) / sizeof(uint32_t);
  std::vector<uint32_t> words_;
};

uint32_t BitsFor(uint32_t count) {
  uint32_t bits = 0;
  while ((1u << bits) < count) ++bits;
  return bits;
}

// Leaves 0xb and 0x1f: level 0 is a thread (one for each core), level 1 a core of the package (SDM vol. 2, CPUID).
void DescribeTopologyLevel(uint32_t index, uint32_t processors, kvm_cpuid_entry2* entry) {
  constexpr uint32_t kThreadLevel = 1;
  constexpr uint32_t kCoreLevel = 2;
  entry->edx = index;
  entry->ecx = entry->index & 0xff;
  if (entry->index == 0) {
    entry->eax = 0;
    entry->ebx = 1;
    entry->ecx |= kThreadLevel << 8;
  } else if (entry->index == 1) {
    entry->eax = BitsFor(processors);
    entry->ebx = processors;
    entry->ecx |= kCoreLevel << 8;
  } else {
    entry->eax = 0;
    entry->ebx = 0;
  }
}

// Leaves 4 (Intel) and 0x8000001d (AMD): a cache of level 3 is the package's, the others a core's own.
void DescribeCache(uint32_t processors, bool intel, kvm_cpuid_entry2* entry) {
  if ((entry->eax & 0x1f) == 0) return;  // no more caches
  const uint32_t level = (entry->eax >> 5) & 7;
  const uint32_t sharing = level >= 3 ? processors - 1 : 0;
  entry->eax = (entry->eax & ~(0xfffu << 14)) | sharing << 14;
  if (intel) entry->eax = (entry->eax & ~(0x3fu << 26)) | std::min(processors - 1, 0x3fu) << 26;
}

void AddMissingTopologyLevels(std::vector<kvm_cpuid_entry2>* entries) {
  const bool has_leaf = std::any_of(entries->begin(), entries->end(), [](const auto& e) { return e.function == 0xb; });
  if (!has_leaf) return;
  std::erase_if(*entries, [](const auto& e) { return e.function == 0xb || e.function == 0x1f; });
  for (uint32_t level = 0; level < 3; ++level) {
    kvm_cpuid_entry2 entry = {};
    entry.function = 0xb;
    entry.index = level;
    entry.flags = KVM_CPUID_FLAG_SIGNIFCANT_INDEX;
    entries->push_back(entry);
  }
}

void SetBrand(const std::string& text, std::vector<kvm_cpuid_entry2>* entries) {
  Brand brand = {};
  memcpy(brand.data(), text.data(), std::min(text.size(), sizeof brand - 1));
  std::erase_if(*entries, [](const auto& e) {
    return e.function >= kFirstBrandLeaf && e.function < kFirstBrandLeaf + kBrandLeaves;
  });
  for (uint32_t leaf = 0; leaf < kBrandLeaves; ++leaf) {
    const uint32_t* words = brand.data() + size_t{leaf} * 4;
    kvm_cpuid_entry2 entry = {};
    entry.function = kFirstBrandLeaf + leaf;
    entry.eax = words[0];
    entry.ebx = words[1];
    entry.ecx = words[2];
    entry.edx = words[3];
    entries->push_back(entry);
  }
}

}  // namespace

std::string HostProcessorBrand() {
  Brand brand = {};
  for (uint32_t leaf = 0; leaf < kBrandLeaves; ++leaf) {
    uint32_t* words = brand.data() + size_t{leaf} * 4;
    if (__get_cpuid(kFirstBrandLeaf + leaf, words, words + 1, words + 2, words + 3) == 0) return "";
  }
  const char* text = reinterpret_cast<const char*>(brand.data());
  return {text, strnlen(text, sizeof brand)};
}

absl::StatusOr<std::vector<kvm_cpuid_entry2>> SupportedCpuid(int kvm_fd) {
  for (uint32_t count = kFirstGuess; count <= kMostEntries; count *= 2) {
    CpuidBuffer buffer(count);
    if (::ioctl(kvm_fd, kKvmGetSupportedCpuid, buffer.argument()) == 0) {
      const uint32_t filled = std::min(buffer.entries(), count);
      return std::vector<kvm_cpuid_entry2>(buffer.first(), buffer.first() + filled);
    }
    if (errno != E2BIG) break;
  }
  return absl::UnavailableError(absl::StrCat("KVM refused KVM_GET_SUPPORTED_CPUID: ", strerror(errno)));
}

void DescribeProcessor(const ProcessorDescription& description, std::vector<kvm_cpuid_entry2>* entries) {
  const uint32_t index = description.index;
  const uint32_t processors = description.processors;
  AddMissingTopologyLevels(entries);
  SetBrand(description.brand, entries);
  for (kvm_cpuid_entry2& entry : *entries) {
    switch (entry.function) {
      case 1:
        entry.ebx = (entry.ebx & 0x0000ffff) | std::min(processors, 255u) << 16 | index << 24;
        entry.ecx = (entry.ecx & ~kLeaf1Vmx) | kLeaf1Hypervisor;
        if (description.tsc_deadline_timer) entry.ecx |= kLeaf1TscDeadline;
        entry.edx = processors > 1 ? entry.edx | kLeaf1HyperThreading : entry.edx & ~kLeaf1HyperThreading;
        break;
      case 4:
        DescribeCache(processors, true, &entry);
        break;
      case 0xa:         // performance counters
      case 0x8000000a:  // what AMD's virtualization extensions can do
        entry.eax = entry.ebx = entry.ecx = entry.edx = 0;
        break;
      case 0xb:
        DescribeTopologyLevel(index, processors, &entry);
        break;
      case 0x80000001:
        entry.ecx &= ~kExtendedLeaf1Svm;
        break;
      case 0x80000008:
        entry.ecx = (entry.ecx & ~0xf0ffu) | (processors - 1) | BitsFor(processors) << 12;
        break;
      case 0x8000001d:
        DescribeCache(processors, false, &entry);
        break;
      case 0x8000001e:
        entry.eax = index;  // extended APIC id
        entry.ebx = index;  // core, one thread each
        entry.ecx = 0;      // node
        break;
      default:
        break;
    }
  }
}

absl::Status SetCpuid(int vcpu_fd, const std::vector<kvm_cpuid_entry2>& entries) {
  CpuidBuffer buffer(static_cast<uint32_t>(entries.size()));
  std::copy(entries.begin(), entries.end(), buffer.first());
  return KvmCall(vcpu_fd, kKvmSetCpuid2, buffer.argument(), "KVM_SET_CPUID2");
}

}  // namespace cimvisor::kvm
