// The right to change one machine: at most one ticket for each id at a time, without a lock held while it is out.
#ifndef CIMVISOR_PROVIDERS_INVENTORY_MACHINE_TICKETS_H_
#define CIMVISOR_PROVIDERS_INVENTORY_MACHINE_TICKETS_H_

#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

namespace cimvisor::inventory {

// Thread-safe. Outlives its tickets.
class MachineTickets {
 public:
  // Gives the machine free when it goes.
  class Ticket {
   public:
    Ticket(Ticket&& other) noexcept;
    Ticket(const Ticket&) = delete;
    Ticket& operator=(const Ticket&) = delete;
    Ticket& operator=(Ticket&&) = delete;
    ~Ticket();

   private:
    friend class MachineTickets;
    Ticket(MachineTickets* tickets, std::string id) : tickets_(tickets), id_(std::move(id)) {}
    MachineTickets* tickets_;
    std::string id_;
  };

  // Waits for the machine `id` (upper case), at most until `deadline`: kInUse.
  absl::StatusOr<Ticket> Acquire(absl::string_view id, absl::Time deadline);

  // How many machines are held or waited for.
  size_t size() const;

 private:
  struct Place {
    bool taken = true;
    int waiting = 0;
    absl::CondVar freed;
  };
  void Release(const std::string& id);

  mutable absl::Mutex mutex_;
  absl::flat_hash_map<std::string, std::unique_ptr<Place>> places_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace cimvisor::inventory

#endif  // CIMVISOR_PROVIDERS_INVENTORY_MACHINE_TICKETS_H_
