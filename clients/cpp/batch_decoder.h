// Rows by column (Layout, Batch of types.proto) back into instances.
#ifndef CIMVISOR_CLIENTS_CPP_BATCH_DECODER_H_
#define CIMVISOR_CLIENTS_CPP_BATCH_DECODER_H_

#include <cstdint>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "cimvisor/v1/types.pb.h"

namespace cimvisor::client {

// One for each stream: it remembers the layouts. Not thread-safe.
class BatchDecoder {
 public:
  // A layout whose id was seen with other content is kInternal.
  absl::Status AddLayout(const cimvisor::v1::Layout& layout);

  // The rows in order, null properties included as null. kInternal when the batch contradicts its layout: what a server
  // sends is checked as well.
  absl::StatusOr<std::vector<cimvisor::v1::Instance>> Decode(const cimvisor::v1::Batch& batch) const;

 private:
  absl::flat_hash_map<uint32_t, cimvisor::v1::Layout> layouts_;
};

}  // namespace cimvisor::client

#endif  // CIMVISOR_CLIENTS_CPP_BATCH_DECODER_H_
