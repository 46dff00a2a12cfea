#include "service/rpc/class_conversion.h"

#include <string>
#include <vector>

#include "google/protobuf/repeated_ptr_field.h"

namespace cimvisor::rpc {
namespace {

void WriteQualifiers(const ProtoWriter& writer, const std::vector<cim::Qualifier>& qualifiers,
                     absl::string_view name_space, google::protobuf::RepeatedPtrField<v1::Qualifier>& out) {
  for (const cim::Qualifier& qualifier : qualifiers) {
    v1::Qualifier& written = *out.Add();
    written.set_name(qualifier.name);
    writer.Write(qualifier.value, name_space, *written.mutable_value());
    written.set_overridable(qualifier.overridable);
    written.set_to_subclass(qualifier.to_subclass);
    written.set_translatable(qualifier.translatable);
  }
}

void WriteProperty(const ProtoWriter& writer, const cim::Property& property, absl::string_view name_space,
                   v1::PropertyDeclaration& out) {
  out.set_name(property.name);
  out.set_type(ToProto(property.type));
  out.set_is_array(property.is_array);
  out.set_reference_class(property.reference_class);
  out.set_embedded_class(property.embedded_class);
  if (!property.default_value.is_null()) {
    writer.Write(property.default_value, name_space, *out.mutable_default_value());
  }
  WriteQualifiers(writer, property.qualifiers, name_space, *out.mutable_qualifiers());
  out.set_origin_class(property.origin_class);
  out.set_is_key(property.is_key);
  out.set_is_write(property.is_write);
  out.set_is_volatile(property.is_volatile);
}

// The CIM schema marks what a model leaves out with Implemented(false) (MS-WMI's classes use the same qualifier);
// without it a method is there.
bool IsImplemented(const cim::Method& method) {
  const cim::Qualifier* qualifier = cim::FindQualifier(method.qualifiers, "Implemented");
  if (qualifier == nullptr || qualifier->value.is_null() || qualifier->value.is_array()) return true;
  return qualifier->value.type() != cim::CimType::kBoolean || qualifier->value.boolean();
}

void WriteMethod(const ProtoWriter& writer, const cim::Method& method, absl::string_view name_space,
                 v1::MethodDeclaration& out) {
  out.set_name(method.name);
  out.set_return_type(ToProto(method.return_type));
  for (const cim::Parameter& parameter : method.parameters) {
    v1::ParameterDeclaration& written = *out.add_parameters();
    written.set_name(parameter.name);
    written.set_type(ToProto(parameter.type));
    written.set_is_array(parameter.is_array);
    written.set_reference_class(parameter.reference_class);
    written.set_embedded_class(parameter.embedded_class);
    written.set_is_in(parameter.is_in);
    written.set_is_out(parameter.is_out);
    WriteQualifiers(writer, parameter.qualifiers, name_space, *written.mutable_qualifiers());
  }
  WriteQualifiers(writer, method.qualifiers, name_space, *out.mutable_qualifiers());
  out.set_origin_class(method.origin_class);
  out.set_is_static(method.is_static);
  out.set_is_implemented(IsImplemented(method));
}

}  // namespace

void WriteClass(const ProtoWriter& writer, const cim::Class& cls, v1::ClassDeclaration& out) {
  out.set_name(cls.name());
  if (cls.superclass() != nullptr) out.set_superclass(cls.superclass()->name());
  out.set_name_space(cls.name_space());
  for (const std::string& ancestor : cls.Derivation()) out.add_derivation(ancestor);
  WriteQualifiers(writer, cls.qualifiers(), cls.name_space(), *out.mutable_qualifiers());
  for (const cim::Property& property : cls.properties()) {
    WriteProperty(writer, property, cls.name_space(), *out.add_properties());
  }
  for (const cim::Method& method : cls.methods()) {
    WriteMethod(writer, method, cls.name_space(), *out.add_methods());
  }
  out.set_is_abstract(cls.is_abstract());
  out.set_is_association(cls.is_association());
  out.set_is_indication(cls.is_indication());
}

}  // namespace cimvisor::rpc
