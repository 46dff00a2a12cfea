// A path is a right: each path that comes from a client or stands in a file is opened below a configured root, by
// openat2 with RESOLVE_BENEATH, RESOLVE_NO_SYMLINKS and RESOLVE_NO_MAGICLINKS (openat2(2)), so that neither "..", a
// symbolic link nor a race can lead outside.
#ifndef CIMVISOR_SERVICE_SECURITY_ROOTED_PATH_H_
#define CIMVISOR_SERVICE_SECURITY_ROOTED_PATH_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "service/security/unique_fd.h"

namespace cimvisor::security {

// One configured folder. Several may have the same name ("images" on two disks).
struct Root {
  std::string name;  // "images", "boot", "exports", "console"
  std::string path;  // absolute
};

enum class FileAccess : uint8_t {
  kRead,       // an existing regular file
  kReadWrite,  // an existing regular file
  kCreateNew,  // must not exist; made with mode 0600, opened for reading and writing
  kOnlyFind,   // an existing regular file, opened with O_PATH: no access
};

struct OpenedPath {
  UniqueFd fd;           // close-on-exec
  std::string path;      // absolute and normalised: root and the rest below it
  std::string root;      // the root's name
  std::string relative;  // below the root
  uint64_t size = 0;     // bytes, when it was opened
};

// Thread-safe after Create. Holds a descriptor of each root, so that a root that is renamed later stays the root.
class RootedPaths {
 public:
  // Every root must be an existing folder; its own path may contain symbolic links (the administrator wrote it).
  static absl::StatusOr<RootedPaths> Create(std::vector<Root> roots);

  // `path` is absolute and below a root, or "name:relative" ("boot:hello"), which is looked for in each root of that
  // name, in their order. `allowed` names the roots that do; empty: all. Errors say what was wrong with the path, list
  // the allowed roots, and say what to do:
  //   kInvalidArgument    empty, relative, longer than 4095 bytes, a NUL, "..", a folder or a special file
  //   kPermissionDenied   outside the roots, a symbolic link on the way, or the system refuses
  //   kNotFound           absent
  //   kAlreadyExists      kCreateNew
  //   kResourceExhausted  a full disk, or no more descriptors
  absl::StatusOr<OpenedPath> Open(absl::string_view path, FileAccess access,
                                  const std::vector<std::string>& allowed = {}) const;

  const std::vector<Root>& roots() const { return roots_; }

 private:
  // A path taken apart: the places of the roots that may hold it, and the rest below each.
  struct Place {
    std::vector<size_t> roots;
    std::string relative;
  };

  RootedPaths() = default;
  absl::StatusOr<Place> Locate(absl::string_view path, const std::vector<std::string>& allowed) const;
  absl::StatusOr<Place> LocateAbsolute(absl::string_view path, const std::vector<std::string>& allowed) const;
  absl::StatusOr<Place> LocateNamed(absl::string_view path, const std::vector<std::string>& allowed) const;
  absl::StatusOr<OpenedPath> OpenBelow(size_t root, const std::string& relative, FileAccess access) const;
  // "; allowed are paths below images (/a), boot (/b)".
  std::string Advice(const std::vector<std::string>& allowed) const;

  std::vector<Root> roots_;            // paths normalised
  std::vector<std::string> resolved_;  // the same without symbolic links
  std::vector<UniqueFd> folders_;      // by place in roots_
};

}  // namespace cimvisor::security

#endif  // CIMVISOR_SERVICE_SECURITY_ROOTED_PATH_H_
