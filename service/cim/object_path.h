// The path of a class or an instance (WMI object path; DSP0004 §8.2 for the key bindings).
#ifndef CIMVISOR_SERVICE_CIM_OBJECT_PATH_H_
#define CIMVISOR_SERVICE_CIM_OBJECT_PATH_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "service/cim/value.h"

namespace cimvisor::cim {

// One canonical form is stored: no host, namespace as "root/virtualization/v2" in lower case with forward
// slashes, keys in the order of the class where it is known. Comparison and hashing ignore the host, case (of
// namespace, class, key names and string key values), and key order. Immutable after construction.
class ObjectPath {
 public:
  using Key = std::pair<std::string, Value>;

  ObjectPath() = default;
  ObjectPath(std::string name_space, std::string class_name, std::vector<Key> keys = {});

  // The path of the only instance of a class without keys: Class=@.
  static ObjectPath Singleton(std::string name_space, std::string class_name);

  // Accepts \\HOST\ns\ns:Class.K="v",K2=1 ; //host/ns:Class ; ns:Class.K='v' ; Class.K="v" ; Class=@ (singleton)
  // ; Class="v" (single unnamed key, name empty until resolved against the class). In quoted values both \\ and
  // a raw backslash that does not precede a quote or backslash mean one backslash. kInvalidArgument with column.
  static absl::StatusOr<ObjectPath> Parse(absl::string_view text);

  const std::string& name_space() const { return name_space_; }  // may be empty: relative
  const std::string& class_name() const { return class_name_; }
  const std::vector<Key>& keys() const { return keys_; }
  bool is_singleton() const { return is_singleton_; }
  bool is_class() const { return keys_.empty() && !is_singleton_; }
  // The value of a key, without regard to case; null pointer when absent.
  const Value* FindKey(absl::string_view name) const;

  ObjectPath WithNamespace(std::string name_space) const;

  // Class.K="v",K2=1 with \ and " escaped: __RELPATH.
  std::string RelativeText() const;
  // \\HOST\root\virtualization\v2:Class.K="v": __PATH. `host` empty: root\virtualization\v2:Class.K="v".
  std::string FullText(absl::string_view host) const;

  friend bool operator==(const ObjectPath& a, const ObjectPath& b);
  friend bool operator!=(const ObjectPath& a, const ObjectPath& b) { return !(a == b); }
  template <typename H>
  friend H AbslHashValue(H state, const ObjectPath& path) {
    return H::combine(std::move(state), path.Fingerprint());
  }

 private:
  uint64_t Fingerprint() const;  // consistent with ==

  std::string name_space_;
  std::string class_name_;
  std::vector<Key> keys_;
  bool is_singleton_ = false;
};

}  // namespace cimvisor::cim

#endif  // CIMVISOR_SERVICE_CIM_OBJECT_PATH_H_
