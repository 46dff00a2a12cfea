// MOF text to declarations (DSP0004 Annex A): compiler directives include, namespace, locale and instancelocale;
// qualifier declarations; classes with qualifiers and flavors, properties, references and methods; instances; aliases.
//
//   ASSIGN_OR_RETURN(MofDocument document, ParseMof({"index.mof", text}, "root/virtualization/v2", &files));
//   RETURN_IF_ERROR(repository.Add(std::move(document.classes)));
#ifndef CIMVISOR_SERVICE_TEXT_MOF_PARSER_H_
#define CIMVISOR_SERVICE_TEXT_MOF_PARSER_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "service/text/mof_document.h"

namespace cimvisor::text {

struct MofSource {
  std::string file;  // a name for errors, and for the resolver
  std::string text;
};

// Finds what `#pragma include ("path")` names. The parser itself opens no file.
class IncludeResolver {
 public:
  virtual ~IncludeResolver() = default;
  virtual absl::StatusOr<MofSource> Resolve(absl::string_view including_file, absl::string_view path) = 0;
};

// Bounds for text from outside.
struct MofLimits {
  size_t bytes = 32 << 20;        // of all files together
  int include_depth = 16;         // files within files
  int instance_depth = 16;        // embedded instances within embedded instances
  size_t array_elements = 65536;  // of one initializer
};

// Parses `source` and everything that it includes, in order. `default_namespace` holds until a `#pragma namespace`; an
// included file's pragma ends with the file. Without a resolver, an include is an error. Qualifiers that are declared
// before their use take their type and flavors from the declaration; others keep what is written, with
// EnableOverride and ToSubclass. Errors (CIM_ERR_INVALID_PARAMETER): "file:line:column: expected …, found …".
absl::StatusOr<MofDocument> ParseMof(const MofSource& source, absl::string_view default_namespace,
                                     IncludeResolver* resolver, const MofLimits& limits = MofLimits());

}  // namespace cimvisor::text

#endif  // CIMVISOR_SERVICE_TEXT_MOF_PARSER_H_
