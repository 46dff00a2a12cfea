#include "hypervisor-backend/kvm/io_bus.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cstring>

namespace cimvisor::kvm {
namespace {

// How much of an access the device takes at once.
size_t AccessSize(size_t wanted, uint64_t room, const RegisterDevice& device) {
  return std::bit_floor(std::min({wanted, static_cast<size_t>(room), size_t{device.widest_access()}}));
}

}  // namespace

void IoBus::Attach(uint64_t first, uint64_t size, RegisterDevice* device) {
  const auto after = std::upper_bound(places_.begin(), places_.end(), first,
                                      [](uint64_t address, const Place& place) { return address < place.first; });
  assert(after == places_.end() || first + size <= after->first);
  assert(after == places_.begin() || std::prev(after)->first + std::prev(after)->size <= first);
  places_.insert(after, {first, size, device});
}

const IoBus::Place* IoBus::Find(uint64_t address) const {
  auto after = std::upper_bound(places_.begin(), places_.end(), address,
                                [](uint64_t wanted, const Place& place) { return wanted < place.first; });
  if (after == places_.begin()) return nullptr;
  const Place& place = *std::prev(after);
  return address - place.first < place.size ? &place : nullptr;
}

void IoBus::Read(uint64_t address, absl::Span<uint8_t> data) const {
  memset(data.data(), 0xff, data.size());
  for (size_t done = 0; done < data.size();) {
    const Place* place = Find(address + done);
    if (place == nullptr) {
      ++done;
      continue;
    }
    const uint64_t offset = address + done - place->first;
    const size_t size = AccessSize(data.size() - done, place->size - offset, *place->device);
    const uint64_t value = place->device->Read(static_cast<uint32_t>(offset), static_cast<uint32_t>(size));
    memcpy(data.data() + done, &value, size);
    done += size;
  }
}

void IoBus::Write(uint64_t address, absl::Span<const uint8_t> data) const {
  for (size_t done = 0; done < data.size();) {
    const Place* place = Find(address + done);
    if (place == nullptr) {
      ++done;
      continue;
    }
    const uint64_t offset = address + done - place->first;
    const size_t size = AccessSize(data.size() - done, place->size - offset, *place->device);
    uint64_t value = 0;
    memcpy(&value, data.data() + done, size);
    place->device->Write(static_cast<uint32_t>(offset), static_cast<uint32_t>(size), value);
    done += size;
  }
}

void IoBus::ResetDevices() const {
  for (const Place& place : places_) place.device->Reset();
}

}  // namespace cimvisor::kvm
