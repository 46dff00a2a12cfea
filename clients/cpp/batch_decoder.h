// Rows by column (Layout, Batch of types.proto) back into instances.
#ifndef CIMVISOR_CLIENTS_CPP_BATCH_DECODER_H_
#define CIMVISOR_CLIENTS_CPP_BATCH_DECODER_H_

#include <cstdint>

#include "absl/container/flat_hash_map.h"
#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "cimvisor/v1/types.pb.h"

namespace cimvisor::client {

// One for each stream: it remembers the layouts. Not thread-safe.
class BatchDecoder {
 public:
  // A layout whose id was seen with other content is kInternal.
  absl::Status AddLayout(const cimvisor::v1::Layout& layout);

  // Gives the rows in order, null properties included as null, until `on_row` returns false: the result. A row is
  // valid during its call only: the next one is written over it, which spares the names of its properties. kInternal,
  // after the rows before it, where the batch contradicts its layout: what a server sends is checked as well.
  absl::StatusOr<bool> ForEachRow(const cimvisor::v1::Batch& batch,
                                  absl::FunctionRef<bool(const cimvisor::v1::Instance&)> on_row);

 private:
  // Makes row_ one of this layout.
  void StartRows(const cimvisor::v1::Layout& layout);

  absl::flat_hash_map<uint32_t, cimvisor::v1::Layout> layouts_;
  cimvisor::v1::Instance row_;
  bool has_row_layout_ = false;
  uint32_t row_layout_ = 0;  // whose class and names row_ has
};

}  // namespace cimvisor::client

#endif  // CIMVISOR_CLIENTS_CPP_BATCH_DECODER_H_
