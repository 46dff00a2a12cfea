#include "service/text/mof_parser.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "service/cim/class_repository.h"
#include "service/cim/status_macros.h"
#include "service/text/mof_class_reader.h"
#include "service/text/mof_reader.h"

namespace cimvisor::text {
namespace {

class MofParser {
 public:
  MofParser(IncludeResolver* resolver, const MofLimits& limits) : resolver_(resolver), limits_(limits) {}

  absl::Status ParseFile(const MofSource& source, std::string name_space, int depth) {
    bytes_ += source.text.size();
    if (bytes_ > limits_.bytes) {
      return MofError(source.file, MofPosition(),
                      absl::StrCat("the MOF text is longer than ", limits_.bytes, " bytes"));
    }
    MofReader reader(source, limits_, qualifiers_);
    RETURN_IF_ERROR(reader.Start());
    UseNamespace(name_space);
    while (reader.current().kind != MofToken::Kind::kEnd) {
      if (reader.current().kind == MofToken::Kind::kPragma) {
        RETURN_IF_ERROR(ParsePragma(&reader, &name_space, depth));
      } else {
        RETURN_IF_ERROR(ParseDeclaration(&reader, name_space));
      }
    }
    return absl::OkStatus();
  }

  MofDocument TakeDocument() && { return std::move(document_); }

 private:
  void UseNamespace(const std::string& name_space) {
    std::vector<std::string>& used = document_.namespaces;
    if (std::find(used.begin(), used.end(), name_space) == used.end()) used.push_back(name_space);
  }

  absl::Status ParsePragma(MofReader* reader, std::string* name_space, int depth) {
    RETURN_IF_ERROR(reader->Advance());
    MofToken directive = reader->current();
    ASSIGN_OR_RETURN(std::string name, reader->ReadName("the name of a compiler directive"));
    RETURN_IF_ERROR(reader->Expect('('));
    ASSIGN_OR_RETURN(std::string argument, reader->ReadString("a string"));
    RETURN_IF_ERROR(reader->Expect(')'));
    if (absl::EqualsIgnoreCase(name, "include"))
      return Include(*reader, directive.position, argument, *name_space, depth);
    if (absl::EqualsIgnoreCase(name, "namespace")) {
      *name_space = cim::NormalizeNamespace(argument);
      if (name_space->empty()) return reader->ErrorAt(directive.position, "expected the name of a namespace");
      UseNamespace(*name_space);
      return absl::OkStatus();
    }
    // Texts are kept as they are, in whatever language.
    if (absl::EqualsIgnoreCase(name, "locale") || absl::EqualsIgnoreCase(name, "instancelocale")) {
      return absl::OkStatus();
    }
    return reader->ErrorAt(directive.position,
                           absl::StrCat("expected the compiler directive include, namespace, locale or "
                                        "instancelocale, found ",
                                        DescribeToken(directive)));
  }

  absl::Status Include(const MofReader& reader, MofPosition position, const std::string& path,
                       const std::string& name_space, int depth) {
    if (resolver_ == nullptr) return reader.ErrorAt(position, "this text may not include others");
    if (depth == limits_.include_depth) {
      return reader.ErrorAt(position, absl::StrCat("files include one another more than ", depth, " deep"));
    }
    absl::StatusOr<MofSource> source = resolver_->Resolve(reader.file(), path);
    if (!source.ok()) {
      return reader.ErrorAt(position, absl::StrCat("cannot include '", path, "': ", source.status().message()));
    }
    return ParseFile(*source, name_space, depth + 1);
  }

  absl::Status ParseDeclaration(MofReader* reader, const std::string& name_space) {
    if (reader->IsKeyword("qualifier")) {
      ASSIGN_OR_RETURN(QualifierDeclaration declaration, ReadQualifierDeclaration(reader));
      qualifiers_[absl::AsciiStrToLower(declaration.name)] = declaration;
      document_.qualifiers.push_back(std::move(declaration));
      return absl::OkStatus();
    }
    ASSIGN_OR_RETURN(std::vector<cim::Qualifier> qualifiers, reader->ReadQualifierList());
    if (reader->IsKeyword("class")) {
      ASSIGN_OR_RETURN(cim::ClassDeclaration declaration, ReadClass(reader, std::move(qualifiers)));
      declaration.name_space = name_space;
      document_.classes.push_back(std::move(declaration));
      return absl::OkStatus();
    }
    if (reader->IsKeyword("instance")) {
      ASSIGN_OR_RETURN(MofInstance instance, reader->ReadInstance(0));
      RETURN_IF_ERROR(reader->Expect(';'));
      instance.name_space = name_space;
      instance.qualifiers = std::move(qualifiers);
      document_.instances.push_back(std::move(instance));
      return absl::OkStatus();
    }
    return reader->Expected("'class', 'instance', 'qualifier' or '#pragma'");
  }

  IncludeResolver* resolver_;
  const MofLimits& limits_;
  QualifierTable qualifiers_;
  MofDocument document_;
  size_t bytes_ = 0;
};

}  // namespace

absl::StatusOr<MofDocument> ParseMof(const MofSource& source, absl::string_view default_namespace,
                                     IncludeResolver* resolver, const MofLimits& limits) {
  MofParser parser(resolver, limits);
  RETURN_IF_ERROR(parser.ParseFile(source, cim::NormalizeNamespace(default_namespace), 0));
  return std::move(parser).TakeDocument();
}

}  // namespace cimvisor::text
