// A parsed query (MS-WMI §2.2.1 WQL). Names keep the spelling of the text; nothing is resolved yet.
#ifndef CIMVISOR_SERVICE_WQL_AST_H_
#define CIMVISOR_SERVICE_WQL_AST_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "absl/strings/string_view.h"
#include "service/cim/value.h"

namespace cimvisor::wql {

// A property, with dots where it is one of an embedded object: Name, TargetInstance.Name, __PATH.
struct PropertyName {
  std::vector<std::string> parts;
  size_t offset = 0;  // in the query's text, for errors

  std::string Text() const;
};

// A literal: string, sint64, uint64 (only above the largest sint64), real64, boolean or null.
struct Literal {
  cim::Value value;
  size_t offset = 0;
};

using Operand = std::variant<PropertyName, Literal>;

enum class Comparison : uint8_t { kEqual, kNotEqual, kLess, kGreater, kLessOrEqual, kGreaterOrEqual, kLike, kIsA };

// "=", "LIKE", …
absl::string_view ComparisonText(Comparison comparison);

// A condition. AND and OR have two or more children, NOT has one; a chain of ANDs is one node.
struct Expression {
  enum class Kind : uint8_t { kAnd, kOr, kNot, kCompare, kIsNull };
  Kind kind = Kind::kCompare;
  std::vector<Expression> children;
  // kCompare: `left comparison right`; at least one is a property. kIsNull: `left` is a property; `negated` for
  // IS NOT NULL.
  Comparison comparison = Comparison::kEqual;
  Operand left;
  Operand right;
  bool negated = false;
  size_t offset = 0;

  // The condition in words, for explanations: (EnabledState = 2 AND Name LIKE 'a%').
  std::string Text() const;
};

// GROUP WITHIN seconds [BY properties] [HAVING condition] of an event query (Windows SDK, "GROUP Clause"). The
// condition is over the properties of __AggregateEvent.
struct GroupClause {
  double within_seconds = 0;
  std::vector<PropertyName> by;
  std::optional<Expression> having;
  size_t offset = 0;
};

struct SelectQuery {
  std::vector<PropertyName> columns;  // empty: *
  std::string class_name;
  size_t class_offset = 0;
  std::optional<double> within_seconds;  // event queries only
  std::optional<Expression> where;
  std::optional<GroupClause> group;  // event queries only

  // True for a query that only a subscription can answer: with WITHIN or GROUP, or of the events of WMI's system
  // classes (__InstanceCreationEvent, …). A query of other classes of events (Msvm_…) does not show that it is one.
  bool IsEventQuery() const;
  // True for a query whose rows are classes: FROM meta_class.
  bool IsSchemaQuery() const;
};

struct AssociationQuery {
  enum class Kind : uint8_t { kAssociators, kReferences };
  Kind kind = Kind::kAssociators;
  std::string path;  // as it stands between the braces
  std::string assoc_class;
  std::string result_class;
  std::string role;
  std::string result_role;
  std::string required_qualifier;        // of the result's class, or of the association of REFERENCES OF
  std::string required_assoc_qualifier;  // of the association's class
  bool class_defs_only = false;          // the classes of the results in place of the results
  bool keys_only = false;                // of the results, only the keys
  bool schema_only = false;              // the path is a class, and so are the results
};

struct Query {
  std::string text;  // for errors that are found later
  std::variant<SelectQuery, AssociationQuery> statement;
};

}  // namespace cimvisor::wql

#endif  // CIMVISOR_SERVICE_WQL_AST_H_
