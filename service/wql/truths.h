// Sets of truth values, for conditions that are known in part: what a condition may be.
#ifndef CIMVISOR_SERVICE_WQL_TRUTHS_H_
#define CIMVISOR_SERVICE_WQL_TRUTHS_H_

#include <array>
#include <cstdint>

#include "service/wql/filter.h"

namespace cimvisor::wql {

using Truths = uint8_t;  // bit 0: false, bit 1: unknown, bit 2: true
inline constexpr Truths kAnyTruth = 7;

constexpr Truths Only(Truth truth) { return static_cast<Truths>(1U << static_cast<unsigned>(truth)); }
constexpr bool MayBe(Truths truths, Truth truth) { return (truths & Only(truth)) != 0; }

// Index a * 8 + b: the truths of "a AND b" (the smaller), or of "a OR b" (the larger).
constexpr std::array<Truths, 64> MakeTruthTable(bool is_and) {
  std::array<Truths, 64> table{};
  for (unsigned a = 0; a < 8; ++a) {
    for (unsigned b = 0; b < 8; ++b) {
      unsigned result = 0;
      for (unsigned i = 0; i < 3; ++i) {
        for (unsigned j = 0; j < 3; ++j) {
          if ((a >> i & 1U) == 0 || (b >> j & 1U) == 0) continue;
          result |= 1U << ((i < j) == is_and ? i : j);
        }
      }
      table[a * 8 + b] = static_cast<Truths>(result);
    }
  }
  return table;
}
inline constexpr std::array<Truths, 64> kAndTable = MakeTruthTable(true);
inline constexpr std::array<Truths, 64> kOrTable = MakeTruthTable(false);

constexpr Truths AndTruths(Truths a, Truths b) { return kAndTable[a * 8U + b]; }
constexpr Truths OrTruths(Truths a, Truths b) { return kOrTable[a * 8U + b]; }
constexpr Truths NotTruths(Truths a) { return static_cast<Truths>((a & 2U) | (a >> 2U) | ((a & 1U) << 2U)); }

}  // namespace cimvisor::wql

#endif  // CIMVISOR_SERVICE_WQL_TRUTHS_H_
