#include "hypervisor-backend/worker/last_words.h"

#include <sys/mman.h>

#include <cerrno>
#include <new>

#include "absl/status/status.h"
#include "hypervisor-backend/worker/messages.h"

namespace cimvisor::worker {

absl::StatusOr<std::unique_ptr<LastWords>> LastWords::Make() {
  void* memory = mmap(nullptr, sizeof(Page), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return absl::ErrnoToStatus(errno, "cannot map the memory shared with the worker's parent");
  return std::unique_ptr<LastWords>(new LastWords(new (memory) Page()));
}

LastWords::~LastWords() { munmap(page_, sizeof(Page)); }

void LastWords::SetState(machine::MachineState state) {
  page_->state.store(static_cast<uint32_t>(state), std::memory_order_relaxed);
}

void LastWords::Say(const v1::ProcessRecord::Ended& words) {
  const size_t size = words.ByteSizeLong();
  if (size > kBytes) return;
  page_->length.store(0, std::memory_order_release);
  if (!words.SerializeToArray(page_->words, static_cast<int>(size))) return;
  page_->length.store(static_cast<uint32_t>(size), std::memory_order_release);
}

v1::ProcessRecord::Ended LastWords::Read() const {
  v1::ProcessRecord::Ended words;
  const uint32_t length = page_->length.load(std::memory_order_acquire);
  if (length > kBytes || !words.ParseFromArray(page_->words, static_cast<int>(length)) ||
      (words.has_reason() && !EndReasonFromWire(words.reason()).ok())) {
    words.Clear();
  }
  words.clear_signal();
  words.clear_exit_code();
  const uint32_t state = page_->state.load(std::memory_order_relaxed);
  words.set_last_state(StateFromWire(state).ok() ? state : 0);
  return words;
}

}  // namespace cimvisor::worker
