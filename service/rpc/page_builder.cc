#include "service/rpc/page_builder.h"

#include <utility>

#include "service/cim/class.h"
#include "service/cim/system_properties.h"
#include "service/rpc/class_conversion.h"

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

struct ColumnType {
  absl::string_view name;
  cim::CimType type;
  bool is_array;
};

ColumnType TypeOf(const broker::Projection& projection, int slot) {
  if (cim::IsSystemColumn(slot)) {
    const cim::SystemPropertyRow& row = cim::RowOf(cim::SystemPropertyOf(slot));
    return {row.name, row.type, row.is_array};
  }
  const cim::Property& property = projection.cls->properties()[static_cast<size_t>(slot)];
  return {property.name, property.type, property.is_array};
}

}  // namespace

void PageBuilder::Add(const broker::Row& row) {
  if (batch_ == nullptr || projection_ != row.projection) StartBatch(*row.projection);
  if (row.definition != nullptr) {
    AddDefinition(*row.definition, *row.projection);
  } else {
    AddInstance(*row.instance, *row.projection);
  }
  batch_->set_rows(batch_->rows() + 1);
  ++rows_;
}

void PageBuilder::AddInstance(const cim::Instance& instance, const broker::Projection& projection) {
  const std::string& name_space = instance.cls().name_space();
  for (size_t i = 0; i < columns_.size(); ++i) {
    const int slot = projection.slots[i];
    if (cim::IsSystemColumn(slot)) {
      AddValue(columns_[i], cim::SystemValue(cim::SystemPropertyOf(slot), instance, writer_.server_name()), name_space);
    } else {
      AddValue(columns_[i], instance.value(slot), name_space);
    }
  }
  AddPath(writer_.PathText(instance));
  batch_->add_revision(instance.revision());
}

void PageBuilder::AddDefinition(const cim::Class& cls, const broker::Projection& projection) {
  for (size_t i = 0; i < columns_.size(); ++i) {
    AddValue(columns_[i], cim::SystemValue(cim::SystemPropertyOf(projection.slots[i]), cls, writer_.server_name()),
             cls.name_space());
  }
  batch_->add_path(StringIndex(cim::SystemValue(cim::SystemProperty::kPath, cls, writer_.server_name()).string()));
  batch_->add_revision(0);
  if (!projection.whole_definitions) return;
  v1::ClassDeclaration& written = *page_.add_classes();
  WriteClass(writer_, cls, written);
  bytes_ += written.ByteSizeLong();
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
    const ColumnType type = TypeOf(projection, slot);
    columns_.push_back({batch_->add_columns(), type.type, type.is_array});
  }
}

uint32_t PageBuilder::LayoutId(const broker::Projection& projection) {
  const auto [place, is_new] = layout_ids_.try_emplace(&projection, static_cast<uint32_t>(layout_ids_.size() + 1));
  if (!is_new) return place->second;
  v1::Layout& layout = *page_.add_layouts();
  layout.set_id(place->second);
  layout.set_class_name(projection.cls == nullptr ? "meta_class" : projection.cls->name());
  if (projection.cls != nullptr) layout.set_name_space(projection.cls->name_space());
  for (const int slot : projection.slots) {
    const ColumnType type = TypeOf(projection, slot);
    v1::LayoutProperty& written = *layout.add_properties();
    written.set_name(type.name.data(), type.name.size());
    written.set_type(ToProto(type.type));
    written.set_is_array(type.is_array);
    bytes_ += type.name.size() + kScalarBytes;
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
