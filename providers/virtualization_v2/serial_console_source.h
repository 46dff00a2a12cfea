// The consoles of this namespace: a machine's serial ports.
#ifndef CIMVISOR_PROVIDERS_VIRTUALIZATION_V2_SERIAL_CONSOLE_SOURCE_H_
#define CIMVISOR_PROVIDERS_VIRTUALIZATION_V2_SERIAL_CONSOLE_SOURCE_H_

#include <memory>

#include "providers/virtualization_v2/view_context.h"
#include "service/console/byte_stream.h"

namespace cimvisor::views {

// Opens the port that an Msvm_SerialPortSettingData names, or COM 1 of an Msvm_ComputerSystem. Thread-safe.
class SerialConsoleSource : public console::ByteStreamSource {
 public:
  explicit SerialConsoleSource(const ViewContext& context) : context_(context) {}
  absl::StatusOr<std::unique_ptr<console::ByteStream>> Open(console::OpenRequest request) override;

 private:
  const ViewContext& context_;
};

}  // namespace cimvisor::views

#endif  // CIMVISOR_PROVIDERS_VIRTUALIZATION_V2_SERIAL_CONSOLE_SOURCE_H_
