// A WHERE, compiled: a postfix program over property slots. No name is looked up for a row.
#ifndef CIMVISOR_SERVICE_WQL_FILTER_H_
#define CIMVISOR_SERVICE_WQL_FILTER_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "service/cim/class.h"
#include "service/cim/instance.h"
#include "service/cim/system_properties.h"
#include "service/cim/value.h"
#include "service/wql/ast.h"
#include "service/wql/like.h"

namespace cimvisor::wql {

// The three values of SQL's logic; a comparison with NULL is kUnknown. The order makes AND the smaller and OR the
// larger.
enum class Truth : uint8_t { kFalse = 0, kUnknown = 1, kTrue = 2 };

// What a filter reads. A data query has only `row`; an event query has the event as `row` and its instances; a query
// over meta_class has the class as `row_class`.
struct Frame {
  const cim::Instance* row = nullptr;
  const cim::Instance* target = nullptr;
  const cim::Instance* previous = nullptr;
  const cim::Class* row_class = nullptr;
};

using cim::SystemProperty;

// Where an operand of a term comes from.
struct OperandSource {
  enum class From : uint8_t { kLiteral, kRow, kTarget, kPrevious };
  From from = From::kLiteral;
  SystemProperty system = SystemProperty::kNone;
  int slot = -1;       // -1 with kNone and not a literal: the object itself (ISA, IS NULL)
  cim::Value literal;  // kLiteral
};

struct Term {
  enum class Kind : uint8_t { kCompare, kLike, kIsNull, kIsA };
  Kind kind = Kind::kCompare;
  Comparison comparison = Comparison::kEqual;
  OperandSource left;
  OperandSource right;   // kCompare only
  LikePattern pattern;   // kLike
  bool negated = false;  // kIsNull: IS NOT NULL
  // kIsA: the class and, for references, all its subclasses, in lower case.
  std::string class_name;
  absl::flat_hash_set<std::string> class_names;
};

// kTerm pushes the truth of terms[operand]. kAnd and kOr combine the two on top, kNot turns the top. kSkipIfFalse and
// kSkipIfTrue jump `operand` instructions ahead when the top settles an AND or OR.
struct Instruction {
  enum class Code : uint8_t { kTerm, kAnd, kOr, kNot, kSkipIfFalse, kSkipIfTrue };
  Code code = Code::kTerm;
  uint32_t operand = 0;
};

// Immutable after compilation; safe to share between threads. Made by CompileFilter (compiler.h).
class Filter {
 public:
  Filter() = default;  // matches everything
  Filter(std::vector<Instruction> program, std::vector<Term> terms, std::string server_name);

  // Rows are selected when the WHERE is true; false and unknown are not.
  bool Matches(const Frame& frame) const { return program_.empty() || Evaluate(frame) == Truth::kTrue; }
  bool Matches(const cim::Instance& row) const { return Matches(Frame{&row, nullptr, nullptr, nullptr}); }
  bool Matches(const cim::Class& row) const { return Matches(Frame{nullptr, nullptr, nullptr, &row}); }
  Truth Evaluate(const Frame& frame) const;
  // One of terms().
  Truth EvaluateTerm(const Term& term, const Frame& frame) const;

  // Adds the slots that the filter reads from the row, and its keys where it needs a path.
  void AddRowSlots(const cim::Class& row_class, cim::PropertySet* set) const;

  bool empty() const { return program_.empty(); }
  const std::vector<Instruction>& program() const { return program_; }
  const std::vector<Term>& terms() const { return terms_; }

 private:
  // The operand's value: in place where it is a property, in `scratch` where it is computed; null where it is absent.
  const cim::Value* Load(const OperandSource& source, const Frame& frame, cim::Value* scratch) const;

  std::vector<Instruction> program_;
  std::vector<Term> terms_;
  std::string server_name_;
};

}  // namespace cimvisor::wql

#endif  // CIMVISOR_SERVICE_WQL_FILTER_H_
