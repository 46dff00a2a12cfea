// Class declarations as written (in MOF) and classes as resolved (with everything inherited).
#ifndef CIMVISOR_SERVICE_CIM_CLASS_H_
#define CIMVISOR_SERVICE_CIM_CLASS_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "service/cim/shared_list.h"
#include "service/cim/value.h"

namespace cimvisor::cim {

// A qualifier with its flavors (DSP0004 §7.4.3).
struct Qualifier {
  std::string name;
  Value value;  // boolean true when written without a value
  bool overridable = true;
  bool to_subclass = true;
  bool translatable = false;
};

// The order of two names without regard to (ASCII) case: negative, zero or positive.
int CompareNames(absl::string_view a, absl::string_view b);

// Finds a qualifier by name without regard to case; null when absent.
const Qualifier* FindQualifier(const std::vector<Qualifier>& qualifiers, absl::string_view name);

struct Property {
  std::string name;
  CimType type = CimType::kString;
  bool is_array = false;
  uint32_t fixed_array_size = 0;  // 0: not fixed
  std::string reference_class;    // for kReference
  Value default_value;            // null when none
  std::vector<Qualifier> qualifiers;
  // Derived from the qualifiers when the class is resolved:
  std::string origin_class;    // the class that first declares it
  std::string embedded_class;  // EmbeddedInstance("X") on a string, or the class of an object
  bool is_key = false;
  bool is_read = true;
  bool is_write = false;
  bool is_volatile = false;  // qualifier Cimvisor_Volatile: changes make no revision and no event
};

struct Parameter {
  std::string name;
  CimType type = CimType::kString;
  bool is_array = false;
  std::string reference_class;
  std::string embedded_class;
  bool is_in = false;
  bool is_out = false;
  std::vector<Qualifier> qualifiers;
};

struct Method {
  std::string name;
  CimType return_type = CimType::kUint32;
  std::vector<Parameter> parameters;
  std::vector<Qualifier> qualifiers;
  std::string origin_class;
  bool is_static = false;
};

// A class as it stands in MOF: only what it declares itself.
struct ClassDeclaration {
  std::string name_space;  // "root/virtualization/v2"
  std::string name;
  std::string superclass;  // empty: none
  std::vector<Qualifier> qualifiers;
  std::vector<Property> properties;
  std::vector<Method> methods;
  std::string file;  // where it was declared, for errors
  int line = 0;
};

// A resolved class: immutable, shared, lives as long as its ClassRepository or any Instance of it.
// Properties stand by slot: inherited first, in the superclass's order, so that a slot of a superclass is the same
// slot in each subclass; an override keeps its slot. What is inherited as it is, is the superclass's own object.
class Class {
 public:
  const std::string& name() const { return name_; }
  const std::string& name_space() const { return name_space_; }
  const Class* superclass() const { return superclass_.get(); }
  const SharedList<Property>& properties() const { return properties_; }
  const SharedList<Method>& methods() const { return methods_; }
  const std::vector<Qualifier>& qualifiers() const { return qualifiers_; }
  const ClassDeclaration& declaration() const { return declaration_; }
  bool is_abstract() const { return is_abstract_; }
  bool is_association() const { return is_association_; }
  bool is_indication() const { return is_indication_; }
  // Slots of the keys, in the order in which __RELPATH lists them (alphabetical, as in WMI).
  const std::vector<int>& key_slots() const { return key_slots_; }

  // The slot of a property, without regard to case; -1 when there is none.
  int FindProperty(absl::string_view name) const;
  const Method* FindMethod(absl::string_view name) const;
  // True for the class itself and for each of its subclasses.
  bool IsA(absl::string_view class_name) const;
  // Superclass first: __DERIVATION.
  std::vector<std::string> Derivation() const;

 private:
  friend class ClassRepository;
  std::string name_;
  std::string name_space_;
  std::shared_ptr<const Class> superclass_;
  ClassDeclaration declaration_;
  std::vector<Qualifier> qualifiers_;
  SharedList<Property> properties_;
  SharedList<Method> methods_;
  std::vector<int> key_slots_;
  std::vector<uint16_t> properties_by_name_;  // slots, in the order of their names without regard to case
  std::vector<uint16_t> methods_by_name_;     // indexes, likewise
  bool is_abstract_ = false;
  bool is_association_ = false;
  bool is_indication_ = false;
};

}  // namespace cimvisor::cim

#endif  // CIMVISOR_SERVICE_CIM_CLASS_H_
