#include "service/wql/compiler.h"

#include <memory>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "service/cim/status_macros.h"
#include "service/wql/compare.h"
#include "service/wql/literal.h"
#include "service/wql/query_error.h"

namespace cimvisor::wql {
namespace {

// An operand that was looked up: where it is, and what it may be compared with.
struct Resolved {
  OperandSource source;
  cim::CimType type = cim::CimType::kString;
  bool is_array = false;
  bool is_object = false;     // TargetInstance or __this: an object, not a value
  bool is_absent = false;     // NULL here, for another class that the query selects has it
  bool is_namespace = false;  // __NAMESPACE: either slash will do
};

class Compiler {
 public:
  Compiler(absl::string_view text, const Scope& scope, const CompileContext& context)
      : text_(text), scope_(scope), context_(context) {}

  absl::StatusOr<Filter> Run(const Expression& where) {
    RETURN_IF_ERROR(Emit(where));
    return Filter(std::move(program_), std::move(terms_), context_.server_name);
  }

 private:
  absl::Status Emit(const Expression& expression) {
    switch (expression.kind) {
      case Expression::Kind::kNot:
        RETURN_IF_ERROR(Emit(expression.children.front()));
        program_.push_back({Instruction::Code::kNot, 0});
        return absl::OkStatus();
      case Expression::Kind::kAnd:
      case Expression::Kind::kOr: {
        const bool is_and = expression.kind == Expression::Kind::kAnd;
        std::vector<size_t> skips;
        RETURN_IF_ERROR(Emit(expression.children.front()));
        for (size_t i = 1; i < expression.children.size(); ++i) {
          skips.push_back(program_.size());
          program_.push_back({is_and ? Instruction::Code::kSkipIfFalse : Instruction::Code::kSkipIfTrue, 0});
          RETURN_IF_ERROR(Emit(expression.children[i]));
          program_.push_back({is_and ? Instruction::Code::kAnd : Instruction::Code::kOr, 0});
        }
        for (const size_t skip : skips) program_[skip].operand = static_cast<uint32_t>(program_.size() - skip - 1);
        return absl::OkStatus();
      }
      case Expression::Kind::kCompare:
      case Expression::Kind::kIsNull:
        break;
    }
    ASSIGN_OR_RETURN(Term term, MakeTerm(expression));
    program_.push_back({Instruction::Code::kTerm, static_cast<uint32_t>(terms_.size())});
    terms_.push_back(std::move(term));
    return absl::OkStatus();
  }

  absl::StatusOr<Term> MakeTerm(const Expression& condition) {
    if (condition.kind == Expression::Kind::kIsNull) {
      Term term;
      term.kind = Term::Kind::kIsNull;
      term.negated = condition.negated;
      ASSIGN_OR_RETURN(const Resolved operand, Resolve(std::get<PropertyName>(condition.left)));
      term.left = operand.source;
      return term;
    }
    if (condition.comparison == Comparison::kLike) return MakeLike(condition);
    if (condition.comparison == Comparison::kIsA) return MakeIsA(condition);
    return MakeComparison(condition);
  }

  absl::StatusOr<Term> MakeLike(const Expression& condition) {
    const PropertyName& name = std::get<PropertyName>(condition.left);
    const Literal& pattern = std::get<Literal>(condition.right);
    ASSIGN_OR_RETURN(const Resolved operand, Resolve(name));
    if (operand.is_absent) return UnknownTerm();
    RETURN_IF_ERROR(RequireScalar(name, operand));
    if (operand.type != cim::CimType::kString || operand.is_array)
      return Error(name.offset, absl::StrCat("LIKE is for strings, and ", name.Text(), " is ", TypeText(operand)));
    Term term;
    term.kind = Term::Kind::kLike;
    term.left = operand.source;
    absl::StatusOr<LikePattern> compiled = LikePattern::Compile(pattern.value.string());
    if (!compiled.ok())
      return Error(pattern.offset, absl::StrCat("the pattern is not valid: ", compiled.status().message()));
    term.pattern = *std::move(compiled);
    return term;
  }

  absl::StatusOr<Term> MakeIsA(const Expression& condition) {
    const PropertyName& name = std::get<PropertyName>(condition.left);
    const Literal& class_name = std::get<Literal>(condition.right);
    ASSIGN_OR_RETURN(const Resolved operand, Resolve(name));
    if (operand.is_absent) return UnknownTerm();
    if (operand.is_array ||
        (!operand.is_object && operand.type != cim::CimType::kReference && operand.type != cim::CimType::kObject))
      return Error(name.offset,
                   absl::StrCat("ISA is for objects and references, and ", name.Text(), " is ", TypeText(operand)));
    const auto found = context_.classes->Find(scope_.name_space(), class_name.value.string());
    if (!found.ok())
      return Error(class_name.offset,
                   absl::StrCat("there is no class '", class_name.value.string(), "' in ", scope_.name_space()));
    Term term;
    term.kind = Term::Kind::kIsA;
    term.left = operand.source;
    term.class_name = (*found)->name();
    if (!operand.is_object && operand.type == cim::CimType::kReference) {
      for (const auto& cls : context_.classes->WithSubclasses(**found))
        term.class_names.insert(absl::AsciiStrToLower(cls->name()));
    }
    return term;
  }

