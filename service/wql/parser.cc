#include "service/wql/parser.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "service/cim/errors.h"
#include "service/cim/status_macros.h"
#include "service/wql/lexer.h"
#include "service/wql/limits.h"
#include "service/wql/query_error.h"

namespace cimvisor::wql {
namespace {

// Words that end a name's place: none of them can be a property or class without quotes.
constexpr absl::string_view kReserved[] = {"SELECT", "FROM", "WHERE", "AND",   "OR",     "NOT",   "LIKE",  "ISA",
                                           "IS",     "NULL", "TRUE",  "FALSE", "WITHIN", "GROUP", "HAVING"};

std::string Describe(const Token& token) {
  switch (token.kind) {
    case Token::Kind::kEnd:
      return "the end of the query";
    case Token::Kind::kString:
      return "a string";
    case Token::Kind::kPath:
      return "a path in braces";
    default:
      return absl::StrCat("'", token.text.substr(0, 60), "'");
  }
}

class Parser {
 public:
  Parser(absl::string_view text, std::vector<Token> tokens) : text_(text), tokens_(std::move(tokens)) {}

  absl::StatusOr<Query> Run() {
    Query query;
    query.text = std::string(text_);
    if (TakeKeyword("SELECT")) {
      ASSIGN_OR_RETURN(query.statement, Select());
    } else if (Current().IsKeyword("ASSOCIATORS") || Current().IsKeyword("REFERENCES")) {
      ASSIGN_OR_RETURN(query.statement, Association());
    } else {
      return Expected("SELECT, ASSOCIATORS OF or REFERENCES OF");
    }
    for (absl::string_view clause : {"GROUP", "ORDER", "BY"}) {
      if (Current().IsKeyword(clause)) return NotSupported(absl::StrCat(clause, " is not supported"));
    }
    if (Current().kind != Token::Kind::kEnd) return Expected("the end of the query");
    return query;
  }

 private:
  const Token& Current() const { return tokens_[at_]; }
  Token Take() {
    Token token = tokens_[at_];
    if (at_ + 1 < tokens_.size()) ++at_;
    return token;
  }
  bool TakeKeyword(absl::string_view keyword) {
    if (!Current().IsKeyword(keyword)) return false;
    Take();
    return true;
  }
  bool TakeSymbol(absl::string_view symbol) {
    if (!Current().IsSymbol(symbol)) return false;
    Take();
    return true;
  }

  absl::Status Expected(absl::string_view what) const {
    return QueryError(text_, Current().offset, absl::StrCat("expected ", what, ", found ", Describe(Current())));
  }
  absl::Status NotSupported(absl::string_view what) const {
    return QueryError(text_, Current().offset, what, cim::CimStatus::kNotSupported);
  }
  absl::Status Limit(absl::string_view what) const {
    return QueryError(text_, Current().offset, what, cim::CimStatus::kServerLimitsExceeded);
  }

  bool AtName() const {
    if (Current().kind != Token::Kind::kName) return false;
    for (absl::string_view word : kReserved) {
      if (Current().IsKeyword(word)) return false;
    }
    return true;
  }

  absl::StatusOr<PropertyName> Property(absl::string_view expected) {
    if (!AtName()) return Expected(expected);
    PropertyName name;
    name.offset = Current().offset;
    name.parts.push_back(Take().text);
    while (TakeSymbol(".")) {
      if (!AtName()) return Expected("a property's name after the dot");
      if (name.parts.size() == 8) return Limit("a name has at most 8 parts");
      name.parts.push_back(Take().text);
    }
    return name;
  }

