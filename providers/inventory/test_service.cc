#include "providers/inventory/test_service.h"

#include <elf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "providers/inventory/guid.h"

namespace cimvisor::inventory {
namespace {

template <typename T>
void Append(std::string& bytes, const T& value) {
  bytes.append(reinterpret_cast<const char*>(&value), sizeof value);
}

// An ELF64 kernel of one segment, with the note of a small guest or without.
std::string ElfKernel(bool small_guest) {
  constexpr uint64_t kAddress = 0x100000;
  std::string note;
  Append(note, Elf64_Nhdr{9, 4, small_guest ? 1U : 2U});
  note.append("Cimvisor\0\0\0\0", 12);
  note.append(4, '\0');
  const std::string code(64, '\xF4');
  constexpr uint64_t kNotes = sizeof(Elf64_Ehdr) + 2 * sizeof(Elf64_Phdr);
  Elf64_Ehdr header{};
  memcpy(header.e_ident, ELFMAG, SELFMAG);
  header.e_ident[EI_CLASS] = ELFCLASS64;
  header.e_ident[EI_DATA] = ELFDATA2LSB;
  header.e_ident[EI_VERSION] = EV_CURRENT;
  header.e_type = ET_EXEC;
  header.e_machine = EM_X86_64;
  header.e_version = EV_CURRENT;
  header.e_entry = kAddress;
  header.e_phoff = sizeof header;
  header.e_ehsize = sizeof header;
  header.e_phentsize = sizeof(Elf64_Phdr);
  header.e_phnum = 2;
  Elf64_Phdr notes{};
  notes.p_type = PT_NOTE;
  notes.p_offset = kNotes;
  notes.p_filesz = note.size();
  Elf64_Phdr load{};
  load.p_type = PT_LOAD;
  load.p_flags = PF_R | PF_X;
  load.p_offset = kNotes + note.size();
  load.p_vaddr = kAddress;
  load.p_paddr = kAddress;
  load.p_filesz = code.size();
  load.p_memsz = code.size();
  std::string bytes;
  Append(bytes, header);
  Append(bytes, notes);
  Append(bytes, load);
  return bytes + note + code;
}

void WriteFile(const std::string& path, const std::string& bytes) {
  std::ofstream file(path, std::ios::binary);
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

}  // namespace

void RefusingStore::Refuse(absl::Status status, int count) {
  absl::MutexLock lock(&mutex_);
  refusal_ = std::move(status);
  left_ = count;
}

absl::StatusOr<int64_t> RefusingStore::Commit(store::Change change, absl::Time deadline) {
  {
    absl::MutexLock lock(&mutex_);
    if (left_ != 0) {
      if (left_ > 0) --left_;
      return refusal_;
    }
  }
  return store_->Commit(std::move(change), deadline);
}

void HookedFailpoints::Hit(Failpoint failpoint) {
  std::function<void()> hook;
  {
    absl::MutexLock lock(&mutex_);
    if (failpoint == failpoint_) hook = hook_;
  }
  if (hook) hook();
}

void HookedFailpoints::Hook(Failpoint failpoint, std::function<void()> hook) {
  absl::MutexLock lock(&mutex_);
  failpoint_ = failpoint;
  hook_ = std::move(hook);
}

TestService::TestService() {
  std::string name = ::testing::TempDir() + "inventory_XXXXXX";
  folder_ = ::mkdtemp(name.data());
  ::mkdir(BootFile("").c_str(), 0700);
  ::mkdir(BootFile("folder").c_str(), 0700);
  WriteFile(BootFile("small"), ElfKernel(true));
  WriteFile(BootFile("linux"), ElfKernel(false));
  WriteFile(BootFile("truncated"), ElfKernel(true).substr(0, 80));
  WriteFile(BootFile("text"), "#!/bin/sh\necho no kernel\n");
  WriteFile(BootFile("empty"), "");
  WriteFile(BootFile("initrd"), "initrd");
  EXPECT_EQ(::symlink("/etc/passwd", BootFile("link").c_str()), 0);
  auto paths = security::RootedPaths::Create({{"boot", folder_ + "/boot"}});
  EXPECT_TRUE(paths.ok()) << paths.status();
  paths_ = std::make_unique<security::RootedPaths>(*std::move(paths));
  machine::HostCapabilities capabilities;
  capabilities.verdict = machine::HostVerdict::kAnyGuest;
  host_.SetCapabilities(capabilities);
  options_.limits = {4096, 8};
  options_.boot_id = "boot-1";
  options_.retry_delay = absl::Milliseconds(1);
  const absl::Status opened = Open();
  EXPECT_TRUE(opened.ok()) << opened;
}

TestService::~TestService() {
  Close();
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

absl::Status TestService::Open() {
  const auto now = [this] { return now_us_ == 0 ? absl::Now() : absl::FromUnixMicros(now_us_); };
  store::StoreOptions options;
  options.path = folder_ + "/cimvisor.db";
  options.migrations = Inventory::Migrations();
  auto opened = store::Store::Open(std::move(options));
  if (!opened.ok()) return opened.status();
  store_ = std::make_unique<RefusingStore>(*std::move(opened));
  jobs::JobManagerOptions job_options;
  job_options.tick_interval = absl::InfiniteDuration();
  auto manager = jobs::JobManager::Create(*store_, job_options);
  if (!manager.ok()) return manager.status();
  jobs_ = *std::move(manager);
  hypervisor_ = std::make_unique<FakeHypervisor>(host_);

  InventoryDependencies dependencies;
  dependencies.store = store_.get();
  dependencies.jobs = jobs_.get();
  dependencies.hypervisor = hypervisor_.get();
  dependencies.paths = paths_.get();
  dependencies.failpoints = &failpoints_;
  dependencies.now = now;
  dependencies.log = [this](LogLevel, absl::string_view, absl::string_view text) {
    absl::MutexLock lock(&log_mutex_);
    log_.emplace_back(text);
  };
  if (!refusal_during_open_.ok()) store_->Refuse(std::exchange(refusal_during_open_, absl::OkStatus()), -1);
  auto inventory = Inventory::Open(dependencies, options_);
  if (!inventory.ok()) {
    Close();
    return inventory.status();
  }
  inventory_ = *std::move(inventory);
  const absl::Status resolved = jobs_->ResolveUnfinished();
  if (!resolved.ok()) return resolved;
  inventory_->Begin();
  return absl::OkStatus();
}

void TestService::Close() {
  if (jobs_ != nullptr) jobs_->Stop();
  inventory_.reset();
  jobs_.reset();
  hypervisor_.reset();
  store_.reset();
}

void TestService::LoseTouch() {
  store_->Refuse(absl::UnavailableError("the service is dead"), -1);
  host_.LoseService();
}

void TestService::Die() {
  LoseTouch();
  Close();
}

security::Operation TestService::Call(const std::string& name) const {
  security::Operation operation;
  operation.caller.identity.name = "tester";
  operation.caller.role = security::Role::kAdministrator;
  operation.name = name;
  return operation;
}

std::string TestService::Define(const std::string& name, const std::function<void(Configuration&)>& edit) {
  Configuration configuration = DefaultConfiguration(options_.limits);
  configuration.mutable_system()->set_name(name);
  if (edit) edit(configuration);
  const std::string id = NewGuid();
  const auto machine = inventory_->DefineMachine(Call("Define"), id, configuration);
  EXPECT_TRUE(machine.ok()) << machine.status();
  return id;
}

std::shared_ptr<const jobs::Job> TestService::Change(const std::string& id, Request request) {
  security::Operation operation = Call("RequestStateChange");
  std::string prepared;
  const auto job =
      inventory_->RequestStateChange(operation, id, request, [&](const std::string& job_id) { prepared = job_id; });
  EXPECT_TRUE(job.ok()) << job.status();
  if (!job.ok()) return std::make_shared<jobs::Job>();
  EXPECT_EQ(*job, prepared);
  inventory_->Drain();
  return jobs_->Snapshot()->Find(*job);
}

std::vector<State> TestService::JournalStates(const std::string& id) {
  std::vector<State> states;
  const auto entries = store_->ReadJournal(0, 100000);
  EXPECT_TRUE(entries.ok()) << entries.status();
  for (const store::JournalEntry& entry : *entries) {
    if (entry.entity_kind != kMachineEntity || entry.entity_id != id) continue;
    MachineChange change;
    EXPECT_TRUE(change.ParseFromString(entry.payload));
    const State state = change.after().runtime().state();
    if (change.has_after() && (states.empty() || states.back() != state)) states.push_back(state);
  }
  return states;
}

void TestService::WaitForLog(const std::string& text) {
  const auto contains = [this, &text]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(log_mutex_) {
    return std::any_of(log_.begin(), log_.end(),
                       [&](const std::string& line) { return absl::StrContains(line, text); });
  };
  absl::MutexLock lock(&log_mutex_);
  EXPECT_TRUE(log_mutex_.AwaitWithTimeout(absl::Condition(&contains), absl::Seconds(30))) << text;
}

}  // namespace cimvisor::inventory
