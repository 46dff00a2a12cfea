#include "service/wql/filter.h"

#include <algorithm>
#include <array>
#include <utility>

#include "absl/strings/ascii.h"
#include "service/wql/compare.h"
#include "service/wql/limits.h"

namespace cimvisor::wql {
namespace {

Truth ToTruth(bool value) { return value ? Truth::kTrue : Truth::kFalse; }

const cim::Instance* InstanceOf(OperandSource::From from, const Frame& frame) {
  switch (from) {
    case OperandSource::From::kRow:
      return frame.row;
    case OperandSource::From::kTarget:
      return frame.target;
    case OperandSource::From::kPrevious:
      return frame.previous;
    case OperandSource::From::kLiteral:
      break;
  }
  return nullptr;
}

bool IsPath(SystemProperty property) {
  return property == SystemProperty::kPath || property == SystemProperty::kRelativePath;
}

}  // namespace

Filter::Filter(std::vector<Instruction> program, std::vector<Term> terms, std::string server_name)
    : program_(std::move(program)), terms_(std::move(terms)), server_name_(std::move(server_name)) {}

const cim::Value* Filter::Load(const OperandSource& source, const Frame& frame, cim::Value* scratch) const {
  if (source.from == OperandSource::From::kLiteral) return &source.literal;
  const cim::Instance* instance = InstanceOf(source.from, frame);
  if (instance == nullptr && source.from == OperandSource::From::kRow && frame.row_class != nullptr &&
      source.system != SystemProperty::kNone) {
    *scratch = cim::SystemValue(source.system, *frame.row_class, server_name_);
    return scratch;
  }
  if (instance == nullptr) return nullptr;
  if (source.system == SystemProperty::kNone) return source.slot < 0 ? nullptr : &instance->value(source.slot);
  *scratch = cim::SystemValue(source.system, *instance, server_name_);
  return scratch;
}

Truth Filter::EvaluateTerm(const Term& term, const Frame& frame) const {
  const bool whole_object = term.left.from != OperandSource::From::kLiteral && term.left.slot < 0 &&
                            term.left.system == SystemProperty::kNone;
  if (whole_object) {
    const cim::Instance* instance = InstanceOf(term.left.from, frame);
    if (frame.row_class != nullptr && term.kind == Term::Kind::kIsA)
      return ToTruth(frame.row_class->IsA(term.class_name));
    if (term.kind == Term::Kind::kIsNull) return ToTruth((instance == nullptr) != term.negated);
    if (instance == nullptr || term.kind != Term::Kind::kIsA) return Truth::kUnknown;
    return ToTruth(instance->cls().IsA(term.class_name));
  }

  cim::Value left_scratch;
  const cim::Value* left = Load(term.left, frame, &left_scratch);
  if (term.kind == Term::Kind::kIsNull) return ToTruth((left == nullptr || left->is_null()) != term.negated);
  if (left == nullptr || left->is_null()) return Truth::kUnknown;
  if (term.kind == Term::Kind::kIsA) {
    if (left->type() == cim::CimType::kReference)
      return ToTruth(term.class_names.contains(absl::AsciiStrToLower(left->reference().class_name())));
    return ToTruth(left->object() != nullptr && left->object()->cls().IsA(term.class_name));
  }
  if (term.kind == Term::Kind::kLike) {
    if (left->type() != cim::CimType::kString) return Truth::kUnknown;
    return ToTruth(term.pattern.Matches(left->string()));
  }

  // Of a list of class names (__DERIVATION), one that is equal is enough; with <>, none may be.
  if (left->is_array()) {
    bool any = false;
    for (const cim::Value& element : left->elements())
      any = any || CompareValues(element, Comparison::kEqual, term.right.literal).value_or(false);
    return ToTruth(any == (term.comparison == Comparison::kEqual));
  }
  // A path against a literal was compiled to a reference; it compares as a path, not as text.
  if (IsPath(term.left.system) && term.right.literal.type() == cim::CimType::kReference) {
    const cim::Instance* instance = InstanceOf(term.left.from, frame);
    const cim::ObjectPath path = instance != nullptr
                                     ? instance->Path()
                                     : cim::ObjectPath(frame.row_class->name_space(), frame.row_class->name());
    const bool same = SameObject(path, term.right.literal.reference());
    return ToTruth(same == (term.comparison == Comparison::kEqual));
  }
  cim::Value right_scratch;
  const cim::Value* right = Load(term.right, frame, &right_scratch);
  if (right == nullptr) return Truth::kUnknown;
  const std::optional<bool> result = CompareValues(*left, term.comparison, *right);
  return result.has_value() ? ToTruth(*result) : Truth::kUnknown;
}

Truth Filter::Evaluate(const Frame& frame) const {
  if (program_.empty()) return Truth::kTrue;
  std::array<Truth, kEvaluationStackSize> stack;
  size_t depth = 0;
  for (size_t i = 0; i < program_.size(); ++i) {
    const Instruction& instruction = program_[i];
    switch (instruction.code) {
      case Instruction::Code::kTerm:
        stack[depth++] = EvaluateTerm(terms_[instruction.operand], frame);
        break;
      case Instruction::Code::kAnd:
        --depth;
        stack[depth - 1] = std::min(stack[depth - 1], stack[depth]);
        break;
      case Instruction::Code::kOr:
        --depth;
        stack[depth - 1] = std::max(stack[depth - 1], stack[depth]);
        break;
      case Instruction::Code::kNot:
        stack[depth - 1] = static_cast<Truth>(2 - static_cast<int>(stack[depth - 1]));
        break;
      case Instruction::Code::kSkipIfFalse:
        if (stack[depth - 1] == Truth::kFalse) i += instruction.operand;
        break;
      case Instruction::Code::kSkipIfTrue:
        if (stack[depth - 1] == Truth::kTrue) i += instruction.operand;
        break;
    }
  }
  return stack[0];
}

void Filter::AddRowSlots(const cim::Class& row_class, cim::PropertySet* set) const {
  const auto add = [&](const OperandSource& source) {
    if (source.from != OperandSource::From::kRow) return;
    if (source.slot >= 0) set->Add(source.slot);
    if (!IsPath(source.system)) return;
    for (const int slot : row_class.key_slots()) set->Add(slot);
  };
  for (const Term& term : terms_) {
    add(term.left);
    if (term.kind == Term::Kind::kCompare) add(term.right);
  }
}

}  // namespace cimvisor::wql
