// What the generated classes (providers/schema/msvm_v2.h) stand on: an instance with typed accessors by slot.
//
//   v2::ComputerSystem system(request.cls);            // a new instance, every value null
//   system.set_name(machine_id);
//   sink(std::move(system).Take());
//
//   const auto settings = v2::VirtualSystemSettingData::View(instance);
//   if (settings.IsMentioned(settings.kElementNameSlot)) Rename(settings.element_name().value_or(""));
//
// Not synchronised. A getter's view into a string lives as long as the instance.
#ifndef CIMVISOR_PROVIDERS_CODEGEN_TYPED_INSTANCE_H_
#define CIMVISOR_PROVIDERS_CODEGEN_TYPED_INSTANCE_H_

#include <memory>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "providers/codegen/typed_values.h"
#include "service/cim/class_repository.h"
#include "service/cim/instance.h"

namespace cimvisor::msvm {

class TypedInstance {
 public:
  // A new instance of `cls`, every value null. `cls` is the class of the wrapper, or one of its subclasses.
  explicit TypedInstance(std::shared_ptr<const cim::Class> cls);
  // A view of `instance`, which is not null.
  explicit TypedInstance(InstancePointer instance) : shown_(std::move(instance)) {}
  TypedInstance(TypedInstance&&) = default;
  TypedInstance& operator=(TypedInstance&&) = default;

  const cim::Instance& instance() const { return *shown_; }
  // See cim::Instance::revision.
  void set_revision(int64_t revision) { Own().set_revision(revision); }
  // The instance. After a View it is a copy of its own, since what was viewed is not owned here.
  InstancePointer Take() &&;
  // The properties that a client named in an embedded instance, even as null.
  bool IsMentioned(int slot) const { return shown_->IsMentioned(slot); }
  bool IsNull(int slot) const { return shown_->value(slot).is_null(); }
  cim::ObjectPath Path() const { return shown_->Path(); }

 protected:
  // A view of what somebody else owns and keeps.
  struct Borrowed {
    const cim::Instance& instance;
  };
  explicit TypedInstance(Borrowed borrowed)
      : shown_(std::shared_ptr<const void>(), &borrowed.instance), is_borrowed_(true) {}

  const cim::Value& ValueAt(int slot) const { return shown_->value(slot); }
  // Sets a value; a view first makes its own copy.
  void Set(int slot, cim::Value value);

 private:
  cim::Instance& Own();

  InstancePointer shown_;
  std::shared_ptr<cim::Instance> own_;  // the same as shown_, when it is ours to change
  bool is_borrowed_ = false;
};

// The parameters of a call, by place in the method. What is missing at the end is null.
class InParameters {
 public:
  // `parameters` outlives this.
  explicit InParameters(const std::vector<cim::Value>& parameters) : parameters_(&parameters) {}

 protected:
  const cim::Value& ValueAt(size_t place) const;

 private:
  const std::vector<cim::Value>* parameters_;
};

// The out parameters of a call, by place in the method; null until they are set.
class OutParameters {
 public:
  explicit OutParameters(size_t count) : values_(count) {}
  std::vector<cim::Value> Take() && { return std::move(values_); }

 protected:
  void Set(size_t place, cim::Value value) { values_[place] = std::move(value); }

 private:
  std::vector<cim::Value> values_;
};

// The class of a wrapper. Look it up once and keep it.
template <typename Typed>
absl::StatusOr<std::shared_ptr<const cim::Class>> FindClass(const cim::ClassRepository& repository) {
  return repository.Find(Typed::kNamespace, Typed::kClassName);
}

}  // namespace cimvisor::msvm

#endif  // CIMVISOR_PROVIDERS_CODEGEN_TYPED_INSTANCE_H_