  absl::StatusOr<SelectQuery> Select() {
    SelectQuery select;
    if (!TakeSymbol("*")) {
      do {
        if (Current().IsKeyword("COUNT") && tokens_[at_ + 1].IsSymbol("("))
          return NotSupported("COUNT is not supported: count the rows of SELECT __PATH");
        if (select.columns.size() == kMaxColumns)
          return Limit(absl::StrCat("the list of properties has more than ", kMaxColumns, " names"));
        ASSIGN_OR_RETURN(PropertyName column, Property("* or a property's name"));
        select.columns.push_back(std::move(column));
      } while (TakeSymbol(","));
    }
    if (!TakeKeyword("FROM")) return Expected("FROM");
    if (!AtName()) return Expected("a class's name");
    select.class_offset = Current().offset;
    select.class_name = Take().text;
    if (TakeKeyword("WITHIN")) {
      ASSIGN_OR_RETURN(select.within_seconds, WithinSeconds());
    }
    if (TakeKeyword("WHERE")) {
      ASSIGN_OR_RETURN(select.where, Or(0));
    }
    if (Current().IsKeyword("GROUP")) {
      ASSIGN_OR_RETURN(select.group, Group());
    }
    return select;
  }

  // After the keyword.
  absl::StatusOr<double> WithinSeconds() {
    const size_t offset = Current().offset;
    if (Current().kind != Token::Kind::kNumber) return Expected("a number of seconds");
    ASSIGN_OR_RETURN(const cim::Value seconds, Take().number.Coerce(cim::CimType::kReal64, false));
    if (seconds.real() < 0) return QueryError(text_, offset, "WITHIN is a number of seconds, at least 0");
    return seconds.real();
  }

  // GROUP WITHIN seconds [BY property, …] [HAVING condition]
  absl::StatusOr<GroupClause> Group() {
    GroupClause group;
    group.offset = Take().offset;
    if (!TakeKeyword("WITHIN")) return Expected("WITHIN and the seconds over which events are gathered");
    ASSIGN_OR_RETURN(group.within_seconds, WithinSeconds());
    if (TakeKeyword("BY")) {
      do {
        if (group.by.size() == kMaxColumns)
          return Limit(absl::StrCat("the list of properties has more than ", kMaxColumns, " names"));
        ASSIGN_OR_RETURN(PropertyName name, Property("a property's name"));
        group.by.push_back(std::move(name));
      } while (TakeSymbol(","));
    }
    if (TakeKeyword("HAVING")) {
      ASSIGN_OR_RETURN(group.having, Or(0));
    }
    return group;
  }

  absl::StatusOr<AssociationQuery> Association() {
    AssociationQuery query;
    query.kind =
        Take().IsKeyword("ASSOCIATORS") ? AssociationQuery::Kind::kAssociators : AssociationQuery::Kind::kReferences;
    if (!TakeKeyword("OF")) return Expected("OF");
    if (Current().kind != Token::Kind::kPath) return Expected("an object path in braces");
    query.path = Take().text;
    if (query.path.empty()) return Expected("an object path between the braces before this");
    if (!TakeKeyword("WHERE")) return query;
    do {
      RETURN_IF_ERROR(AssociationFilter(&query));
    } while (Current().kind == Token::Kind::kName);
    return query;
  }

