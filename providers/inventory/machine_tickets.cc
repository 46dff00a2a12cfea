#include "providers/inventory/machine_tickets.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "providers/inventory/errors.h"

namespace cimvisor::inventory {

MachineTickets::Ticket::Ticket(Ticket&& other) noexcept
    : tickets_(std::exchange(other.tickets_, nullptr)), id_(std::move(other.id_)) {}

MachineTickets::Ticket::~Ticket() {
  if (tickets_ != nullptr) tickets_->Release(id_);
}

absl::StatusOr<MachineTickets::Ticket> MachineTickets::Acquire(absl::string_view id, absl::Time deadline) {
  absl::MutexLock lock(&mutex_);
  std::unique_ptr<Place>& slot = places_[std::string(id)];
  if (slot == nullptr) {
    slot = std::make_unique<Place>();
    return Ticket(this, std::string(id));
  }
  Place& place = *slot;  // stays while somebody waits
  ++place.waiting;
  while (place.taken) {
    if (place.freed.WaitWithDeadline(&mutex_, deadline) && place.taken) {
      --place.waiting;
      return InventoryError(ErrorKind::kInUse, absl::StrCat("the machine ", id,
                                                            " is being changed by another call, which did not end in "
                                                            "time: try again"));
    }
  }
  --place.waiting;
  place.taken = true;
  return Ticket(this, std::string(id));
}

void MachineTickets::Release(const std::string& id) {
  absl::MutexLock lock(&mutex_);
  const auto found = places_.find(id);
  if (found->second->waiting == 0) {
    places_.erase(found);
    return;
  }
  found->second->taken = false;
  found->second->freed.Signal();
}

size_t MachineTickets::size() const {
  absl::MutexLock lock(&mutex_);
  return places_.size();
}

}  // namespace cimvisor::inventory
