#include "providers/virtualization_v2/serial_console_source.h"

#include <atomic>
#include <functional>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "providers/inventory/errors.h"
#include "providers/inventory/inventory.h"
#include "providers/virtualization_v2/object_paths.h"
#include "service/cim/errors.h"

namespace cimvisor::views {
namespace {

// Lets one notification through for each Read that found nothing, as ByteStream promises; the inventory also tells of
// bytes that a Read has seen meanwhile.
class Notifier {
 public:
  explicit Notifier(std::function<void()> on_readable) : on_readable_(std::move(on_readable)) {}
  void Arm() { armed_.store(true); }
  void Disarm() { armed_.store(false); }
  void Notify() {
    if (armed_.exchange(false)) on_readable_();
  }

 private:
  const std::function<void()> on_readable_;
  std::atomic<bool> armed_{false};
};

class SerialStream : public console::ByteStream {
 public:
  SerialStream(std::shared_ptr<Notifier> notifier, std::unique_ptr<inventory::SerialAttachment> attachment)
      : notifier_(std::move(notifier)), attachment_(std::move(attachment)) {}

  bool writable() const override { return attachment_->writable(); }
  uint64_t history_bytes() const override { return attachment_->history_bytes(); }
  bool history_truncated() const override { return attachment_->history_truncated(); }

  console::Chunk Read(size_t limit) override {
    // Armed before the look: what comes after it is told.
    notifier_->Arm();
    inventory::SerialChunk chunk = attachment_->Read(limit);
    if (!chunk.bytes.empty() || chunk.ended) notifier_->Disarm();
    return {std::move(chunk.bytes), chunk.lost_bytes, chunk.ended, std::move(chunk.end_reason)};
  }

  absl::StatusOr<size_t> Write(absl::string_view bytes) override {
    if (!attachment_->writable()) {
      return absl::PermissionDeniedError("this attachment was opened for reading: attach again to write");
    }
    absl::StatusOr<size_t> taken = attachment_->Write(bytes);
    if (taken.ok() || inventory::KindOf(taken.status()) != inventory::ErrorKind::kInvalidState) return taken;
    return absl::UnavailableError(std::string(taken.status().message()));
  }

 private:
  const std::shared_ptr<Notifier> notifier_;
  const std::unique_ptr<inventory::SerialAttachment> attachment_;  // destroyed first: no notification comes after it
};

// The machine's settings object for its port that `path` names.
std::optional<inventory::DeviceId> PortOf(const ViewContext& context, const cim::ObjectPath& path) {
  if (const std::optional<std::string> name = ComputerSystemName(context, path); name.has_value()) {
    if (IsHostName(context, *name)) return std::nullopt;
    return inventory::DeviceId{*name, inventory::DeviceKind::kSerialPort, 0};
  }
  std::optional<inventory::DeviceId> id = SettingsOfPath(context, path);
  if (id.has_value() && id->kind != inventory::DeviceKind::kSerialPort) return std::nullopt;
  return id;
}

}  // namespace

absl::StatusOr<std::unique_ptr<console::ByteStream>> SerialConsoleSource::Open(console::OpenRequest request) {
  const std::optional<inventory::DeviceId> port = PortOf(context_, request.path);
  if (!port.has_value()) {
    return cim::CimError(cim::CimStatus::kNotFound,
                         absl::StrCat(request.path.RelativeText(), " names no serial port: give a machine's ",
                                      context_.classes.serial_port_settings->name(), ", or its ",
                                      context_.classes.computer_system->name(), " for COM 1"));
  }
  auto notifier = std::make_shared<Notifier>(std::move(request.on_readable));
  inventory::SerialAttachOptions options;
  options.write = request.write;
  options.history = request.history;
  options.on_readable = [notifier] { notifier->Notify(); };
  absl::StatusOr<std::unique_ptr<inventory::SerialAttachment>> attachment =
      context_.dependencies.inventory->AttachSerial(port->machine_id, port->number, std::move(options));
  if (attachment.ok()) {
    return std::make_unique<SerialStream>(std::move(notifier), *std::move(attachment));
  }
  const std::string message(attachment.status().message());
  switch (inventory::KindOf(attachment.status())) {
    case inventory::ErrorKind::kNotFound:
      return cim::CimError(cim::CimStatus::kNotFound, message);
    case inventory::ErrorKind::kInUse:
      return absl::FailedPreconditionError(message);
    default:
      return attachment.status();
  }
}

}  // namespace cimvisor::views
