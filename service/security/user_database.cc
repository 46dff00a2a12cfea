// The C library's users and groups.
#include <grp.h>
#include <pwd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "service/security/role_table.h"

namespace cimvisor::security {
namespace {

constexpr size_t kFirstBuffer = 4096;
constexpr size_t kLargestBuffer = 1 << 20;
constexpr size_t kMostGroups = 65536;  // NGROUPS_MAX

class SystemUsers : public UserDatabase {
 public:
  std::string UserName(uint32_t uid) const override { return LookUpUser(uid).value_or(absl::StrCat(uid)); }

  std::vector<std::string> GroupNames(uint32_t uid, uint32_t gid) const override {
    const std::optional<std::string> user = LookUpUser(uid);
    std::vector<gid_t> groups = user ? GroupsOf(*user, gid) : std::vector<gid_t>{gid};
    std::vector<std::string> names;
    for (const gid_t group : groups) {
      if (std::optional<std::string> name = LookUpGroup(group)) names.push_back(*std::move(name));
    }
    return names;
  }

 private:
  static std::optional<std::string> LookUpUser(uint32_t uid) {
    for (size_t size = kFirstBuffer; size <= kLargestBuffer; size *= 2) {
      std::vector<char> buffer(size);
      passwd entry;
      passwd* found = nullptr;
      const int error = ::getpwuid_r(uid, &entry, buffer.data(), buffer.size(), &found);
      if (error == ERANGE) continue;
      if (error != 0 || found == nullptr) return std::nullopt;
      return found->pw_name;
    }
    return std::nullopt;
  }

  static std::optional<std::string> LookUpGroup(gid_t gid) {
    for (size_t size = kFirstBuffer; size <= kLargestBuffer; size *= 2) {
      std::vector<char> buffer(size);
      group entry;
      group* found = nullptr;
      const int error = ::getgrgid_r(gid, &entry, buffer.data(), buffer.size(), &found);
      if (error == ERANGE) continue;
      if (error != 0 || found == nullptr) return std::nullopt;
      return found->gr_name;
    }
    return std::nullopt;
  }

  static std::vector<gid_t> GroupsOf(const std::string& user, gid_t gid) {
    std::vector<gid_t> groups(32);
    int count = static_cast<int>(groups.size());
    while (::getgrouplist(user.c_str(), gid, groups.data(), &count) < 0) {
      if (groups.size() >= kMostGroups) return {gid};
      groups.resize(std::min(kMostGroups, std::max<size_t>(groups.size() * 2, static_cast<size_t>(count))));
      count = static_cast<int>(groups.size());
    }
    groups.resize(static_cast<size_t>(count));
    return groups;
  }
};

}  // namespace

std::unique_ptr<UserDatabase> SystemUserDatabase() { return std::make_unique<SystemUsers>(); }

}  // namespace cimvisor::security
