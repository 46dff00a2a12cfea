#include "service/rpc/testing/rpc_world.h"

#include <fcntl.h>
#include <grpcpp/create_channel_posix.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <thread>

#include "absl/strings/str_cat.h"

namespace cimvisor::rpc::testing {
namespace {

void Require(const absl::Status& status) {
  if (status.ok()) return;
  std::cerr << "rpc world: " << status << "\n";
  std::abort();
}

// Connects on a thread that has the user id while it does: the system call, unlike the C library's function, changes
// one thread alone.
int ConnectAs(uint32_t uid, const std::string& path) {
  int fd = -1;
  std::thread([&] {
    if (geteuid() == 0 && uid != 0) {
      if (syscall(SYS_setresgid, uid, uid, uid) != 0 || syscall(SYS_setresuid, uid, uid, 0) != 0) return;
    }
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof(address.sun_path) - 1);
    if (connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0) {
      close(fd);
      fd = -1;
    }
  }).join();
  if (fd >= 0) fcntl(fd, F_SETFL, O_NONBLOCK);
  return fd;
}

}  // namespace

std::string FakeUsers::UserName(uint32_t uid) const {
  if (uid == 0) return "root";
  if (uid == kReaderUid) return "rita";
  if (uid == kAdministratorUid) return "adam";
  return absl::StrCat("user", uid);
}

HostFacts FakeHost::Host(bool again) {
  absl::MutexLock lock(&mutex_);
  if (again) ++checks_;
  HostFacts facts;
  facts.checked = true;
  facts.verdict = "small guests";
  facts.probes = {{"fwait", false, "emulation failed"}};
  facts.advice = "use hardware virtualization";
  return facts;
}

absl::StatusOr<StoredFile> FakeHost::Backup(const std::string& file_name) {
  if (file_name == "there.db") return absl::AlreadyExistsError("there.db is there already");
  return StoredFile{absl::StrCat(folder_, "/", file_name), 7, "abc"};
}

absl::Status FakeHost::RecordDone(const security::Operation& operation) {
  absl::MutexLock lock(&mutex_);
  records_.push_back(absl::StrCat("done ", operation.name, " ", operation.object));
  return absl::OkStatus();
}

absl::Status FakeHost::RecordDenied(const security::Operation& operation, absl::string_view) {
  absl::MutexLock lock(&mutex_);
  records_.push_back(absl::StrCat("denied ", operation.name, " ", operation.object));
  return absl::OkStatus();
}

std::vector<std::string> FakeHost::records() const {
  absl::MutexLock lock(&mutex_);
  return records_;
}

int FakeHost::checks() const {
  absl::MutexLock lock(&mutex_);
  return checks_;
}

absl::StatusOr<std::unique_ptr<console::ByteStream>> FakeConsoles::Open(console::OpenRequest request) {
  const cim::Value* name = request.path.FindKey("Name");
  if (name == nullptr || name->string() != "A") return absl::NotFoundError("this machine has no serial port");
  return hub.Attach(request);
}

void FakeConsoles::SetRoom(size_t bytes) {
  absl::MutexLock lock(&mutex_);
  room_ = bytes;
}

std::string FakeConsoles::typed() const {
  absl::MutexLock lock(&mutex_);
  return typed_;
}

absl::StatusOr<size_t> FakeConsoles::Type(absl::string_view bytes) {
  {
    absl::MutexLock lock(&mutex_);
    bytes = bytes.substr(0, room_);
    room_ -= bytes.size();
    typed_.append(bytes.data(), bytes.size());
  }
  hub.Append(bytes);
  return bytes.size();
}

RpcWorld::RpcWorld(Limits limits, std::optional<TlsFiles> tls, Renderers renderers)
    : events(events::EventHub::Create(*world.store)),
      roles(users, TestRoles()),
      host(world.folder.path()),
      consoles(world.classes, nullptr) {
  world.store->SetJournalSink(events.get());
  broker::BrokerDependencies dependencies;
  dependencies.classes = &world.classes;
  dependencies.providers = &world.providers;
  dependencies.read_points = &world.read_points;
  dependencies.audit_log = world.audit_log.get();
  dependencies.request_log = world.request_log.get();
  dependencies.events = events.get();
  dependencies.right_for = [](const cim::Class& cls, absl::string_view method) {
    return !method.empty() || cls.name() == "T_Secret" ? security::Right::kAdminister : security::Right::kRead;
  };
  dependencies.server_name = "HOST1";
  broker = std::make_unique<broker::Broker>(dependencies);
  Require(consoles.Register("root/test", "T_Machine", &console_source));

  FrontEndOptions options;
  Require(ParseListenAddress("unix:" + socket_path()).status());
  options.addresses.push_back(*ParseListenAddress("unix:" + socket_path()));
  if (tls.has_value()) options.addresses.push_back(*ParseListenAddress("127.0.0.1:0"));
  options.unix_socket = {0666, ""};
  options.tls = std::move(tls);
  options.broker = broker.get();
  options.consoles = &consoles;
  options.host = &host;
  options.instance_id = "DATABASE-1";
  options.renderers = std::move(renderers);
  options.limits = limits;
  options.log = [this](LogLevel, absl::string_view object, absl::string_view text) {
    absl::MutexLock lock(&mutex_);
    log_.push_back(absl::StrCat(object, ": ", text));
  };
  // The folder of the world is the user's alone; the other users must reach the socket in it.
  std::filesystem::permissions(world.folder.path(), std::filesystem::perms(0755));
  absl::StatusOr<std::unique_ptr<FrontEnd>> started = FrontEnd::Start(std::move(options), roles);
  Require(started.status());
  front_end = *std::move(started);
}

RpcWorld::~RpcWorld() {
  front_end.reset();
  world.store->SetJournalSink(nullptr);
}

std::shared_ptr<grpc::Channel> RpcWorld::ChannelOf(uint32_t uid) {
  const int fd = ConnectAs(uid, socket_path());
  if (fd < 0) Require(absl::UnavailableError(absl::StrCat("cannot connect as user ", uid)));
  return grpc::CreateInsecureChannelFromFd("test", fd);
}

void RpcWorld::ChangeState(const std::string& name, int before, int after) {
  store::Change change;
  change.write = [&](store::Transaction& transaction) {
    store::JournalEntry entry;
    entry.kind = store::JournalEntry::Kind::kModified;
    entry.entity_kind = "T_Machine";
    entry.entity_id = name;
    entry.payload = absl::StrCat(before, "|", after);
    transaction.AppendJournal(entry);
    return absl::OkStatus();
  };
  const absl::StatusOr<int64_t> revision = world.store->Commit(std::move(change));
  Require(revision.status());
  world.read_points.revision = *revision;
}

std::vector<std::string> RpcWorld::log() const {
  absl::MutexLock lock(&mutex_);
  return log_;
}

security::RoleConfiguration TestRoles() {
  security::RoleConfiguration roles;
  roles.administrators = {{"adam"}, {}, {"admin"}};
  roles.readers = {{"rita"}, {}, {"reader"}};
  return roles;
}

v1::ErrorDetail DetailOf(const grpc::Status& status) {
  v1::ErrorDetail detail;
  if (!detail.ParseFromString(status.error_details())) detail.set_message("(no detail)");
  return detail;
}

}  // namespace cimvisor::rpc::testing
