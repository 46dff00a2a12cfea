// An instance: a pointer to its class and a value for each property slot. No string is hashed to find a value.
#ifndef CIMVISOR_SERVICE_CIM_INSTANCE_H_
#define CIMVISOR_SERVICE_CIM_INSTANCE_H_

#include <cassert>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "service/cim/class.h"
#include "service/cim/object_path.h"
#include "service/cim/value.h"

namespace cimvisor::cim {

// Which property slots a reader asked for. Default: all.
class PropertySet {
 public:
  static PropertySet All() { return PropertySet(); }
  static PropertySet Of(const std::vector<int>& slots);
  bool is_all() const { return all_; }
  bool Contains(int slot) const {
    return all_ || (static_cast<size_t>(slot) < bits_.size() && bits_[static_cast<size_t>(slot)]);
  }
  void Add(int slot);

 private:
  bool all_ = true;
  std::vector<bool> bits_;
};

// Copyable; safe to share for reading.
class Instance {
 public:
  // Every value is null, or the class's default where `with_defaults`.
  explicit Instance(std::shared_ptr<const Class> cls, bool with_defaults = false);

  const Class& cls() const { return *class_; }
  const std::shared_ptr<const Class>& shared_class() const { return class_; }

  const Value& value(int slot) const { return values_[static_cast<size_t>(slot)]; }
  // The value's type must be that of the slot, or kObject for an embedded instance (checked in debug builds).
  void set_value(int slot, Value value) {
    assert(Fits(slot, value));
    values_[static_cast<size_t>(slot)] = std::move(value);
  }
  // By name, without regard to case; null pointer when the class has no such property. For text forms and tests;
  // providers use generated accessors.
  const Value* Find(absl::string_view name) const;
  // Sets by name with coercion; CIM_ERR_NO_SUCH_PROPERTY or CIM_ERR_TYPE_MISMATCH. An embedded instance is null or an
  // object of the class that the property names; its text forms are service/text's to read.
  absl::Status Set(absl::string_view name, const Value& value);
  // True where a client named the property in an embedded instance (even as null). Set() marks it; set_value does not.
  bool IsMentioned(int slot) const {
    return static_cast<size_t>(slot) < mentioned_.size() && mentioned_[static_cast<size_t>(slot)];
  }

  // The revision of its last committed change; 0 when it has none.
  int64_t revision() const { return revision_; }
  void set_revision(int64_t revision) { revision_ = revision; }

  // From the key values. An instance of a class without keys has an empty path.
  ObjectPath Path() const;
  // Path().FullText(host), made from the values directly where every key is a string: it is asked for with each row.
  std::string PathText(absl::string_view host) const;

  // Same class and same values; what was mentioned does not count, nor the revision.
  friend bool operator==(const Instance& a, const Instance& b);

 private:
  bool Fits(int slot, const Value& value) const;

  std::shared_ptr<const Class> class_;
  std::vector<Value> values_;
  std::vector<bool> mentioned_;
  int64_t revision_ = 0;
};

}  // namespace cimvisor::cim

#endif  // CIMVISOR_SERVICE_CIM_INSTANCE_H_
