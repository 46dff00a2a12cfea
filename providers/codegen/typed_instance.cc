#include "providers/codegen/typed_instance.h"

namespace cimvisor::msvm {

TypedInstance::TypedInstance(std::shared_ptr<const cim::Class> cls)
    : own_(std::make_shared<cim::Instance>(std::move(cls))) {
  shown_ = own_;
}

InstancePointer TypedInstance::Take() && {
  if (is_borrowed_ && own_ == nullptr) return std::make_shared<const cim::Instance>(*shown_);
  own_.reset();
  return std::move(shown_);
}

cim::Instance& TypedInstance::Own() {
  if (own_ == nullptr) {
    own_ = std::make_shared<cim::Instance>(*shown_);
    shown_ = own_;
  }
  return *own_;
}

void TypedInstance::Set(int slot, cim::Value value) { Own().set_value(slot, std::move(value)); }

const cim::Value& InParameters::ValueAt(size_t place) const {
  static const cim::Value kNull;
  return place < parameters_->size() ? (*parameters_)[place] : kNull;
}

}  // namespace cimvisor::msvm
