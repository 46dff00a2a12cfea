// The productions of MOF that classes, qualifiers and instances share: names, literals, initializers, qualifier lists.
// Used by the parser only.
#ifndef CIMVISOR_SERVICE_TEXT_MOF_READER_H_
#define CIMVISOR_SERVICE_TEXT_MOF_READER_H_

#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "service/text/mof_document.h"
#include "service/text/mof_lexer.h"
#include "service/text/mof_parser.h"

namespace cimvisor::text {

// By lower-case name.
using QualifierTable = absl::flat_hash_map<std::string, QualifierDeclaration>;

// A token stream with one token of look-ahead over one file. Every function reads one production and leaves the
// token after it as the current one.
class MofReader {
 public:
  // All three must outlive the reader.
  MofReader(const MofSource& source, const MofLimits& limits, const QualifierTable& qualifiers);

  // Reads the first token; call once, before anything else.
  absl::Status Start() { return Advance(); }

  const MofToken& current() const { return current_; }
  absl::string_view file() const { return lexer_.file(); }
  bool IsPunctuation(char c) const;
  // True when the current token is the keyword, in any case.
  bool IsKeyword(absl::string_view keyword) const;

  absl::Status Advance();
  // Takes the punctuation or keyword when it is the current token.
  absl::StatusOr<bool> Take(char c);
  absl::StatusOr<bool> TakeKeyword(absl::string_view keyword);
  absl::Status Expect(char c);
  // "file:line:column: expected WHAT, found TOKEN".
  absl::Status Expected(absl::string_view what) const;
  absl::Status ErrorAt(MofPosition position, absl::string_view what) const;

  absl::StatusOr<std::string> ReadName(absl::string_view what);
  // One or more string literals, joined.
  absl::StatusOr<std::string> ReadString(absl::string_view what);
  // `as $alias`, or "" when there is none.
  absl::StatusOr<std::string> ReadOptionalAlias();
  // `= value`, `{a, b}`, `$alias` or `instance of …` after the '='.
  absl::StatusOr<MofInitializer> ReadInitializer(int instance_depth);
  // An initializer of literals only, as `type`.
  absl::StatusOr<cim::Value> ReadTypedValue(cim::CimType type, bool is_array, absl::string_view what);
  // `[a, b(1): Flavor]`, or nothing.
  absl::StatusOr<std::vector<cim::Qualifier>> ReadQualifierList();
  // Takes flavor names while there are any; errors on an unknown one.
  template <typename Flavored>
  absl::Status ReadFlavor(Flavored* flavored);
  // `instance of …`, the current token being `instance`; up to and without the ';'.
  absl::StatusOr<MofInstance> ReadInstance(int depth);

 private:
  absl::StatusOr<cim::Value> ReadScalar();
  absl::StatusOr<MofInitializer> ReadArray(int instance_depth);
  absl::StatusOr<cim::Qualifier> ReadQualifier();
  absl::Status ReadQualifierValue(const QualifierDeclaration* declared, cim::Qualifier* qualifier);

  MofLexer lexer_;
  const MofLimits& limits_;
  const QualifierTable& qualifiers_;
  MofToken current_;
};

template <typename Flavored>
absl::Status MofReader::ReadFlavor(Flavored* flavored) {
  if (IsKeyword("EnableOverride")) {
    flavored->overridable = true;
  } else if (IsKeyword("DisableOverride")) {
    flavored->overridable = false;
  } else if (IsKeyword("ToSubclass")) {
    flavored->to_subclass = true;
  } else if (IsKeyword("Restricted")) {
    flavored->to_subclass = false;
  } else if (IsKeyword("Translatable") || IsKeyword("Amended")) {
    flavored->translatable = true;
  } else if (!IsKeyword("ToInstance")) {
    return Expected("a flavor (EnableOverride, DisableOverride, ToSubclass, Restricted, Translatable)");
  }
  return Advance();
}

}  // namespace cimvisor::text

#endif  // CIMVISOR_SERVICE_TEXT_MOF_READER_H_
