// The text of a query to its syntax tree.
//
//   query       = select | associators | references
//   select      = SELECT ( "*" | name { "," name } ) FROM class [ WITHIN number ] [ WHERE or ]
//   associators = ASSOCIATORS OF "{" path "}" [ WHERE { flag | (AssocClass|ResultClass|Role|ResultRole|
//                 RequiredQualifier|RequiredAssocQualifier) "=" word } ]
//   references  = REFERENCES OF "{" path "}" [ WHERE { flag | (ResultClass|Role|RequiredQualifier) "=" word } ]
//   flag        = ClassDefsOnly | KeysOnly | SchemaOnly      at most one of them
//   or          = and { OR and }
//   and         = not { AND not }
//   not         = NOT not | "(" or ")" | condition
//   condition   = operand ( "=" | "<>" | "!=" | "<" | ">" | "<=" | ">=" ) operand
//               | name LIKE string | name ISA string | name IS [ NOT ] NULL
//   operand     = name | string | number | TRUE | FALSE | NULL
//
// Keywords are matched without regard to case. "= NULL" and "<> NULL" mean IS NULL and IS NOT NULL, as in WMI.
#ifndef CIMVISOR_SERVICE_WQL_PARSER_H_
#define CIMVISOR_SERVICE_WQL_PARSER_H_

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "service/wql/ast.h"

namespace cimvisor::wql {

// CIM_ERR_INVALID_QUERY with what was expected, the text and a caret at the place; CIM_ERR_NOT_SUPPORTED for what WMI
// has and this service has not (GROUP, HAVING, …), by name; CIM_ERR_SERVER_LIMITS_EXCEEDED for the
// limits of limits.h.
absl::StatusOr<Query> ParseQuery(absl::string_view text);

}  // namespace cimvisor::wql

#endif  // CIMVISOR_SERVICE_WQL_PARSER_H_
