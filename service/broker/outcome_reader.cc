#include <cstring>
#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "service/broker/outcome.h"
#include "service/broker/outcome_format.h"
#include "service/cim/instance.h"
#include "service/cim/status_macros.h"

namespace cimvisor::broker {
namespace {

absl::Status Damaged(absl::string_view what) {
  return absl::DataLossError(absl::StrCat("the remembered outcome of this request id cannot be read: ", what));
}

// A property may have another type in a newer schema.
bool Fits(const cim::Property& property, const cim::Value& value) {
  const bool embedded = value.type() == cim::CimType::kObject && !property.embedded_class.empty();
  return value.is_array() == property.is_array && (value.type() == property.type || embedded);
}

class Reader {
 public:
  Reader(absl::string_view bytes, const cim::ClassRepository* classes) : bytes_(bytes), classes_(classes) {}

  absl::Status Header(uint8_t kind) {
    ASSIGN_OR_RETURN(const uint64_t version, Number(1));
    if (version != kOutcomeVersion) return Damaged(absl::StrCat("it has version ", version));
    ASSIGN_OR_RETURN(const uint64_t found, Number(1));
    if (found != kind) return Damaged("it is that of another kind of call");
    return absl::OkStatus();
  }

  absl::StatusOr<uint64_t> Number(int width) {
    if (bytes_.size() < static_cast<size_t>(width)) return Damaged("it is cut short");
    uint64_t number = 0;
    for (int i = 0; i < width; ++i) number |= uint64_t{static_cast<unsigned char>(bytes_[i])} << (8 * i);
    bytes_.remove_prefix(static_cast<size_t>(width));
    return number;
  }

  absl::StatusOr<std::string> Text() {
    ASSIGN_OR_RETURN(const uint64_t length, Number(4));
    if (length > bytes_.size()) return Damaged("it is cut short");
    std::string text(bytes_.substr(0, length));
    bytes_.remove_prefix(length);
    return text;
  }

  absl::StatusOr<cim::Value> Value(int depth) {
    if (depth > kOutcomeDepth) return Damaged("its objects are nested too deep");
    ASSIGN_OR_RETURN(const uint64_t type_number, Number(1));
    if (type_number > static_cast<uint64_t>(cim::CimType::kObject)) return Damaged("it has a value of no type");
    const auto type = static_cast<cim::CimType>(type_number);
    ASSIGN_OR_RETURN(const uint64_t shape, Number(1));
    switch (shape) {
      case kNullScalar:
      case kNullArray:
        return cim::Value::Null(type, shape == kNullArray);
      case kScalar:
        return Scalar(type, depth);
      case kArray:
        return Array(type, depth);
      default:
        return Damaged("it has a value of no shape");
    }
  }

  absl::Status End() const { return bytes_.empty() ? absl::OkStatus() : Damaged("it goes on past its end"); }

 private:
  absl::StatusOr<cim::Value> Array(cim::CimType type, int depth) {
    ASSIGN_OR_RETURN(const uint64_t count, Number(4));
    std::vector<cim::Value> elements;
    for (uint64_t i = 0; i < count; ++i) {
      ASSIGN_OR_RETURN(cim::Value element, Value(depth + 1));
      if (element.type() != type || element.is_array()) return Damaged("it has an array of several types");
      elements.push_back(std::move(element));
    }
    return cim::Value::Array(type, std::move(elements));
  }

