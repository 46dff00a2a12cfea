#include "service/wql/hints.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/strings/match.h"
#include "service/cim/case_fold.h"
#include "service/cim/object_path.h"
#include "service/wql/compare.h"
#include "service/wql/truths.h"

namespace cimvisor::wql {

std::vector<const Term*> RequiredTerms(const Filter& filter) {
  // In postfix order, a term is required when nothing but AND (and the skips that belong to it) stands above it. Walk
  // backwards with the number of required operands that are still to come.
  std::vector<const Term*> required;
  const std::vector<Instruction>& program = filter.program();
  size_t pending = 1;   // operands of the outermost AND not seen yet
  size_t unwanted = 0;  // operands inside an OR or NOT not seen yet
  for (size_t i = program.size(); i > 0 && pending + unwanted > 0; --i) {
    const Instruction& instruction = program[i - 1];
    size_t& open = unwanted > 0 ? unwanted : pending;
    switch (instruction.code) {
      case Instruction::Code::kSkipIfFalse:
      case Instruction::Code::kSkipIfTrue:
        break;
      case Instruction::Code::kTerm:
        if (unwanted == 0) required.push_back(&filter.terms()[instruction.operand]);
        --open;
        break;
      case Instruction::Code::kAnd:
        ++open;
        break;
      case Instruction::Code::kOr:
        if (unwanted == 0) --pending;
        unwanted += unwanted == 0 ? 2 : 1;
        break;
      case Instruction::Code::kNot:
        if (unwanted == 0) {
          --pending;
          ++unwanted;
        }
        break;
    }
  }
  std::reverse(required.begin(), required.end());
  return required;
}

namespace {

// Look-ups beyond this number are no gain over reading the class.
constexpr size_t kMostAlternatives = 1000;

bool Serves(const Term& term) {
  return term.kind == Term::Kind::kCompare && term.comparison == Comparison::kEqual &&
         term.right.from == OperandSource::From::kLiteral && !term.right.literal.is_null();
}

void AddHint(const cim::Class& cls, int slot, const cim::Value& literal, bool is_prefix, std::vector<Hint>* hints) {
  std::optional<Hint> hint = MakeHint(cls, slot, literal, is_prefix);
  if (hint.has_value()) hints->push_back(*std::move(hint));
}

// Both hold: the hints of one alternative join each of the other side, else the side with fewer serves.
Alternatives Both(Alternatives a, Alternatives b) {
  if (a.empty()) return b;
  if (b.empty()) return a;
  if (a.size() != 1 && b.size() != 1) return a.size() <= b.size() ? a : b;
  if (a.size() != 1) std::swap(a, b);
  for (std::vector<Hint>& alternative : b) alternative.insert(alternative.begin(), a[0].begin(), a[0].end());
  return b;
}

// One of them holds: all, where both sides are bounded.
Alternatives Either(Alternatives a, Alternatives b) {
  if (a.empty() || b.empty() || a.size() + b.size() > kMostAlternatives) return {};
  a.insert(a.end(), std::make_move_iterator(b.begin()), std::make_move_iterator(b.end()));
  return a;
}

bool DependsOnClassAlone(const OperandSource& source) {
  if (source.from == OperandSource::From::kLiteral) return true;
  if (source.from != OperandSource::From::kRow || source.slot >= 0) return false;
  return source.system != SystemProperty::kPath && source.system != SystemProperty::kRelativePath;
}

Truths TruthsFor(const Filter& filter, const Term& term, const cim::Class& cls) {
  const bool is_path = term.left.from == OperandSource::From::kRow &&
                       (term.left.system == SystemProperty::kPath || term.left.system == SystemProperty::kRelativePath);
  if (is_path && Serves(term) && term.right.literal.type() == cim::CimType::kReference) {
    const cim::ObjectPath& path = term.right.literal.reference();
    const bool can_be = absl::EqualsIgnoreCase(path.class_name(), cls.name()) &&
                        (path.name_space().empty() || path.name_space() == cls.name_space());
    return can_be ? kAnyTruth : Only(Truth::kFalse);
  }
  if (!DependsOnClassAlone(term.left)) return kAnyTruth;
  if (term.kind == Term::Kind::kCompare && !DependsOnClassAlone(term.right)) return kAnyTruth;
  return Only(filter.EvaluateTerm(term, Frame{nullptr, nullptr, nullptr, &cls}));
}

}  // namespace

std::vector<Hint> HintsOf(const Term& term, const cim::Class& cls) {
  std::vector<Hint> hints;
  if (term.left.from != OperandSource::From::kRow) return hints;
  if (term.kind == Term::Kind::kLike && term.left.slot >= 0 && !term.pattern.prefix().empty())
    AddHint(cls, term.left.slot, cim::Value::String(term.pattern.prefix()), !term.pattern.is_literal(), &hints);
  if (!Serves(term)) return hints;
  if (term.left.slot >= 0) AddHint(cls, term.left.slot, term.right.literal, false, &hints);
  const bool is_path = term.left.system == SystemProperty::kPath || term.left.system == SystemProperty::kRelativePath;
  if (!is_path || term.right.literal.type() != cim::CimType::kReference) return hints;
  for (const cim::ObjectPath::Key& key : term.right.literal.reference().keys()) {
    const int slot =
        key.first.empty() && cls.key_slots().size() == 1 ? cls.key_slots().front() : cls.FindProperty(key.first);
    if (slot >= 0) AddHint(cls, slot, key.second, false, &hints);
  }
  return hints;
}

Alternatives AlternativesOf(const Filter& filter, const cim::Class& cls) {
  std::vector<Alternatives> stack;
  for (const Instruction& instruction : filter.program()) {
    switch (instruction.code) {
      case Instruction::Code::kTerm: {
        std::vector<Hint> hints = HintsOf(filter.terms()[instruction.operand], cls);
        Alternatives alternatives;
        if (!hints.empty()) alternatives.push_back(std::move(hints));
        stack.push_back(std::move(alternatives));
        break;
      }
      case Instruction::Code::kAnd:
      case Instruction::Code::kOr: {
        Alternatives right = std::move(stack.back());
        stack.pop_back();
        Alternatives left = std::move(stack.back());
        stack.back() = instruction.code == Instruction::Code::kAnd ? Both(std::move(left), std::move(right))
                                                                   : Either(std::move(left), std::move(right));
        break;
      }
      case Instruction::Code::kNot:
        stack.back().clear();
        break;
      case Instruction::Code::kSkipIfFalse:
      case Instruction::Code::kSkipIfTrue:
        break;
    }
  }
  return stack.empty() ? Alternatives() : std::move(stack.front());
}

bool MeetsHints(const cim::Instance& row, const std::vector<Hint>& hints) {
  return std::all_of(hints.begin(), hints.end(), [&](const Hint& hint) {
    const cim::Value& value = row.value(hint.slot);
    if (value.is_null() || value.is_array() || value.type() != hint.value.type()) return false;
    if (hint.is_prefix) return cim::StartsWithFolded(value.string(), hint.value.string());
    return CompareValues(value, Comparison::kEqual, hint.value).value_or(false);
  });
}

bool CanSelect(const Filter& filter, const cim::Class& cls) {
  std::vector<Truths> stack;
  for (const Instruction& instruction : filter.program()) {
    switch (instruction.code) {
      case Instruction::Code::kTerm:
        stack.push_back(TruthsFor(filter, filter.terms()[instruction.operand], cls));
        break;
      case Instruction::Code::kAnd:
      case Instruction::Code::kOr: {
        const Truths right = stack.back();
        stack.pop_back();
        stack.back() = instruction.code == Instruction::Code::kAnd ? AndTruths(stack.back(), right)
                                                                   : OrTruths(stack.back(), right);
        break;
      }
      case Instruction::Code::kNot:
        stack.back() = NotTruths(stack.back());
        break;
      case Instruction::Code::kSkipIfFalse:
      case Instruction::Code::kSkipIfTrue:
        break;
    }
  }
  return stack.empty() || MayBe(stack.front(), Truth::kTrue);
}

std::optional<Hint> MakeHint(const cim::Class& cls, int slot, const cim::Value& literal, bool is_prefix) {
  const cim::Property& property = cls.properties()[static_cast<size_t>(slot)];
  if (property.is_array || cim::IsReal(property.type)) return std::nullopt;
  absl::StatusOr<cim::Value> value = literal.Coerce(property.type, false);
  if (!value.ok() || value->is_null()) return std::nullopt;
  if (value->type() == cim::CimType::kReference) {
    // A provider compares whole paths; the filter also takes one that leaves things out.
    const cim::ObjectPath& path = value->reference();
    if (path.FindKey("") != nullptr || path.is_class()) return std::nullopt;
    if (path.name_space().empty()) value = cim::Value::Reference(path.WithNamespace(cls.name_space()));
  }
  return Hint{slot, *std::move(value), is_prefix};
}

}  // namespace cimvisor::wql