  absl::Status AssociationFilter(AssociationQuery* query) {
    const bool associators = query->kind == AssociationQuery::Kind::kAssociators;
    const size_t offset = Current().offset;
    const std::pair<absl::string_view, bool*> kFlags[] = {{"ClassDefsOnly", &query->class_defs_only},
                                                          {"KeysOnly", &query->keys_only},
                                                          {"SchemaOnly", &query->schema_only}};
    for (const auto& [word, flag] : kFlags) {
      if (!TakeKeyword(word)) continue;
      if (*flag) return QueryError(text_, offset, "this condition stands twice");
      *flag = true;
      if (query->class_defs_only + query->keys_only + query->schema_only > 1)
        return QueryError(text_, offset, "of ClassDefsOnly, KeysOnly and SchemaOnly only one can stand in a query");
      return absl::OkStatus();
    }
    if (Current().IsKeyword("AND"))
      return QueryError(text_, Current().offset, "the conditions of this query follow one another without AND");
    std::string* target = nullptr;
    if (Current().IsKeyword("ResultClass")) target = &query->result_class;
    if (Current().IsKeyword("Role")) target = &query->role;
    if (Current().IsKeyword("RequiredQualifier")) target = &query->required_qualifier;
    if (associators && Current().IsKeyword("RequiredAssocQualifier")) target = &query->required_assoc_qualifier;
    if (associators && Current().IsKeyword("AssocClass")) target = &query->assoc_class;
    if (associators && Current().IsKeyword("ResultRole")) target = &query->result_role;
    if (target == nullptr)
      return Expected(associators ? "AssocClass, ResultClass, Role, ResultRole, RequiredQualifier, "
                                    "RequiredAssocQualifier, ClassDefsOnly, KeysOnly or SchemaOnly"
                                  : "ResultClass, Role, RequiredQualifier, ClassDefsOnly, KeysOnly or SchemaOnly");
    if (!target->empty()) return QueryError(text_, Current().offset, "this condition stands twice");
    Take();
    if (!TakeSymbol("=")) return Expected("=");
    if (Current().kind != Token::Kind::kName && Current().kind != Token::Kind::kString)
      return Expected("the name of a class, role or qualifier");
    if (Current().text.empty()) return Expected("a name that is not empty");
    *target = Take().text;
    return absl::OkStatus();
  }

  // A chain of one operator is one node, so that its length costs no depth.
  absl::StatusOr<Expression> Chain(Expression::Kind kind, int depth) {
    const bool is_or = kind == Expression::Kind::kOr;
    const size_t offset = Current().offset;
    ASSIGN_OR_RETURN(Expression first, is_or ? And(depth) : Not(depth));
    if (!Current().IsKeyword(is_or ? "OR" : "AND")) return first;
    Expression chain;
    chain.kind = kind;
    chain.offset = offset;
    chain.children.push_back(std::move(first));
    while (TakeKeyword(is_or ? "OR" : "AND")) {
      ASSIGN_OR_RETURN(Expression next, is_or ? And(depth) : Not(depth));
      chain.children.push_back(std::move(next));
    }
    return chain;
  }
  absl::StatusOr<Expression> Or(int depth) { return Chain(Expression::Kind::kOr, depth); }
  absl::StatusOr<Expression> And(int depth) { return Chain(Expression::Kind::kAnd, depth); }

  absl::StatusOr<Expression> Not(int depth) {
    if (depth > kMaxDepth) return Limit(absl::StrCat("parentheses and NOTs are nested more than ", kMaxDepth, " deep"));
    const size_t offset = Current().offset;
    if (TakeKeyword("NOT")) {
      ASSIGN_OR_RETURN(Expression child, Not(depth + 1));
      Expression negation;
      negation.kind = Expression::Kind::kNot;
      negation.offset = offset;
      negation.children.push_back(std::move(child));
      return negation;
    }
    if (TakeSymbol("(")) {
      ASSIGN_OR_RETURN(Expression inner, Or(depth + 1));
      if (!TakeSymbol(")")) return Expected("AND, OR or )");
      return inner;
    }
    return Condition();
  }

  absl::StatusOr<Operand> ParseOperand() {
    Literal literal;
    literal.offset = Current().offset;
    if (AtName()) {
      ASSIGN_OR_RETURN(PropertyName name, Property("a property's name"));
      return Operand(std::move(name));
    }
    if (Current().kind == Token::Kind::kString) {
      literal.value = cim::Value::String(Take().text);
    } else if (Current().kind == Token::Kind::kNumber) {
      literal.value = Take().number;
    } else if (TakeKeyword("TRUE")) {
      literal.value = cim::Value::Boolean(true);
    } else if (TakeKeyword("FALSE")) {
      literal.value = cim::Value::Boolean(false);
    } else if (!TakeKeyword("NULL")) {
      return Expected("a property's name, a string, a number, TRUE, FALSE or NULL");
    }
    return Operand(std::move(literal));
  }

