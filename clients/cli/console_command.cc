// console: a machine's serial port on this terminal.
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <iostream>
#include <thread>

#include <CLI/CLI.hpp>

#include "absl/strings/str_cat.h"
#include "clients/cli/commands.h"
#include "clients/cli/machines.h"
#include "clients/cli/output.h"
#include "clients/cli/raw_terminal.h"
#include "clients/cpp/errors.h"
#include "clients/cpp/status_macros.h"

namespace cimvisor::cli {
namespace {

using client::Client;
using ConsoleStream = grpc::ClientReaderWriterInterface<cimvisor::v1::ConsoleRequest, cimvisor::v1::ConsoleResponse>;

constexpr char kLeaveKey = '\x1d';  // Ctrl-]

struct ConsoleOptions {
  std::string machine;
  uint32_t port = 1;
  bool read_only = false;
  bool history_only = false;
};

// Sends what is typed until Ctrl-], the end of the input, or a signal on `end_descriptor`. True: the user left.
bool SendInput(ConsoleStream& stream, bool terminal, int end_descriptor) {
  char buffer[4096];
  while (true) {
    pollfd waits[2] = {{STDIN_FILENO, POLLIN, 0}, {end_descriptor, POLLIN, 0}};
    if (poll(waits, 2, -1) < 0 && errno != EINTR) return false;
    if (waits[1].revents != 0) return false;
    if (waits[0].revents == 0) continue;
    const ssize_t bytes = read(STDIN_FILENO, buffer, sizeof buffer);
    if (bytes <= 0) {
      stream.WritesDone();
      return false;
    }
    absl::string_view typed(buffer, static_cast<size_t>(bytes));
    const size_t leave = terminal ? typed.find(kLeaveKey) : absl::string_view::npos;
    cimvisor::v1::ConsoleRequest request;
    request.set_data(std::string(typed.substr(0, leave)));
    if (!request.data().empty() && !stream.Write(request)) return false;
    if (leave != absl::string_view::npos) return true;
  }
}

// Prints what comes; returns the reason when the service closed the stream. With `limit_to_history` it ends behind the
// history.
std::string PrintOutput(ConsoleStream& stream, bool limit_to_history) {
  cimvisor::v1::ConsoleResponse response;
  uint64_t left = 0;
  while (stream.Read(&response)) {
    if (response.has_opened()) {
      left = response.opened().history_bytes();
      if (limit_to_history && left == 0) return "";
    } else if (response.has_closed()) {
      return response.closed().reason();
    } else if (response.kind_case() == cimvisor::v1::ConsoleResponse::kData) {
      std::string data = response.data();
      if (limit_to_history && data.size() > left) data.resize(left);
      std::cout.write(data.data(), static_cast<std::streamsize>(data.size())).flush();
      left -= std::min<uint64_t>(left, data.size());
      if (limit_to_history && left == 0) return "";
    }
  }
  return "";
}

absl::StatusOr<std::string> PortPath(Client& client, const ConsoleOptions& options) {
  ASSIGN_OR_RETURN(const client::Instance machine, FindMachine(client, options.machine));
  if (options.port == 1) return machine.path();
  ASSIGN_OR_RETURN(
      const std::vector<client::Instance> ports,
      client.QueryAll(absl::StrCat("SELECT * FROM Msvm_SerialPortSettingData WHERE InstanceID LIKE 'Microsoft:",
                                   client::Text(machine, "Name"), "\\\\%'")));
  const std::string name = absl::StrCat("COM ", options.port);
  for (const client::Instance& port : ports) {
    if (client::Text(port, "ElementName") == name) return port.path();
  }
  return absl::NotFoundError(absl::StrCat("the machine \"", options.machine, "\" has no serial port ", options.port));
}

absl::Status Attach(const Session& session, const ConsoleOptions& options) {
  ASSIGN_OR_RETURN(const std::unique_ptr<Client> client, session.Connect());
  ASSIGN_OR_RETURN(const std::string path, PortPath(*client, options));
  const bool writes = !options.read_only && !options.history_only;
  grpc::ClientContext context;
  const auto stream = client->console().Attach(&context);
  cimvisor::v1::ConsoleRequest open;
  open.mutable_open()->set_path(path);
  open.mutable_open()->set_write(writes);
  stream->Write(open);
  std::string reason;
  bool user_left = false;
  {
    const RawTerminal terminal(writes ? STDIN_FILENO : -1);
    if (terminal.is_terminal()) std::cerr << "attached to " << Printable(options.machine) << "; Ctrl-] leaves\r\n";
    const int end_descriptor = eventfd(0, EFD_CLOEXEC);
    std::thread output([&] {
      reason = PrintOutput(*stream, options.history_only);
      const uint64_t one = 1;
      if (write(end_descriptor, &one, sizeof one) < 0) std::cerr << "\r\n";
    });
    if (writes) {
      user_left = SendInput(*stream, terminal.is_terminal(), end_descriptor);
      if (user_left) context.TryCancel();
    }
    output.join();
    close(end_descriptor);
  }
  if (options.history_only) context.TryCancel();
  const grpc::Status status = stream->Finish();
  if (user_left) std::cerr << "\nleft the console; the machine goes on\n";
  if (user_left || options.history_only) {
    return status.error_code() == grpc::StatusCode::CANCELLED ? absl::OkStatus() : client::FromGrpcStatus(status);
  }
  if (!reason.empty()) std::cerr << "\nthe console was closed: " << Printable(reason) << "\n";
  return client::FromGrpcStatus(status);
}

}  // namespace

void AddConsoleCommand(CLI::App& app, const Session& session, CommandBody& chosen) {
  CLI::App* command = app.add_subcommand("console", "a machine's serial port on this terminal; Ctrl-] leaves it");
  auto options = std::make_shared<ConsoleOptions>();
  command->add_option("machine", options->machine, "name or GUID")->required();
  command->add_option("--port", options->port, "1 or 2")->check(CLI::Range(1, 2))->default_str("1");
  command->add_flag("--read-only", options->read_only, "only look");
  command->add_flag("--history", options->history_only, "print what the machine has written so far, and leave");
  OnChosen(command, chosen, [&session, options] { return Attach(session, *options); });
}

}  // namespace cimvisor::cli
