// The rows of one query on their way to the reader: projections by class, counts, cancellation.
#ifndef CIMVISOR_SERVICE_BROKER_RESULT_STREAM_H_
#define CIMVISOR_SERVICE_BROKER_RESULT_STREAM_H_

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "service/broker/call.h"

namespace cimvisor::broker {

// Used on one thread, for one call.
class ResultStream {
 public:
  // `sink` null: rows are counted and not sent (explain).
  ResultStream(const CallContext& call, RowSink* sink, int64_t revision);

  // The reader hears that the query was accepted. Once.
  void Start();

  // The projection of a class, made by `make` when it is first asked for; lives as long as the stream.
  const Projection& ProjectionFor(const std::shared_ptr<const cim::Class>& cls,
                                  absl::FunctionRef<Projection(const std::shared_ptr<const cim::Class>&)> make);

  // Counts an instance that a provider handed over. False: the query has to end (status() says whether in error).
  bool Examine();
  // Sends a row. False: the query has to end.
  bool Send(std::shared_ptr<const cim::Instance> instance, const Projection& projection);
  // Sends a class as a row. False: the query has to end.
  bool SendDefinition(std::shared_ptr<const cim::Class> cls, const Projection& projection);
  // Ends the query with an error.
  void Fail(absl::Status status);

  bool ended() const { return ended_; }
  const absl::Status& status() const { return status_; }
  // Counts and revision; the caller adds the steps.
  QuerySummary Summary() const;

 private:
  const CallContext& call_;
  RowSink* const sink_;
  const int64_t revision_;
  absl::flat_hash_map<const cim::Class*, std::unique_ptr<Projection>> projections_;
  uint64_t examined_ = 0;
  uint64_t returned_ = 0;
  bool ended_ = false;
  absl::Status status_;
};

// The columns of rows that are classes: every system property, and the whole declaration.
Projection ClassRows();

// All properties of a class.
Projection WholeClass(const std::shared_ptr<const cim::Class>& cls);

// The named properties of a class and its keys. `names` unset: all. Names that the class has not are left out when
// `ignore_unknown`, else CIM_ERR_NO_SUCH_PROPERTY.
absl::StatusOr<Projection> ProjectProperties(const std::shared_ptr<const cim::Class>& cls,
                                             const std::optional<std::vector<std::string>>& names,
                                             bool ignore_unknown = false);

}  // namespace cimvisor::broker

#endif  // CIMVISOR_SERVICE_BROKER_RESULT_STREAM_H_
