#include "service/store/guid.h"

#include <array>
#include <cstdint>
#include <random>

#include "absl/strings/str_format.h"

namespace cimvisor::store {

std::string RandomGuid() {
  std::random_device device;  // the kernel's
  std::array<uint32_t, 4> words;
  for (uint32_t& word : words) word = device();
  words[1] = (words[1] & 0xffff0fff) | 0x4000;      // version 4
  words[2] = (words[2] & 0x3fffffff) | 0x80000000;  // and its variant
  return absl::StrFormat("%08X-%04X-%04X-%04X-%04X%08X", words[0], words[1] >> 16, words[1] & 0xffff, words[2] >> 16,
                         words[2] & 0xffff, words[3]);
}

}  // namespace cimvisor::store