  absl::StatusOr<Expression> Condition() {
    if (++terms_ > kMaxTerms) return Limit(absl::StrCat("the WHERE has more than ", kMaxTerms, " conditions"));
    Expression condition;
    condition.offset = Current().offset;
    ASSIGN_OR_RETURN(condition.left, ParseOperand());
    const bool left_is_name = std::holds_alternative<PropertyName>(condition.left);
    if (TakeKeyword("IS")) {
      if (!left_is_name) return QueryError(text_, condition.offset, "IS NULL asks for a property before it");
      condition.kind = Expression::Kind::kIsNull;
      condition.negated = TakeKeyword("NOT");
      if (!TakeKeyword("NULL")) return Expected(condition.negated ? "NULL" : "NULL or NOT NULL");
      return condition;
    }
    if (Current().IsKeyword("LIKE") || Current().IsKeyword("ISA")) {
      if (!left_is_name)
        return QueryError(text_, condition.offset, absl::StrCat(Current().text, " asks for a property before it"));
      condition.comparison = Take().IsKeyword("LIKE") ? Comparison::kLike : Comparison::kIsA;
      if (Current().kind != Token::Kind::kString)
        return Expected(condition.comparison == Comparison::kLike ? "a pattern in quotes" : "a class's name in quotes");
      ASSIGN_OR_RETURN(condition.right, ParseOperand());
      return condition;
    }
    constexpr std::pair<absl::string_view, Comparison> kOperators[] = {
        {"=", Comparison::kEqual},          {"<>", Comparison::kNotEqual},    {"!=", Comparison::kNotEqual},
        {"<", Comparison::kLess},           {"<=", Comparison::kLessOrEqual}, {">", Comparison::kGreater},
        {">=", Comparison::kGreaterOrEqual}};
    const size_t operator_offset = Current().offset;
    bool found = false;
    for (const auto& [symbol, comparison] : kOperators) {
      if (found || !TakeSymbol(symbol)) continue;
      condition.comparison = comparison;
      found = true;
    }
    if (!found) return Expected("a comparison (=, <>, <, >, <=, >=, LIKE, ISA or IS)");
    ASSIGN_OR_RETURN(condition.right, ParseOperand());
    return WithNullComparison(std::move(condition), operator_offset);
  }

  // "P = NULL" means P IS NULL in WMI.
  absl::StatusOr<Expression> WithNullComparison(Expression condition, size_t operator_offset) const {
    const auto is_null = [](const Operand& operand) {
      const Literal* literal = std::get_if<Literal>(&operand);
      return literal != nullptr && literal->value.is_null();
    };
    if (std::holds_alternative<Literal>(condition.left) && std::holds_alternative<Literal>(condition.right))
      return QueryError(text_, condition.offset, "a condition asks for a property on one of its sides");
    if (!is_null(condition.left) && !is_null(condition.right)) return condition;
    if (condition.comparison != Comparison::kEqual && condition.comparison != Comparison::kNotEqual)
      return QueryError(text_, operator_offset,
                        absl::StrCat("NULL cannot be compared with ", ComparisonText(condition.comparison)));
    if (is_null(condition.left)) std::swap(condition.left, condition.right);
    condition.kind = Expression::Kind::kIsNull;
    condition.negated = condition.comparison == Comparison::kNotEqual;
    return condition;
  }

  absl::string_view text_;
  std::vector<Token> tokens_;
  size_t at_ = 0;
  int terms_ = 0;
};

}  // namespace

absl::StatusOr<Query> ParseQuery(absl::string_view text) {
  if (text.size() > kMaxQueryBytes) {
    return cim::CimError(cim::CimStatus::kServerLimitsExceeded,
                         absl::StrCat("the query has ", text.size(), " bytes; the limit is ", kMaxQueryBytes));
  }
  ASSIGN_OR_RETURN(std::vector<Token> tokens, Tokenize(text));
  return Parser(text, std::move(tokens)).Run();
}

}  // namespace cimvisor::wql
