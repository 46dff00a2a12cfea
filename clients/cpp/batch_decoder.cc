#include "clients/cpp/batch_decoder.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "clients/cpp/status_macros.h"

namespace cimvisor::client {
namespace {

using cimvisor::v1::Batch;
using cimvisor::v1::CimType;
using cimvisor::v1::Column;
using cimvisor::v1::Instance;
using cimvisor::v1::Layout;
using cimvisor::v1::LayoutProperty;
using cimvisor::v1::Property;
using cimvisor::v1::Value;

constexpr uint32_t kMostRows = 1u << 20;

enum class Storage { kUnsigned, kSigned, kReal, kBoolean, kText, kValues };

Storage StorageOf(const LayoutProperty& property) {
  if (property.is_array()) return Storage::kValues;
  switch (property.type()) {
    case cimvisor::v1::CIM_TYPE_BOOLEAN:
      return Storage::kBoolean;
    case cimvisor::v1::CIM_TYPE_UINT8:
    case cimvisor::v1::CIM_TYPE_UINT16:
    case cimvisor::v1::CIM_TYPE_UINT32:
    case cimvisor::v1::CIM_TYPE_UINT64:
    case cimvisor::v1::CIM_TYPE_CHAR16:
      return Storage::kUnsigned;
    case cimvisor::v1::CIM_TYPE_SINT8:
    case cimvisor::v1::CIM_TYPE_SINT16:
    case cimvisor::v1::CIM_TYPE_SINT32:
    case cimvisor::v1::CIM_TYPE_SINT64:
      return Storage::kSigned;
    case cimvisor::v1::CIM_TYPE_REAL32:
    case cimvisor::v1::CIM_TYPE_REAL64:
      return Storage::kReal;
    case cimvisor::v1::CIM_TYPE_STRING:
    case cimvisor::v1::CIM_TYPE_DATETIME:
    case cimvisor::v1::CIM_TYPE_REFERENCE:
      return Storage::kText;
    default:
      return Storage::kValues;
  }
}

int StoredValues(const Column& column, Storage storage) {
  switch (storage) {
    case Storage::kUnsigned:
      return column.unsigned__size();
    case Storage::kSigned:
      return column.signed__size();
    case Storage::kReal:
      return column.real_size();
    case Storage::kBoolean:
      return column.boolean_size();
    case Storage::kText:
      return column.text_size();
    case Storage::kValues:
      return column.values_size();
  }
  return 0;
}

bool IsNullRow(const Column& column, uint32_t row) {
  const std::string& bitmap = column.null_bitmap();
  return row / 8 < bitmap.size() && ((static_cast<uint8_t>(bitmap[row / 8]) >> (row % 8)) & 1) != 0;
}

absl::Status ReadValue(const Batch& batch, const Column& column, const LayoutProperty& property, Storage storage,
                       int index, Value& value) {
  value.set_type(property.type());
  switch (storage) {
    case Storage::kUnsigned:
      value.set_unsigned_(column.unsigned_(index));
      break;
    case Storage::kSigned:
      value.set_signed_(column.signed_(index));
      break;
    case Storage::kReal:
      value.set_real(column.real(index));
      break;
    case Storage::kBoolean:
      value.set_boolean(column.boolean(index));
      break;
    case Storage::kText: {
      const uint32_t text = column.text(index);
      if (text >= static_cast<uint32_t>(batch.strings_size())) {
        return absl::InternalError(absl::StrCat("column ", property.name(), " names string ", text, " of a table of ",
                                                batch.strings_size(), "; the server is faulty or of another version"));
      }
      const std::string& string = batch.strings(static_cast<int>(text));
      if (property.type() == cimvisor::v1::CIM_TYPE_REFERENCE) {
        value.set_reference(string);
      } else {
        value.set_text(string);
      }
      break;
    }
    case Storage::kValues:
      value = column.values(index);
      break;
  }
  return absl::OkStatus();
}

// Where the next row's value of a column stands.
struct ColumnPlace {
  Storage storage = Storage::kValues;
  int stored = 0;
  int next = 0;
};

std::vector<ColumnPlace> PlacesOf(const Batch& batch, const Layout& layout) {
  std::vector<ColumnPlace> places(static_cast<size_t>(layout.properties_size()));
  for (int i = 0; i < layout.properties_size(); ++i) {
    ColumnPlace& place = places[static_cast<size_t>(i)];
    place.storage = StorageOf(layout.properties(i));
    place.stored = StoredValues(batch.columns(i), place.storage);
  }
  return places;
}

absl::Status ReadCell(const Batch& batch, const Column& column, const LayoutProperty& property, uint32_t row,
                      ColumnPlace& place, Property& target) {
  if (IsNullRow(column, row)) {
    target.clear_value();
    return absl::OkStatus();
  }
  if (place.next >= place.stored) {
    return absl::InternalError(absl::StrCat("column ", property.name(), " holds ", place.stored,
                                            " values, fewer than its ", batch.rows(),
                                            " rows need; the server is faulty or of another version"));
  }
  return ReadValue(batch, column, property, place.storage, place.next++, *target.mutable_value());
}

void ReadPlace(const Batch& batch, uint32_t row, Instance& instance) {
  const int index = static_cast<int>(row);
  instance.set_revision(index < batch.revision_size() ? batch.revision(index) : 0);
  const bool has_path = index < batch.path_size() && batch.path(index) < static_cast<uint32_t>(batch.strings_size());
  if (has_path) {
    instance.set_path(batch.strings(static_cast<int>(batch.path(index))));
  } else {
    instance.clear_path();
  }
}

}  // namespace

absl::Status BatchDecoder::AddLayout(const Layout& layout) {
  const auto [place, is_new] = layouts_.emplace(layout.id(), layout);
  if (!is_new && place->second.SerializeAsString() != layout.SerializeAsString()) {
    return absl::InternalError(absl::StrCat("layout ", layout.id(), " was sent twice with different content"));
  }
  return absl::OkStatus();
}

void BatchDecoder::StartRows(const Layout& layout) {
  if (has_row_layout_ && row_layout_ == layout.id()) return;
  row_.Clear();
  row_.set_class_name(layout.class_name());
  row_.set_name_space(layout.name_space());
  for (const LayoutProperty& property : layout.properties()) row_.add_properties()->set_name(property.name());
  has_row_layout_ = true;
  row_layout_ = layout.id();
}

absl::StatusOr<bool> BatchDecoder::ForEachRow(const Batch& batch, absl::FunctionRef<bool(const Instance&)> on_row) {
  const auto place = layouts_.find(batch.layout_id());
  if (place == layouts_.end()) {
    return absl::InternalError(absl::StrCat("a batch names layout ", batch.layout_id(), ", which was not sent"));
  }
  const Layout& layout = place->second;
  if (batch.rows() > kMostRows || batch.columns_size() != layout.properties_size()) {
    return absl::InternalError(absl::StrCat("a batch of ", layout.class_name(), " has ", batch.rows(), " rows and ",
                                            batch.columns_size(), " columns for ", layout.properties_size(),
                                            " properties"));
  }
  StartRows(layout);
  std::vector<ColumnPlace> places = PlacesOf(batch, layout);
  for (uint32_t row = 0; row < batch.rows(); ++row) {
    ReadPlace(batch, row, row_);
    for (int i = 0; i < layout.properties_size(); ++i) {
      RETURN_IF_ERROR(ReadCell(batch, batch.columns(i), layout.properties(i), row, places[static_cast<size_t>(i)],
                               *row_.mutable_properties(i)));
    }
    if (!on_row(row_)) return false;
  }
  return true;
}

}  // namespace cimvisor::client
