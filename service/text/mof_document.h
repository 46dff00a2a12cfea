// What stands in MOF text, before it is checked against any class.
#ifndef CIMVISOR_SERVICE_TEXT_MOF_DOCUMENT_H_
#define CIMVISOR_SERVICE_TEXT_MOF_DOCUMENT_H_

#include <memory>
#include <string>
#include <vector>

#include "service/cim/class.h"
#include "service/text/mof_lexer.h"

namespace cimvisor::text {

// A qualifier declaration (DSP0004 §7.4): its type, default value and default flavors.
struct QualifierDeclaration {
  std::string name;
  cim::CimType type = cim::CimType::kBoolean;
  bool is_array = false;
  cim::Value default_value;  // null when none
  std::vector<std::string> scopes;
  bool overridable = true;
  bool to_subclass = true;
  bool translatable = false;
};

struct MofInstance;

// The value written for a property of an instance.
struct MofInitializer {
  MofPosition position;
  cim::Value value;                       // a literal or an array of literals, as written (integers 64 bits wide)
  std::string alias;                      // "$name"; then there is no value
  std::shared_ptr<MofInstance> instance;  // an embedded instance; then there is no value
  std::vector<MofInitializer> elements;   // an array with an alias or an instance in it; then there is no value
};

struct MofPropertyValue {
  std::string name;
  MofPosition position;
  MofInitializer initializer;
};

// `instance of Class as $alias { … };`
struct MofInstance {
  std::string name_space;
  std::string class_name;
  std::string alias;  // "$name", empty when none
  std::vector<cim::Qualifier> qualifiers;
  std::vector<MofPropertyValue> properties;
  std::string file;
  MofPosition position;
};

struct MofDocument {
  std::vector<QualifierDeclaration> qualifiers;
  std::vector<cim::ClassDeclaration> classes;
  std::vector<MofInstance> instances;
  std::vector<std::string> namespaces;  // every one that was selected, normalised, in the order of first use
};

}  // namespace cimvisor::text

#endif  // CIMVISOR_SERVICE_TEXT_MOF_DOCUMENT_H_
