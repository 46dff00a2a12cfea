#include "service/wql/prefilter.h"

#include <array>
#include <optional>

#include "service/wql/compare.h"
#include "service/wql/limits.h"
#include "service/wql/truths.h"

namespace cimvisor::wql {
namespace {

Truths OnlyBool(bool value) { return Only(value ? Truth::kTrue : Truth::kFalse); }

// The literals of most queries are small and not negative, and most properties are unsigned.
cim::Scalar LiteralOf(const cim::Value& value) {
  const cim::Scalar scalar = cim::Scalar::Of(value);
  if (scalar.kind == cim::Scalar::Kind::kSigned && scalar.signed_value >= 0)
    return cim::Scalar::Unsigned(static_cast<uint64_t>(scalar.signed_value));
  return scalar;
}

}  // namespace

Prefilter::Prefilter(const Filter& filter) : filter_(filter) {
  for (const wql::Term& of : filter.terms()) {
    Term term;
    term.kind = of.kind;
    term.comparison = of.comparison;
    term.pattern = &of.pattern;
    term.negated = of.negated;
    bool simple = of.left.from == OperandSource::From::kRow && of.left.slot >= 0 && of.kind != wql::Term::Kind::kIsA;
    if (of.kind == wql::Term::Kind::kCompare) {
      simple = simple && of.right.from == OperandSource::From::kLiteral;
      if (simple) term.literal = LiteralOf(of.right.literal);
      simple = simple && term.literal.kind != cim::Scalar::Kind::kOther;
    }
    if (simple) term.slot = of.left.slot;
    decides_ = decides_ || simple;
    terms_.push_back(term);
  }
}

Truths Prefilter::Evaluate(const Term& term, const cim::ScalarRow& row) {
  cim::Scalar value = cim::Scalar::Null();
  if (term.slot < 0 || !row.Read(term.slot, &value)) return kAnyTruth;
  if (term.kind == wql::Term::Kind::kIsNull) return OnlyBool(value.is_null() != term.negated);
  if (value.is_null()) return Only(Truth::kUnknown);
  if (term.kind == wql::Term::Kind::kLike)
    return value.kind == cim::Scalar::Kind::kText ? OnlyBool(term.pattern->Matches(value.text)) : kAnyTruth;
  const std::optional<bool> result = CompareScalars(value, term.comparison, term.literal);
  return result.has_value() ? OnlyBool(*result) : Only(Truth::kUnknown);
}

bool Prefilter::MayMatch(const cim::ScalarRow& row) const {
  if (!decides_) return true;
  std::array<Truths, kEvaluationStackSize> stack;
  size_t depth = 0;
  const std::vector<Instruction>& program = filter_.program();
  for (size_t i = 0; i < program.size(); ++i) {
    const Instruction& instruction = program[i];
    switch (instruction.code) {
      case Instruction::Code::kTerm:
        stack[depth++] = Evaluate(terms_[instruction.operand], row);
        break;
      case Instruction::Code::kAnd:
        --depth;
        stack[depth - 1] = AndTruths(stack[depth - 1], stack[depth]);
        break;
      case Instruction::Code::kOr:
        --depth;
        stack[depth - 1] = OrTruths(stack[depth - 1], stack[depth]);
        break;
      case Instruction::Code::kNot:
        stack[depth - 1] = NotTruths(stack[depth - 1]);
        break;
      case Instruction::Code::kSkipIfFalse:
        if (stack[depth - 1] == Only(Truth::kFalse)) i += instruction.operand;
        break;
      case Instruction::Code::kSkipIfTrue:
        if (stack[depth - 1] == Only(Truth::kTrue)) i += instruction.operand;
        break;
    }
  }
  return MayBe(stack[0], Truth::kTrue);
}

}  // namespace cimvisor::wql
