// A filter over rows that are not made yet: spares a provider the instances that cannot be selected.
#ifndef CIMVISOR_SERVICE_WQL_PREFILTER_H_
#define CIMVISOR_SERVICE_WQL_PREFILTER_H_

#include <vector>

#include "service/cim/scalar.h"
#include "service/wql/filter.h"

namespace cimvisor::wql {

// Immutable; `filter` outlives it.
class Prefilter {
 public:
  explicit Prefilter(const Filter& filter);

  // True when no condition can be decided before the instance is made.
  bool empty() const { return !decides_; }
  // False only when the filter cannot be true for the instance, whatever the row does not tell.
  bool MayMatch(const cim::ScalarRow& row) const;

 private:
  // A term of the filter that a row may decide: a property with a literal.
  struct Term {
    wql::Term::Kind kind = wql::Term::Kind::kCompare;
    Comparison comparison = Comparison::kEqual;
    int slot = -1;  // -1: decided on the instance only
    cim::Scalar literal = cim::Scalar::Null();
    const LikePattern* pattern = nullptr;
    bool negated = false;
  };
  static uint8_t Evaluate(const Term& term, const cim::ScalarRow& row);

  const Filter& filter_;
  std::vector<Term> terms_;
  bool decides_ = false;
};

}  // namespace cimvisor::wql

#endif  // CIMVISOR_SERVICE_WQL_PREFILTER_H_
