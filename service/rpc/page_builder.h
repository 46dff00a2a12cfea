// Rows of a query -> pages of columnar batches (cimvisor.v1.QueryResponse).
#ifndef CIMVISOR_SERVICE_RPC_PAGE_BUILDER_H_
#define CIMVISOR_SERVICE_RPC_PAGE_BUILDER_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "cimvisor/v1/object_manager.pb.h"
#include "service/broker/call.h"
#include "service/rpc/value_conversion.h"

namespace cimvisor::rpc {

// Fills one page at a time. A layout is sent once in the stream, in the page of its first row; rows of one class that
// follow one another share a batch. Used by one thread.
class PageBuilder {
 public:
  // `writer` must outlive it.
  explicit PageBuilder(const ProtoWriter& writer) : writer_(writer) {}

  // Adds a row to the page. The row's projection lives as long as the query.
  void Add(const broker::Row& row);
  // An instance in a text form.
  void AddText(std::string text);

  size_t rows() const { return rows_; }
  // What the page takes on the wire, roughly.
  size_t bytes() const { return bytes_; }
  // The page; an empty one begins.
  v1::QueryResponse Take();

 private:
  struct ColumnState {
    v1::Column* column = nullptr;
    cim::CimType type = cim::CimType::kString;
    bool is_array = false;
  };

  void AddInstance(const cim::Instance& instance, const broker::Projection& projection);
  void AddDefinition(const cim::Class& cls, const broker::Projection& projection);
  void StartBatch(const broker::Projection& projection);
  uint32_t LayoutId(const broker::Projection& projection);
  void AddPath(std::string path);
  uint32_t StringIndex(absl::string_view text);
  void AddValue(ColumnState& state, const cim::Value& value, absl::string_view name_space);

  const ProtoWriter& writer_;
  absl::flat_hash_map<const broker::Projection*, uint32_t> layout_ids_;
  v1::QueryResponse page_;
  size_t rows_ = 0;
  size_t bytes_ = 0;

  // The batch that is being filled.
  const broker::Projection* projection_ = nullptr;
  v1::Batch* batch_ = nullptr;
  std::vector<ColumnState> columns_;
  absl::flat_hash_map<std::string, uint32_t> strings_;
};

}  // namespace cimvisor::rpc

#endif  // CIMVISOR_SERVICE_RPC_PAGE_BUILDER_H_