  absl::StatusOr<cim::Value> Scalar(cim::CimType type, int depth) {
    switch (type) {
      case cim::CimType::kBoolean: {
        ASSIGN_OR_RETURN(const uint64_t value, Number(1));
        return cim::Value::Boolean(value != 0);
      }
      case cim::CimType::kString: {
        ASSIGN_OR_RETURN(std::string text, Text());
        return cim::Value::String(std::move(text));
      }
      case cim::CimType::kDateTime: {
        ASSIGN_OR_RETURN(const std::string text, Text());
        ASSIGN_OR_RETURN(const cim::DateTime time, cim::DateTime::Parse(text));
        return cim::Value::Time(time);
      }
      case cim::CimType::kReference: {
        ASSIGN_OR_RETURN(const std::string text, Text());
        ASSIGN_OR_RETURN(cim::ObjectPath path, cim::ObjectPath::Parse(text));
        return cim::Value::Reference(std::move(path));
      }
      case cim::CimType::kObject:
        return Object(depth);
      case cim::CimType::kReal32:
      case cim::CimType::kReal64: {
        ASSIGN_OR_RETURN(const uint64_t bits, Number(8));
        double real = 0;
        std::memcpy(&real, &bits, sizeof(real));
        return cim::Value::Real(type, real);
      }
      default: {
        ASSIGN_OR_RETURN(const uint64_t number, Number(8));
        if (cim::IsUnsigned(type)) return cim::Value::Unsigned(type, number);
        return cim::Value::Signed(type, static_cast<int64_t>(number));
      }
    }
  }

  absl::StatusOr<cim::Value> Object(int depth) {
    ASSIGN_OR_RETURN(const std::string name_space, Text());
    ASSIGN_OR_RETURN(const std::string class_name, Text());
    auto cls = classes_->Find(name_space, class_name);
    if (!cls.ok()) return Damaged(cls.status().message());
    auto instance = std::make_shared<cim::Instance>(*std::move(cls));
    ASSIGN_OR_RETURN(const uint64_t count, Number(4));
    for (uint64_t i = 0; i < count; ++i) {
      ASSIGN_OR_RETURN(const std::string name, Text());
      ASSIGN_OR_RETURN(const uint64_t mentioned, Number(1));
      ASSIGN_OR_RETURN(cim::Value value, Value(depth + 1));
      const int slot = instance->cls().FindProperty(name);
      if (slot < 0) continue;  // a property that the schema no longer has
      if (mentioned != 0) {
        RETURN_IF_ERROR(instance->Set(name, value));
      } else if (Fits(instance->cls().properties()[static_cast<size_t>(slot)], value)) {
        instance->set_value(slot, std::move(value));
      }
    }
    return cim::Value::Object(std::move(instance));
  }

  absl::string_view bytes_;
  const cim::ClassRepository* classes_;
};

}  // namespace

absl::StatusOr<MethodResult> DeserializeOutcome(const cim::Method& method, absl::string_view bytes,
                                                const cim::ClassRepository& classes) {
  Reader reader(bytes, &classes);
  RETURN_IF_ERROR(reader.Header(kMethodOutcome));
  MethodResult result;
  ASSIGN_OR_RETURN(const uint64_t return_value, reader.Number(4));
  result.return_value = static_cast<uint32_t>(return_value);
  for (const cim::Parameter& parameter : method.parameters)
    result.out_parameters.push_back(cim::Value::Null(parameter.type, parameter.is_array));
  ASSIGN_OR_RETURN(const uint64_t count, reader.Number(4));
  for (uint64_t i = 0; i < count; ++i) {
    ASSIGN_OR_RETURN(const std::string name, reader.Text());
    ASSIGN_OR_RETURN(const cim::Value value, reader.Value(0));
    for (size_t at = 0; at < method.parameters.size(); ++at) {
      if (absl::EqualsIgnoreCase(method.parameters[at].name, name)) result.out_parameters[at] = value;
    }
  }
  ASSIGN_OR_RETURN(const cim::Value error, reader.Value(0));
  if (error.type() != cim::CimType::kObject || error.is_array()) return Damaged("its error is no object");
  if (!error.is_null()) result.error = error.object();
  RETURN_IF_ERROR(reader.End());
  return result;
}

absl::StatusOr<cim::ObjectPath> DeserializePathOutcome(absl::string_view bytes) {
  Reader reader(bytes, nullptr);
  RETURN_IF_ERROR(reader.Header(kPathOutcome));
  ASSIGN_OR_RETURN(const std::string text, reader.Text());
  RETURN_IF_ERROR(reader.End());
  return cim::ObjectPath::Parse(text);
}

}  // namespace cimvisor::broker
