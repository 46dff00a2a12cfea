// Conditions that a provider can look up by.
#ifndef CIMVISOR_SERVICE_WQL_HINTS_H_
#define CIMVISOR_SERVICE_WQL_HINTS_H_

#include <optional>
#include <vector>

#include "service/cim/class.h"
#include "service/cim/value.h"
#include "service/wql/filter.h"

namespace cimvisor::wql {

// A condition that every selected row meets: an equality, or a prefix of a string. Strings compare without regard to
// (ASCII) case. The slot is the same in every subclass.
struct Hint {
  int slot = -1;
  cim::Value value;  // of the property's type
  bool is_prefix = false;
};

// The terms that every selected row must meet: those of the outermost AND. They live as long as the filter.
std::vector<const Term*> RequiredTerms(const Filter& filter);

// What a selected row meets at least one of: each alternative is a list of hints that hold together. From AND and OR of
// conditions that a look-up could serve; empty where some row may be selected that meets none.
using Alternatives = std::vector<std::vector<Hint>>;
Alternatives AlternativesOf(const Filter& filter, const cim::Class& cls);

// True when the row meets all of them.
bool MeetsHints(const cim::Instance& row, const std::vector<Hint>& hints);

// The hints of one condition: none, one, or one for each key of a path.
std::vector<Hint> HintsOf(const Term& term, const cim::Class& cls);

// False when no instance of exactly this class can be selected, whatever its values: by __CLASS, ISA, __PATH and the
// like. `cls` is the class that the filter was compiled for, or a subclass.
bool CanSelect(const Filter& filter, const cim::Class& cls);

// Empty where a provider cannot be asked so: for arrays and reals, and for a literal that the property cannot hold
// (70000 for a uint16), which selects nothing; the filter sees to that.
std::optional<Hint> MakeHint(const cim::Class& cls, int slot, const cim::Value& literal, bool is_prefix);

}  // namespace cimvisor::wql

#endif  // CIMVISOR_SERVICE_WQL_HINTS_H_
