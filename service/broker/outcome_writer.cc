#include <cstring>

#include "service/broker/outcome.h"
#include "service/broker/outcome_format.h"
#include "service/cim/instance.h"

namespace cimvisor::broker {
namespace {

void AppendByte(uint8_t byte, std::string* bytes) { bytes->push_back(static_cast<char>(byte)); }

void AppendNumber(uint64_t number, int width, std::string* bytes) {
  for (int i = 0; i < width; ++i) AppendByte(static_cast<uint8_t>(number >> (8 * i)), bytes);
}

void AppendObject(const cim::Instance& instance, std::string* bytes) {
  const cim::Class& cls = instance.cls();
  AppendText(cls.name_space(), bytes);
  AppendText(cls.name(), bytes);
  AppendNumber(cls.properties().size(), 4, bytes);
  for (size_t i = 0; i < cls.properties().size(); ++i) {
    const int slot = static_cast<int>(i);
    AppendText(cls.properties()[i].name, bytes);
    AppendByte(instance.IsMentioned(slot) ? 1 : 0, bytes);
    AppendValue(instance.value(slot), bytes);
  }
}

void AppendScalar(const cim::Value& value, std::string* bytes) {
  switch (value.type()) {
    case cim::CimType::kBoolean:
      AppendByte(value.boolean() ? 1 : 0, bytes);
      return;
    case cim::CimType::kString:
      AppendText(value.string(), bytes);
      return;
    case cim::CimType::kDateTime:
      AppendText(value.datetime().ToText(), bytes);
      return;
    case cim::CimType::kReference:
      AppendText(value.reference().FullText(""), bytes);
      return;
    case cim::CimType::kObject:
      AppendObject(*value.object(), bytes);
      return;
    case cim::CimType::kReal32:
    case cim::CimType::kReal64: {
      const double real = value.real();
      uint64_t bits = 0;
      std::memcpy(&bits, &real, sizeof(bits));
      AppendNumber(bits, 8, bytes);
      return;
    }
    default:
      AppendNumber(cim::IsUnsigned(value.type()) ? value.unsigned_value() : static_cast<uint64_t>(value.signed_value()),
                   8, bytes);
  }
}

}  // namespace

void AppendText(absl::string_view text, std::string* bytes) {
  AppendNumber(text.size(), 4, bytes);
  bytes->append(text.data(), text.size());
}

void AppendValue(const cim::Value& value, std::string* bytes) {
  AppendByte(static_cast<uint8_t>(value.type()), bytes);
  if (value.is_null()) {
    AppendByte(value.is_array() ? kNullArray : kNullScalar, bytes);
  } else if (value.is_array()) {
    AppendByte(kArray, bytes);
    AppendNumber(value.elements().size(), 4, bytes);
    for (const cim::Value& element : value.elements()) AppendValue(element, bytes);
  } else {
    AppendByte(kScalar, bytes);
    AppendScalar(value, bytes);
  }
}

std::string SerializeOutcome(const cim::Method& method, const MethodResult& result) {
  std::string bytes;
  AppendByte(kOutcomeVersion, &bytes);
  AppendByte(kMethodOutcome, &bytes);
  AppendNumber(result.return_value, 4, &bytes);
  uint32_t count = 0;
  std::string parameters;
  for (size_t i = 0; i < method.parameters.size() && i < result.out_parameters.size(); ++i) {
    if (!method.parameters[i].is_out) continue;
    ++count;
    AppendText(method.parameters[i].name, &parameters);
    AppendValue(result.out_parameters[i], &parameters);
  }
  AppendNumber(count, 4, &bytes);
  bytes += parameters;
  AppendValue(result.error == nullptr ? cim::Value::Null(cim::CimType::kObject) : cim::Value::Object(result.error),
              &bytes);
  return bytes;
}

std::string SerializePathOutcome(const cim::ObjectPath& path) {
  std::string bytes;
  AppendByte(kOutcomeVersion, &bytes);
  AppendByte(kPathOutcome, &bytes);
  AppendText(path.FullText(""), &bytes);
  return bytes;
}

}  // namespace cimvisor::broker
