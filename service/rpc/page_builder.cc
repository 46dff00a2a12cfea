#include "service/rpc/page_builder.h"

#include <utility>

#include "service/cim/class.h"

namespace cimvisor::rpc {
namespace {

constexpr size_t kScalarBytes = 4;     // a guess at a packed number with its share of the bitmap
constexpr size_t kStringOverhead = 3;  // tag, length, index

// Bit i of byte i/8 says that row i is null; the bitmap reaches to the last null row only.
void MarkNull(v1::Column& column, uint32_t row) {
  std::string& bitmap = *column.mutable_null_bitmap();
  if (bitmap.size() <= row / 8) bitmap.resize(row / 8 + 1, '\0');
  bitmap[row / 8] = static_cast<char>(static_cast<uint8_t>(bitmap[row / 8]) | (1u << (row % 8)));
}

}  // namespace

void PageBuilder::Add(const broker::Row& row) {
  if (batch_ == nullptr || projection_ != row.projection) StartBatch(*row.projection);
  const cim::Instance& instance = *row.instance;
  const std::string& name_space = instance.cls().name_space();
  for (size_t i = 0; i < columns_.size(); ++i) {
    AddValue(columns_[i], instance.value(row.projection->slots[i]), name_space);
  }
  AddPath(writer_.PathText(instance));
  batch_->add_revision(instance.revision());
  batch_->set_rows(batch_->rows() + 1);
  ++rows_;
}

void PageBuilder::AddPath(std::string path) {
  if (path.empty()) return batch_->add_path(StringIndex(path));
  // No two rows have the same path: it is not looked for among the strings.
  bytes_ += path.size() + kStringOverhead;
  batch_->add_path(static_cast<uint32_t>(batch_->strings_size()));
  *batch_->add_strings() = std::move(path);
}

void PageBuilder::AddText(std::string text) {
  bytes_ += text.size() + kStringOverhead;
  page_.add_texts(std::move(text));
  ++rows_;
}

v1::QueryResponse PageBuilder::Take() {
  v1::QueryResponse page = std::move(page_);
  page_.Clear();
  rows_ = 0;
  bytes_ = 0;
  projection_ = nullptr;
  batch_ = nullptr;
  columns_.clear();
  strings_.clear();
  return page;
}

void PageBuilder::StartBatch(const broker::Projection& projection) {
  const uint32_t id = LayoutId(projection);
  projection_ = &projection;
  batch_ = page_.add_batches();
  batch_->set_layout_id(id);
  columns_.clear();
  strings_.clear();
  batch_->mutable_columns()->Reserve(static_cast<int>(projection.slots.size()));
  for (const int slot : projection.slots) {
    const cim::Property& property = projection.cls->properties()[static_cast<size_t>(slot)];
    columns_.push_back({batch_->add_columns(), property.type, property.is_array});
  }
}

uint32_t PageBuilder::LayoutId(const broker::Projection& projection) {
  const auto [place, is_new] = layout_ids_.try_emplace(&projection, static_cast<uint32_t>(layout_ids_.size() + 1));
  if (!is_new) return place->second;
  v1::Layout& layout = *page_.add_layouts();
  layout.set_id(place->second);
  layout.set_class_name(projection.cls->name());
  layout.set_name_space(projection.cls->name_space());
  for (const int slot : projection.slots) {
    const cim::Property& property = projection.cls->properties()[static_cast<size_t>(slot)];
    v1::LayoutProperty& written = *layout.add_properties();
    written.set_name(property.name);
    written.set_type(ToProto(property.type));
    written.set_is_array(property.is_array);
    bytes_ += property.name.size() + kScalarBytes;
  }
  return place->second;
}

uint32_t PageBuilder::StringIndex(absl::string_view text) {
  const auto place = strings_.find(text);
  if (place != strings_.end()) return place->second;
  const auto index = static_cast<uint32_t>(batch_->strings_size());
  batch_->add_strings(text.data(), text.size());
  bytes_ += text.size() + kStringOverhead;
  strings_.emplace(text, index);
  return index;
}

void PageBuilder::AddValue(ColumnState& state, const cim::Value& value, absl::string_view name_space) {
  v1::Column& column = *state.column;
  bytes_ += kScalarBytes;
  if (value.is_null()) {
    MarkNull(column, batch_->rows());
    return;
  }
  if (state.is_array || state.type == cim::CimType::kObject) {
    v1::Value& written = *column.add_values();
    writer_.Write(value, name_space, written);
    bytes_ += written.ByteSizeLong();
  } else if (state.type == cim::CimType::kString) {
    column.add_text(StringIndex(value.string()));
  } else if (state.type == cim::CimType::kDateTime) {
    column.add_text(StringIndex(value.datetime().ToText()));
  } else if (state.type == cim::CimType::kReference) {
    column.add_text(StringIndex(writer_.PathText(value.reference(), name_space)));
  } else if (state.type == cim::CimType::kBoolean) {
    column.add_boolean(value.boolean());
  } else if (cim::IsUnsigned(state.type)) {
    column.add_unsigned_(value.unsigned_value());
  } else if (cim::IsSigned(state.type)) {
    column.add_signed_(value.signed_value());
  } else {
    column.add_real(value.real());
  }
}

}  // namespace cimvisor::rpc
