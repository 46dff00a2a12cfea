#include "service/cim/object_path.h"

#include <algorithm>
#include <utility>

#include "absl/hash/hash.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "service/cim/case_fold.h"
#include "service/cim/class_repository.h"

namespace cimvisor::cim {
namespace {

// A reference may be the key of an association, which may be the key of another. Text nested deeper is compared as it
// stands.
constexpr int kDeepestNestedPath = 4;

// Most callers hand over a namespace that is in its normal form already.
std::string TakeNormalized(std::string name_space) {
  bool is_normal = std::none_of(name_space.begin(), name_space.end(),
                                [](char c) { return c == '\\' || absl::ascii_isupper(static_cast<unsigned char>(c)); });
  bool has_stray_slash =
      absl::StrContains(name_space, "//") || absl::StartsWith(name_space, "/") || absl::EndsWith(name_space, "/");
  if (is_normal && !has_stray_slash) return name_space;
  return NormalizeNamespace(name_space);
}

std::string Escape(absl::string_view text) {
  std::string result;
  result.reserve(text.size() + 8);
  for (char c : text) {
    if (c == '\\' || c == '"') result.push_back('\\');
    result.push_back(c);
  }
  return result;
}

std::string KeyText(const Value& value, absl::string_view host) {
  if (value.is_null()) return "\"\"";
  if (value.type() == CimType::kReference) return absl::StrCat("\"", Escape(value.reference().FullText(host)), "\"");
  if (IsInteger(value.type()) || IsReal(value.type()) || value.type() == CimType::kBoolean) return value.ToText();
  return absl::StrCat("\"", Escape(value.ToText()), "\"");
}

std::string RelativeTextForHost(const ObjectPath& path, absl::string_view host) {
  if (path.is_singleton()) return absl::StrCat(path.class_name(), "=@");
  std::string text = path.class_name();
  const char* separator = ".";
  for (const ObjectPath::Key& key : path.keys()) {
    absl::StrAppend(&text, key.first.empty() ? "" : separator, key.first, "=", KeyText(key.second, host));
    separator = ",";
  }
  return text;
}

// The text by which paths are compared: lower case, no host, keys sorted, every value as its text, and a string that
// is the path of an instance like that path.
std::string ComparableText(const ObjectPath& path, int depth);

std::string ComparableKey(const Value& value, int depth) {
  if (value.is_null()) return "";
  if (value.is_array() || value.type() == CimType::kObject) return FoldText(value.ToText());
  if (depth < kDeepestNestedPath) {
    if (value.type() == CimType::kReference) return ComparableText(value.reference(), depth + 1);
    if (value.type() == CimType::kString && absl::StrContains(value.string(), '=')) {
      absl::StatusOr<ObjectPath> nested = ObjectPath::Parse(value.string());
      if (nested.ok() && !nested->is_class()) return ComparableText(*nested, depth + 1);
    }
  }
  return FoldText(value.ToText());
}

std::string ComparableText(const ObjectPath& path, int depth) {
  std::vector<std::string> keys;
  keys.reserve(path.keys().size());
  for (const ObjectPath::Key& key : path.keys()) {
    std::string value = ComparableKey(key.second, depth);
    keys.push_back(absl::StrCat(absl::AsciiStrToLower(key.first), "=", value.size(), ":", value));
  }
  std::sort(keys.begin(), keys.end());
  std::string text = path.name_space();
  absl::StrAppend(&text, path.name_space().empty() ? "" : ":", absl::AsciiStrToLower(path.class_name()),
                  path.is_singleton() ? "=@" : "");
  for (const std::string& key : keys) absl::StrAppend(&text, ",", key);
  return text;
}

}  // namespace

ObjectPath::ObjectPath(std::string name_space, std::string class_name, std::vector<Key> keys)
    : name_space_(TakeNormalized(std::move(name_space))), class_name_(std::move(class_name)), keys_(std::move(keys)) {}

ObjectPath ObjectPath::Singleton(std::string name_space, std::string class_name) {
  ObjectPath result(std::move(name_space), std::move(class_name));
  result.is_singleton_ = true;
  return result;
}

const Value* ObjectPath::FindKey(absl::string_view name) const {
  for (const Key& key : keys_) {
    if (absl::EqualsIgnoreCase(key.first, name)) return &key.second;
  }
  return nullptr;
}

ObjectPath ObjectPath::WithNamespace(std::string name_space) const {
  ObjectPath result = *this;
  result.name_space_ = TakeNormalized(std::move(name_space));
  return result;
}

std::string ObjectPath::RelativeText() const { return RelativeTextForHost(*this, ""); }

std::string ObjectPath::FullText(absl::string_view host) const {
  std::string relative = RelativeTextForHost(*this, host);
  if (name_space_.empty()) return relative;
  std::string name_space = name_space_;
  std::replace(name_space.begin(), name_space.end(), '/', '\\');
  if (host.empty()) return absl::StrCat(name_space, ":", relative);
  return absl::StrCat("\\\\", host, "\\", name_space, ":", relative);
}

bool operator==(const ObjectPath& a, const ObjectPath& b) {
  if (a.is_singleton_ != b.is_singleton_ || a.keys_.size() != b.keys_.size() || a.name_space_ != b.name_space_ ||
      !absl::EqualsIgnoreCase(a.class_name_, b.class_name_)) {
    return false;
  }
  return ComparableText(a, 0) == ComparableText(b, 0);
}

uint64_t ObjectPath::Fingerprint() const { return absl::HashOf(ComparableText(*this, 0)); }

}  // namespace cimvisor::cim