  absl::StatusOr<Term> MakeComparison(const Expression& condition) {
    Operand left = condition.left;
    Operand right = condition.right;
    Comparison comparison = condition.comparison;
    if (std::holds_alternative<Literal>(left)) {
      std::swap(left, right);
      comparison = Mirrored(comparison);
    }
    PropertyName name = std::get<PropertyName>(left);
    ASSIGN_OR_RETURN(Resolved operand, Resolve(name));
    Resolved other;
    if (const PropertyName* other_name = std::get_if<PropertyName>(&right)) {
      ASSIGN_OR_RETURN(other, Resolve(*other_name));
      if (!other.is_absent) RETURN_IF_ERROR(RequireScalar(*other_name, other));
      // A constant (__SERVER) is taken for the literal that it is.
      if (operand.source.from == OperandSource::From::kLiteral) {
        std::swap(operand, other);
        comparison = Mirrored(comparison);
        right = left;
        name = *other_name;
      }
    } else {
      other.source.literal = std::get<Literal>(right).value;
      other.type = other.source.literal.type();
    }
    if (operand.is_absent || other.is_absent) return UnknownTerm();
    if (operand.is_array && std::holds_alternative<PropertyName>(right))
      return Error(name.offset, absl::StrCat(name.Text(), " is an array; compare it with a text"));
    RETURN_IF_ERROR(RequireScalar(name, operand));
    RETURN_IF_ERROR(RequireOrder(name, operand, comparison));
    if (operand.is_namespace && other.source.literal.type() == cim::CimType::kString)
      other.source.literal = cim::Value::String(cim::NormalizeNamespace(other.source.literal.string()));

    Term term;
    term.comparison = comparison;
    term.left = std::move(operand.source);
    if (other.source.from == OperandSource::From::kLiteral && !other.source.literal.is_null()) {
      absl::StatusOr<cim::Value> literal = LiteralFor(other.source.literal, operand.type, term.left.system);
      if (!literal.ok())
        return Error(OffsetOf(right),
                     absl::StrCat(name.Text(), " is ", TypeText(operand), ": ", literal.status().message()));
      other.source.literal = *std::move(literal);
    } else if (FamilyOf(operand.type) != FamilyOf(other.type)) {
      return Error(OffsetOf(right),
                   absl::StrCat(name.Text(), " is ", TypeText(operand), " and ", std::get<PropertyName>(right).Text(),
                                " is ", TypeText(other), "; they cannot be compared"));
    }
    term.right = std::move(other.source);
    return term;
  }

  // A comparison with NULL.
  static Term UnknownTerm() {
    Term term;
    term.left.literal = cim::Value::Null(cim::CimType::kString);
    return term;
  }

  static Comparison Mirrored(Comparison comparison) {
    switch (comparison) {
      case Comparison::kLess:
        return Comparison::kGreater;
      case Comparison::kGreater:
        return Comparison::kLess;
      case Comparison::kLessOrEqual:
        return Comparison::kGreaterOrEqual;
      case Comparison::kGreaterOrEqual:
        return Comparison::kLessOrEqual;
      default:
        return comparison;
    }
  }

  static size_t OffsetOf(const Operand& operand) {
    return std::visit([](const auto& part) { return part.offset; }, operand);
  }

  static std::string TypeText(const Resolved& operand) {
    if (operand.is_object) return "an object";
    return absl::StrCat("of type ", cim::CimTypeName(operand.type), operand.is_array ? "[]" : "");
  }

  absl::Status Error(size_t offset, absl::string_view message) const { return QueryError(text_, offset, message); }

  absl::Status RequireScalar(const PropertyName& name, const Resolved& operand) const {
    if (operand.source.system == SystemProperty::kDerivation) return absl::OkStatus();
    if (operand.is_array)
      return Error(name.offset, absl::StrCat(name.Text(), " is an array; a WHERE can only ask whether it IS NULL"));
    if (operand.is_object || operand.type == cim::CimType::kObject)
      return Error(name.offset, absl::StrCat(name.Text(), " is an object; a WHERE can only ask ISA and IS NULL"));
    return absl::OkStatus();
  }

