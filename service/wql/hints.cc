#include "service/wql/hints.h"

#include <algorithm>
#include <utility>

#include "service/cim/object_path.h"

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

std::optional<Hint> MakeHint(const cim::Class& cls, int slot, const cim::Value& literal, bool is_prefix) {
  const cim::Property& property = cls.properties()[static_cast<size_t>(slot)];
  if (property.is_array || cim::IsReal(property.type)) return std::nullopt;
  absl::StatusOr<cim::Value> value = literal.Coerce(property.type, false);
  if (!value.ok() || value->is_null()) return std::nullopt;
  if (value->type() == cim::CimType::kReference) {
    // A provider compares whole paths; the filter also takes one that leaves things out.
    const cim::ObjectPath& path = value->reference();
    if (path.FindKey("") != nullptr) return std::nullopt;
    if (path.name_space().empty()) value = cim::Value::Reference(path.WithNamespace(cls.name_space()));
  }
  return Hint{slot, *std::move(value), is_prefix};
}

}  // namespace cimvisor::wql
