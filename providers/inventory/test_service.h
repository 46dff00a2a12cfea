// A whole inventory for tests: a real store in a temporary folder, a real job manager, a fake hypervisor, and ways to
// break each of them. It can be closed, or die, and be opened again on what it left.
#ifndef CIMVISOR_PROVIDERS_INVENTORY_TEST_SERVICE_H_
#define CIMVISOR_PROVIDERS_INVENTORY_TEST_SERVICE_H_

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "providers/inventory/failpoints.h"
#include "providers/inventory/fake_hypervisor.h"
#include "providers/inventory/inventory.h"
#include "service/jobs/job_manager.h"
#include "service/security/operation.h"
#include "service/security/rooted_path.h"
#include "service/store/store.h"

namespace cimvisor::inventory {

// A store that refuses commits when it is told to.
class RefusingStore : public store::Store {
 public:
  explicit RefusingStore(std::unique_ptr<store::Store> store) : store_(std::move(store)) {}
  // The error of the next `count` commits; -1: of all that follow.
  void Refuse(absl::Status status, int count);

  absl::StatusOr<int64_t> Commit(store::Change change, absl::Time deadline) override;
  absl::StatusOr<std::vector<store::SqlRow>> Read(absl::string_view sql,
                                                  const std::vector<store::SqlValue>& parameters) override {
    return store_->Read(sql, parameters);
  }
  int64_t revision() const override { return store_->revision(); }
  const std::string& instance_id() const override { return store_->instance_id(); }
  int64_t epoch() const override { return store_->epoch(); }
  void SetJournalSink(store::JournalSink* sink) override { store_->SetJournalSink(sink); }
  absl::StatusOr<std::vector<store::JournalEntry>> ReadJournal(int64_t after, size_t limit) override {
    return store_->ReadJournal(after, limit);
  }
  absl::StatusOr<int64_t> OldestJournalRevision() override { return store_->OldestJournalRevision(); }
  absl::Status Backup(const std::string& path) override { return store_->Backup(path); }

 private:
  const std::unique_ptr<store::Store> store_;
  absl::Mutex mutex_;
  absl::Status refusal_ ABSL_GUARDED_BY(mutex_);
  int left_ ABSL_GUARDED_BY(mutex_) = 0;
};

// Calls a function when a failpoint is hit.
class HookedFailpoints : public Failpoints {
 public:
  void Hit(Failpoint failpoint) override;
  // At each hit of `failpoint`; empty: nothing.
  void Hook(Failpoint failpoint, std::function<void()> hook);

 private:
  absl::Mutex mutex_;
  Failpoint failpoint_ ABSL_GUARDED_BY(mutex_) = Failpoint::kPublished;
  std::function<void()> hook_ ABSL_GUARDED_BY(mutex_);
};

class TestService {
 public:
  TestService();   // a new folder, the service open
  ~TestService();  // removes it

  // What a running service consists of. After a failed Open there is none.
  absl::Status Open();
  void Close();  // in order, as by SIGTERM
  void Die();    // as by SIGKILL: nothing that is done from now on reaches the database or a worker
  // What Die does before the objects go; for hooks on their threads.
  void LoseTouch();

  // Files below the root "boot": "small" (a small guest), "linux" (an ELF kernel that is none), "text", "empty",
  // "truncated", "folder", "link" (to /etc/passwd), "initrd".
  std::string BootFile(const std::string& name) const { return folder_ + "/boot/" + name; }
  const std::string& folder() const { return folder_; }

  FakeHost& host() { return host_; }
  RefusingStore& store() { return *store_; }
  HookedFailpoints& failpoints() { return failpoints_; }
  jobs::JobManager& jobs() { return *jobs_; }
  Inventory& inventory() { return *inventory_; }
  InventoryOptions& options() { return options_; }  // of the next Open
  // The error of every commit of the inventory during the next Open.
  void RefuseDuringOpen(absl::Status refusal) { refusal_during_open_ = std::move(refusal); }
  void SetClock(absl::Time now) { now_us_ = absl::ToUnixMicros(now); }

  // A call of an administrator.
  security::Operation Call(const std::string& name = "Test.Call") const;
  // Defines a machine of this name, off, edited by `edit`; its id. Fails the test when that fails.
  std::string Define(const std::string& name, const std::function<void(Configuration&)>& edit = nullptr);
  // Asks for a state, waits until nothing is under way, and returns the job as it ended then.
  std::shared_ptr<const jobs::Job> Change(const std::string& id, Request request);
  MachinePointer Get(const std::string& id) { return inventory_->snapshot()->Find(id); }
  RuntimeRecord Runtime(const std::string& id) { return Get(id)->record.runtime(); }
  // The states that the journal tells of a machine, in order, each once.
  std::vector<State> JournalStates(const std::string& id);
  // Waits for a line of the log that contains `text`.
  void WaitForLog(const std::string& text);

 private:
  std::string folder_;
  FakeHost host_;
  HookedFailpoints failpoints_;
  InventoryOptions options_;
  absl::Status refusal_during_open_;
  std::atomic<int64_t> now_us_{0};  // 0: the real clock
  std::unique_ptr<security::RootedPaths> paths_;
  std::unique_ptr<RefusingStore> store_;
  std::unique_ptr<jobs::JobManager> jobs_;
  std::unique_ptr<FakeHypervisor> hypervisor_;
  std::unique_ptr<Inventory> inventory_;
  absl::Mutex log_mutex_;
  std::vector<std::string> log_ ABSL_GUARDED_BY(log_mutex_);
};

}  // namespace cimvisor::inventory

#endif  // CIMVISOR_PROVIDERS_INVENTORY_TEST_SERVICE_H_
