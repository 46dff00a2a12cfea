#include "tests/end_to_end/process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"

namespace cimvisor::testing {
namespace {

[[noreturn]] void Exec(const std::vector<std::string>& arguments, const std::vector<std::string>& environment) {
  for (const std::string& variable : environment) putenv(strdup(variable.c_str()));
  std::vector<char*> words;
  for (const std::string& argument : arguments) words.push_back(const_cast<char*>(argument.c_str()));
  words.push_back(nullptr);
  execvp(words[0], words.data());
  dprintf(STDERR_FILENO, "cannot run %s\n", words[0]);
  _exit(127);
}

int DecodeStatus(int status) { return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status); }

// Reads what a descriptor has; false at its end.
bool Drain(int descriptor, std::string& text) {
  char buffer[65536];
  const ssize_t bytes = read(descriptor, buffer, sizeof buffer);
  if (bytes > 0) text.append(buffer, static_cast<size_t>(bytes));
  return bytes > 0;
}

}  // namespace

CommandResult RunCommand(const std::vector<std::string>& arguments, const std::string& input, absl::Duration limit,
                         const std::vector<std::string>& environment) {
  int in[2];
  int out[2];
  int err[2];
  CommandResult result;
  if (pipe2(in, O_CLOEXEC) != 0 || pipe2(out, O_CLOEXEC) != 0 || pipe2(err, O_CLOEXEC) != 0) return result;
  const pid_t pid = fork();
  if (pid == 0) {
    dup2(in[0], STDIN_FILENO);
    dup2(out[1], STDOUT_FILENO);
    dup2(err[1], STDERR_FILENO);
    Exec(arguments, environment);
  }
  close(in[0]);
  close(out[1]);
  close(err[1]);
  if (!input.empty() && write(in[1], input.data(), input.size()) < 0) result.errors = "cannot write its input";
  close(in[1]);
  const absl::Time deadline = absl::Now() + limit;
  bool out_open = true;
  bool err_open = true;
  while (out_open || err_open) {
    const int64_t left = absl::ToInt64Milliseconds(deadline - absl::Now());
    if (left <= 0) {
      kill(pid, SIGKILL);
      absl::StrAppend(&result.errors, "\n(killed by the test after ", absl::FormatDuration(limit), ")");
      break;
    }
    pollfd waits[2] = {{out_open ? out[0] : -1, POLLIN, 0}, {err_open ? err[0] : -1, POLLIN, 0}};
    poll(waits, 2, static_cast<int>(left));
    if (waits[0].revents != 0) out_open = Drain(out[0], result.output);
    if (waits[1].revents != 0) err_open = Drain(err[0], result.errors);
  }
  close(out[0]);
  close(err[0]);
  int status = 0;
  waitpid(pid, &status, 0);
  result.exit_code = DecodeStatus(status);
  return result;
}

BackgroundProcess::BackgroundProcess(const std::vector<std::string>& arguments, const std::string& log,
                                     const std::vector<std::string>& environment) {
  pid_ = fork();
  if (pid_ != 0) return;
  const int file = open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
  const int nothing = open("/dev/null", O_RDONLY);
  dup2(nothing, STDIN_FILENO);
  dup2(file, STDOUT_FILENO);
  dup2(file, STDERR_FILENO);
  Exec(arguments, environment);
}

BackgroundProcess::~BackgroundProcess() {
  if (IsRunning()) Signal(SIGKILL);
}

bool BackgroundProcess::IsRunning() {
  if (reaped_ || pid_ <= 0) return false;
  int status = 0;
  if (waitpid(pid_, &status, WNOHANG) != pid_) return true;
  reaped_ = true;
  exit_code_ = DecodeStatus(status);
  return false;
}

int BackgroundProcess::Signal(int signal, absl::Duration limit) {
  if (IsRunning()) kill(pid_, signal);
  return Wait(limit);
}

int BackgroundProcess::Wait(absl::Duration limit) {
  const absl::Time deadline = absl::Now() + limit;
  while (IsRunning()) {
    if (absl::Now() >= deadline) return -1;
    poll(nullptr, 0, 5);
  }
  return exit_code_;
}

std::string ProcessStatus(pid_t pid, const std::string& field) {
  std::ifstream file(absl::StrCat("/proc/", pid, "/status"));
  std::string line;
  while (std::getline(file, line)) {
    absl::string_view rest = line;
    if (absl::ConsumePrefix(&rest, absl::StrCat(field, ":"))) return std::string(absl::StripAsciiWhitespace(rest));
  }
  return "";
}

bool ProcessExists(pid_t pid) {
  const std::string state = ProcessStatus(pid, "State");
  return !state.empty() && !absl::StartsWith(state, "Z") && !absl::StartsWith(state, "X");
}

bool AcceptsConnections(const std::string& socket_path) {
  const int connection = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  socket_path.copy(address.sun_path, sizeof(address.sun_path) - 1);
  const bool accepted = connect(connection, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  close(connection);
  return accepted;
}

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

void WriteFile(const std::string& path, const std::string& content) {
  std::ofstream(path, std::ios::binary) << content;
}

TemporaryFolder::TemporaryFolder() {
  const char* base = std::getenv("TMPDIR");
  std::string name = absl::StrCat(base == nullptr ? "/tmp" : base, "/cimvisor-test-XXXXXX");
  path_ = mkdtemp(name.data()) == nullptr ? "" : name;
  // Workers run under other users and must reach nothing here by path, but the folder of the test may be passed.
  chmod(path_.c_str(), 0755);
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
}

}  // namespace cimvisor::testing
