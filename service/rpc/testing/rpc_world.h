// A front end over the broker's test world: real sockets, real gRPC, a real broker and store.
#ifndef CIMVISOR_SERVICE_RPC_TESTING_RPC_WORLD_H_
#define CIMVISOR_SERVICE_RPC_TESTING_RPC_WORLD_H_

#include <grpcpp/channel.h>

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "cimvisor/v1/console.grpc.pb.h"
#include "cimvisor/v1/object_manager.grpc.pb.h"
#include "service/broker/testing/test_world.h"
#include "service/console/byte_stream_hub.h"
#include "service/console/console_directory.h"
#include "service/rpc/front_end.h"
#include "service/rpc/host_services.h"
#include "service/security/role_table.h"

namespace cimvisor::rpc::testing {

// User ids that the test users have; root is 0.
inline constexpr uint32_t kReaderUid = 61001;
inline constexpr uint32_t kAdministratorUid = 61002;
inline constexpr uint32_t kNobodyUid = 61003;

// Knows the users above by name, and no groups.
class FakeUsers : public security::UserDatabase {
 public:
  std::string UserName(uint32_t uid) const override;
  std::vector<std::string> GroupNames(uint32_t, uint32_t) const override { return {}; }
};

// Keeps what was recorded.
class FakeHost : public HostServices {
 public:
  explicit FakeHost(std::string folder) : folder_(std::move(folder)) {}
  ServiceFacts Facts() const override { return {"1.2.3", "/state", "/run", "fake", {"found nothing"}}; }
  std::vector<NamedRoot> Roots() const override { return {{"boot", folder_}, {"exports", folder_}}; }
  HostFacts Host(bool again) override;
  absl::StatusOr<StoredFile> Backup(const std::string& file_name) override;
  absl::Status RecordDone(const security::Operation& operation) override;
  absl::Status RecordDenied(const security::Operation& operation, absl::string_view reason) override;

  // "done Upload PATH", "denied Backup name", in order.
  std::vector<std::string> records() const;
  int checks() const;

 private:
  const std::string folder_;
  mutable absl::Mutex mutex_;
  std::vector<std::string> records_ ABSL_GUARDED_BY(mutex_);
  int checks_ ABSL_GUARDED_BY(mutex_) = 0;
};

// T_Machine "A" has a console that echoes what is typed; others have none.
class FakeConsoles : public console::ByteStreamSource {
 public:
  absl::StatusOr<std::unique_ptr<console::ByteStream>> Open(console::OpenRequest request) override;
  console::ByteStreamHub hub{[this](absl::string_view bytes) { return Type(bytes); }};

  // What the object has room for from now on, in all.
  void SetRoom(size_t bytes);
  std::string typed() const;

 private:
  absl::StatusOr<size_t> Type(absl::string_view bytes);
  mutable absl::Mutex mutex_;
  std::string typed_ ABSL_GUARDED_BY(mutex_);
  size_t room_ ABSL_GUARDED_BY(mutex_) = 1 << 20;
};

class RpcWorld {
 public:
  // Listens on a unix socket; with `tls` also on 127.0.0.1.
  explicit RpcWorld(Limits limits = Limits(), std::optional<TlsFiles> tls = std::nullopt, Renderers renderers = {});
  ~RpcWorld();

  std::string socket_path() const { return world.folder.File("s"); }
  // A channel of a user: the connection is made by a thread with that user's id where the test is root (SO_PEERCRED is
  // fixed at connect), by the test's own user otherwise.
  std::shared_ptr<grpc::Channel> ChannelOf(uint32_t uid);
  std::unique_ptr<v1::ObjectManager::Stub> Objects(uint32_t uid = 0) {
    return v1::ObjectManager::NewStub(ChannelOf(uid));
  }
  std::unique_ptr<v1::Console::Stub> Console(uint32_t uid = 0) { return v1::Console::NewStub(ChannelOf(uid)); }

  static void Fill(v1::RequestHeader* header) { header->set_name_space("root/test"); }
  static std::string MachinePath(const std::string& name) {
    return "T_Machine.CreationClassName=\"T_Machine\",Name=\"" + name + "\"";
  }
  // Commits a change of state, for watchers.
  void ChangeState(const std::string& name, int before, int after);
  std::vector<std::string> log() const;

  broker::testing::TestWorld world;
  std::unique_ptr<events::EventHub> events;
  std::unique_ptr<broker::Broker> broker;  // over `world`, with real events
  FakeUsers users;
  security::RoleTable roles;
  FakeHost host;
  FakeConsoles console_source;
  console::ConsoleDirectory consoles;
  std::unique_ptr<FrontEnd> front_end;

 private:
  mutable absl::Mutex mutex_;
  std::vector<std::string> log_ ABSL_GUARDED_BY(mutex_);
};

// The roles of the users above, and of the certificates "admin" and "reader".
security::RoleConfiguration TestRoles();

// The ErrorDetail that came with a status.
v1::ErrorDetail DetailOf(const grpc::Status& status);

}  // namespace cimvisor::rpc::testing

#endif  // CIMVISOR_SERVICE_RPC_TESTING_RPC_WORLD_H_