  absl::Status RequireOrder(const PropertyName& name, const Resolved& operand, Comparison comparison) const {
    if (comparison == Comparison::kEqual || comparison == Comparison::kNotEqual) return absl::OkStatus();
    if (operand.source.system == SystemProperty::kDerivation)
      return Error(name.offset, "__DERIVATION is a list of classes: compare it with = or <>");
    const Family family = FamilyOf(operand.type);
    const bool is_path =
        operand.source.system == SystemProperty::kPath || operand.source.system == SystemProperty::kRelativePath;
    if (family != Family::kBoolean && family != Family::kReference && !is_path) return absl::OkStatus();
    return Error(name.offset, absl::StrCat(name.Text(), " is ", is_path ? "a path" : TypeText(operand),
                                           ", which has no order; compare it with = or <>"));
  }

  absl::StatusOr<Resolved> Resolve(const PropertyName& name) const {
    absl::string_view last = name.parts.front();
    if (scope_.target != nullptr) {
      const bool target = absl::EqualsIgnoreCase(last, "TargetInstance");
      if (target || absl::EqualsIgnoreCase(last, "PreviousInstance")) {
        if (scope_.row->FindProperty(last) < 0 && (target || !scope_.has_previous))
          return Error(name.offset, absl::StrCat(scope_.row->name(), " has no property '", last, "'"));
        const auto from = target ? OperandSource::From::kTarget : OperandSource::From::kPrevious;
        if (name.parts.size() == 1) return Object(from);
        if (name.parts.size() == 2) return In(name, name.parts[1], from, scope_.target);
      }
    }
    if (name.parts.size() > 1)
      return Error(name.offset, absl::StrCat("'", name.Text(),
                                             "' looks into an embedded object, which is offered for "
                                             "TargetInstance and PreviousInstance of events only"));
    if (absl::EqualsIgnoreCase(last, "__this")) return Object(OperandSource::From::kRow);
    return In(name, last, OperandSource::From::kRow, scope_.row);
  }

  static Resolved Object(OperandSource::From from) {
    Resolved object;
    object.source.from = from;
    object.is_object = true;
    object.type = cim::CimType::kObject;
    return object;
  }

  absl::StatusOr<Resolved> In(const PropertyName& name, absl::string_view property, OperandSource::From from,
                              const cim::Class* cls) const {
    Resolved resolved;
    resolved.source.from = from;
    resolved.source.slot = cls == nullptr ? -1 : cls->FindProperty(property);
    if (resolved.source.slot >= 0) {
      const cim::Property& found = cls->properties()[static_cast<size_t>(resolved.source.slot)];
      resolved.type = found.type;
      resolved.is_array = found.is_array;
      return resolved;
    }
    const cim::SystemPropertyRow* const system = cim::FindSystemProperty(property);
    const SystemProperty which = system == nullptr ? SystemProperty::kNone : system->property;
    const bool is_constant =
        which == SystemProperty::kServer || which == SystemProperty::kNamespace || which == SystemProperty::kGenus;
    if (system != nullptr && !is_constant) {
      resolved.source.system = which;
      resolved.type = system->type;
      resolved.is_array = system->is_array;
      return resolved;
    }
    resolved.source.from = OperandSource::From::kLiteral;
    if (which == SystemProperty::kServer) {
      resolved.source.literal = cim::Value::String(context_.server_name);
    } else if (which == SystemProperty::kNamespace) {
      resolved.source.literal = cim::Value::String(scope_.name_space());
      resolved.is_namespace = true;
    } else if (which == SystemProperty::kGenus) {
      resolved.source.literal = cim::Value::Signed(cim::CimType::kSint32, scope_.row == nullptr ? 1 : 2);
    } else if (cls == nullptr) {
      return Error(name.offset, absl::StrCat("a query over meta_class knows the system properties (__CLASS, "
                                             "__SUPERCLASS, ...) and __this, not '",
                                             property, "'"));
    } else if (from != OperandSource::From::kRow && scope_.unknown_is_null) {
      resolved.source.literal = cim::Value::Null(cim::CimType::kString);
      resolved.is_absent = true;
    } else {
      return Error(name.offset, absl::StrCat(cls->name(), " has no property '", property, "'"));
    }
    resolved.type = resolved.source.literal.type();
    return resolved;
  }

  absl::string_view text_;
  const Scope& scope_;
  const CompileContext& context_;
  std::vector<Instruction> program_;
  std::vector<Term> terms_;
};

}  // namespace

absl::StatusOr<Filter> CompileFilter(const Expression& where, absl::string_view query_text, const Scope& scope,
                                     const CompileContext& context) {
  return Compiler(query_text, scope, context).Run(where);
}

}  // namespace cimvisor::wql
