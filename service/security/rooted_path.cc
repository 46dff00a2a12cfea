#include "service/security/rooted_path.h"

#include <algorithm>
#include <filesystem>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "service/cim/errors.h"
#include "service/cim/status_macros.h"
#include "service/security/open_beneath.h"

namespace cimvisor::security {
namespace {

constexpr size_t kLongestPath = 4095;  // PATH_MAX without its NUL

bool IsAllowed(const std::string& root, const std::vector<std::string>& allowed) {
  return allowed.empty() || absl::c_linear_search(allowed, root);
}

// "a//./b" -> "a/b"; refuses "..".
absl::StatusOr<std::string> Normalise(absl::string_view path) {
  std::vector<absl::string_view> parts;
  for (const absl::string_view part : absl::StrSplit(path, '/')) {
    if (part.empty() || part == ".") continue;
    if (part == "..") return absl::InvalidArgumentError("\"..\" is not allowed: write the path without it");
    parts.push_back(part);
  }
  return absl::StrJoin(parts, "/");
}

// What of `path` is below `root` (both absolute and normalised); false when it is not below it, nor it itself.
bool TakeBelow(absl::string_view path, absl::string_view root, std::string* relative) {
  if (root == "/") {
    *relative = std::string(path.substr(1));
    return true;
  }
  if (path.substr(0, root.size()) != root) return false;
  if (path.size() == root.size()) {
    relative->clear();
    return true;
  }
  if (path[root.size()] != '/') return false;
  *relative = std::string(path.substr(root.size() + 1));
  return true;
}

absl::Status CheckForm(absl::string_view path) {
  if (path.empty()) return absl::InvalidArgumentError("the path is empty: name a file");
  if (path.size() > kLongestPath) {
    return absl::InvalidArgumentError(
        absl::StrCat("the path has ", path.size(), " bytes; at most ", kLongestPath, " are allowed"));
  }
  if (path.find('\0') != absl::string_view::npos) return absl::InvalidArgumentError("the path holds a NUL byte");
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<RootedPaths> RootedPaths::Create(std::vector<Root> roots) {
  RootedPaths paths;
  for (Root& root : roots) {
    if (root.path.empty() || root.path[0] != '/' || root.name.empty()) {
      return absl::InvalidArgumentError(
          absl::StrCat("the root \"", root.name, "\" at \"", root.path, "\" needs a name and an absolute path"));
    }
    auto folder = OpenFolder(root.path);
    if (!folder.ok()) return cim::WithContext(folder.status(), absl::StrCat("the root \"", root.name, "\": "));
    std::error_code error;
    const std::string resolved = std::filesystem::canonical(root.path, error).string();
    ASSIGN_OR_RETURN(const std::string normalised, Normalise(root.path));
    root.path = absl::StrCat("/", normalised);
    paths.resolved_.push_back(error ? root.path : resolved);
    paths.folders_.push_back(*std::move(folder));
    paths.roots_.push_back(std::move(root));
  }
  return paths;
}

std::string RootedPaths::Advice(const std::vector<std::string>& allowed) const {
  std::vector<std::string> names;
  for (const Root& root : roots_) {
    if (IsAllowed(root.name, allowed)) names.push_back(absl::StrCat(root.name, " (", root.path, ")"));
  }
  if (names.empty()) return "; no root is configured for it: add one to the service's configuration";
  return absl::StrCat("; allowed are files below ", absl::StrJoin(names, ", "));
}

absl::StatusOr<RootedPaths::Place> RootedPaths::LocateAbsolute(absl::string_view path,
                                                               const std::vector<std::string>& allowed) const {
  ASSIGN_OR_RETURN(const std::string below, Normalise(path));
  const std::string normalised = absl::StrCat("/", below);
  Place place;
  size_t longest = 0;
  for (size_t i = 0; i < roots_.size(); ++i) {
    if (!IsAllowed(roots_[i].name, allowed)) continue;
    std::string relative;
    // The root nearest to the file counts, where one stands inside another.
    if (!TakeBelow(normalised, roots_[i].path, &relative) && !TakeBelow(normalised, resolved_[i], &relative)) continue;
    if (!place.roots.empty() && normalised.size() - relative.size() <= longest) continue;
    longest = normalised.size() - relative.size();
    place = {{i}, relative};
  }
  if (place.roots.empty()) {
    return absl::PermissionDeniedError("it is outside the folders that files may come from");
  }
  return place;
}

absl::StatusOr<RootedPaths::Place> RootedPaths::LocateNamed(absl::string_view path,
                                                            const std::vector<std::string>& allowed) const {
  const size_t colon = path.find(':');
  Place place;
  for (size_t i = 0; colon != absl::string_view::npos && i < roots_.size(); ++i) {
    if (roots_[i].name == path.substr(0, colon) && IsAllowed(roots_[i].name, allowed)) place.roots.push_back(i);
  }
  if (place.roots.empty()) {
    return absl::InvalidArgumentError("it is neither absolute nor begins with the name of a root and a colon");
  }
  ASSIGN_OR_RETURN(place.relative, Normalise(path.substr(colon + 1)));
  return place;
}

absl::StatusOr<RootedPaths::Place> RootedPaths::Locate(absl::string_view path,
                                                       const std::vector<std::string>& allowed) const {
  RETURN_IF_ERROR(CheckForm(path));
  ASSIGN_OR_RETURN(Place place, path[0] == '/' ? LocateAbsolute(path, allowed) : LocateNamed(path, allowed));
  if (place.relative.empty()) return absl::InvalidArgumentError("it is a folder: name a file below it");
  return place;
}

absl::StatusOr<OpenedPath> RootedPaths::OpenBelow(size_t root, const std::string& relative, FileAccess access) const {
  OpenedPath opened;
  ASSIGN_OR_RETURN(opened.fd, OpenBeneath(folders_[root].get(), relative, access, &opened.size));
  opened.path = absl::StrCat(roots_[root].path == "/" ? "" : roots_[root].path, "/", relative);
  opened.root = roots_[root].name;
  opened.relative = relative;
  return opened;
}

absl::StatusOr<OpenedPath> RootedPaths::Open(absl::string_view path, FileAccess access,
                                             const std::vector<std::string>& allowed) const {
  const absl::StatusOr<Place> place = Locate(path, allowed);
  absl::Status status = place.status();
  if (place.ok()) {
    for (const size_t root : place->roots) {
      absl::StatusOr<OpenedPath> opened = OpenBelow(root, place->relative, access);
      if (opened.ok()) return opened;
      status = opened.status();
      if (!absl::IsNotFound(status)) break;
    }
  }
  // A hostile path may be long; the message repeats its beginning.
  constexpr size_t kShown = 256;
  const absl::string_view shown = path.substr(0, kShown);
  return absl::Status(status.code(), absl::StrCat("the path \"", shown, path.size() > kShown ? "…" : "",
                                                  "\": ", status.message(), Advice(allowed)));
}

}  // namespace cimvisor::security
