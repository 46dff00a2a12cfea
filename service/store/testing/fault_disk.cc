#include "service/store/testing/fault_disk.h"

#include <algorithm>
#include <utility>

namespace cimvisor::store::testing {
namespace {

constexpr size_t kSector = 512;

void Apply(const FaultFile::Write& write, std::string* bytes) {
  if (write.truncates) {
    bytes->resize(std::min(bytes->size(), write.offset));
    return;
  }
  bytes->resize(std::max(bytes->size(), write.offset + write.bytes.size()));
  bytes->replace(write.offset, write.bytes.size(), write.bytes);
}

// Each unsynced write may be lost, whole, or torn at a sector.
void ApplySome(const std::vector<FaultFile::Write>& writes, std::mt19937& random, std::string* bytes) {
  for (const FaultFile::Write& write : writes) {
    const uint32_t fate = random() % 3;
    if (fate == 0) continue;
    FaultFile::Write part = write;
    if (fate == 1 && !write.truncates) part.bytes.resize(random() % (write.bytes.size() / kSector + 1) * kSector);
    if (write.truncates || !part.bytes.empty()) Apply(part, bytes);
  }
}

}  // namespace

int64_t FaultDisk::operations() const {
  const absl::MutexLock lock(&mutex_);
  return operations_;
}

void FaultDisk::FailAt(Fault fault, int64_t operation) {
  const absl::MutexLock lock(&mutex_);
  fault_ = fault;
  fault_at_ = operation;
}

void FaultDisk::Heal() { FailAt(Fault::kNone, 0); }

bool FaultDisk::has_power() const {
  const absl::MutexLock lock(&mutex_);
  return has_power_;
}

void FaultDisk::SetReadOnly(bool read_only) {
  const absl::MutexLock lock(&mutex_);
  read_only_ = read_only;
}

bool FaultDisk::read_only() const {
  const absl::MutexLock lock(&mutex_);
  return read_only_;
}

bool FaultDisk::Damage(const std::string& name, size_t offset) {
  const absl::MutexLock lock(&mutex_);
  const auto found = files_.find(name);
  if (found == files_.end() || offset >= found->second->content.size()) return false;
  found->second->content[offset] = static_cast<char>(~found->second->content[offset]);
  found->second->durable = found->second->content;
  return true;
}

void FaultDisk::PowerOn(Unsynced unsynced, uint32_t seed) {
  const absl::MutexLock lock(&mutex_);
  std::mt19937 random(seed);
  for (auto it = files_.begin(); it != files_.end();) {
    FaultFile& file = *it->second;
    if (unsynced == Unsynced::kLost && !file.name_is_durable) {
      it = files_.erase(it);
      continue;
    }
    if (unsynced == Unsynced::kKept) file.durable = file.content;
    if (unsynced == Unsynced::kSomeKept) ApplySome(file.unsynced, random, &file.durable);
    file.content = file.durable;
    file.unsynced.clear();
    file.shared_memory.clear();
    file.locks = FileLocks();
    ++it;
  }
  has_power_ = true;
  fault_ = Fault::kNone;
}

// What happens to the operation that is about to be done.
Fault FaultDisk::Count() {
  if (!has_power_) return Fault::kPowerCut;
  ++operations_;
  if (fault_ == Fault::kNone || operations_ < fault_at_) return Fault::kNone;
  if (fault_ == Fault::kFull) return Fault::kFull;
  if (operations_ > fault_at_) return Fault::kNone;
  if (fault_ == Fault::kPowerCut) has_power_ = false;
  return fault_;
}

std::shared_ptr<FaultFile> FaultDisk::Open(const std::string& name, bool create) {
  const absl::MutexLock lock(&mutex_);
  if (!has_power_) return nullptr;
  const auto found = files_.find(name);
  if (found != files_.end()) return found->second;
  if (!create) return nullptr;
  auto file = std::make_shared<FaultFile>();
  if (!name.empty()) files_[name] = file;  // a temporary file has no name
  return file;
}

bool FaultDisk::Exists(const std::string& name) const {
  const absl::MutexLock lock(&mutex_);
  return files_.count(name) != 0;
}

Fault FaultDisk::Delete(const std::string& name) {
  const absl::MutexLock lock(&mutex_);
  const Fault fault = Count();
  if (fault != Fault::kNone && fault != Fault::kFull) return fault;
  files_.erase(name);
  return Fault::kNone;
}

Fault FaultDisk::Write(FaultFile& file, size_t offset, absl::string_view bytes) {
  const absl::MutexLock lock(&mutex_);
  const Fault fault = Count();
  if (fault == Fault::kPowerCut && !has_power_ && operations_ == fault_at_) {
    // The write that the cut hit is on its way: it may have come through, or a part of it.
    file.unsynced.push_back({offset, std::string(bytes), false});
  }
  if (fault != Fault::kNone) return fault;
  file.unsynced.push_back({offset, std::string(bytes), false});
  Apply(file.unsynced.back(), &file.content);
  return Fault::kNone;
}

Fault FaultDisk::Truncate(FaultFile& file, size_t size) {
  const absl::MutexLock lock(&mutex_);
  const Fault fault = Count();
  if (fault != Fault::kNone && fault != Fault::kFull) return fault;
  file.unsynced.push_back({size, "", true});
  Apply(file.unsynced.back(), &file.content);
  return Fault::kNone;
}

Fault FaultDisk::Sync(FaultFile& file) {
  const absl::MutexLock lock(&mutex_);
  const Fault fault = Count();
  if (fault != Fault::kNone && fault != Fault::kFull) return fault;
  for (const FaultFile::Write& write : file.unsynced) Apply(write, &file.durable);
  file.unsynced.clear();
  file.name_is_durable = true;
  return Fault::kNone;
}

int64_t FaultDisk::Read(const FaultFile& file, size_t offset, size_t size, char* target) const {
  const absl::MutexLock lock(&mutex_);
  if (!has_power_) return -1;
  if (offset >= file.content.size()) return 0;
  const size_t count = std::min(size, file.content.size() - offset);
  file.content.copy(target, count, offset);
  return static_cast<int64_t>(count);
}

size_t FaultDisk::Size(const FaultFile& file) const {
  const absl::MutexLock lock(&mutex_);
  return file.content.size();
}

char* FaultDisk::SharedMemory(FaultFile& file, size_t region, size_t size, bool create) {
  const absl::MutexLock lock(&mutex_);
  if (region >= file.shared_memory.size() && !create) return nullptr;
  while (region >= file.shared_memory.size()) file.shared_memory.push_back(std::make_unique<char[]>(size));
  return file.shared_memory[region].get();
}

void FaultDisk::DropSharedMemory(FaultFile& file) {
  const absl::MutexLock lock(&mutex_);
  file.shared_memory.clear();
}

}  // namespace cimvisor::store::testing
