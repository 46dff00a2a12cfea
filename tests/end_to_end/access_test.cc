// Every call of the API, every class and every method as an administrator, as a reader and as nobody. The tables come
// from the services' descriptors and from the generated permission table, so that what is added later cannot be
// forgotten here.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <gtest/gtest.h>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "cimvisor/v1/console.grpc.pb.h"
#include "cimvisor/v1/object_manager.grpc.pb.h"
#include "clients/cpp/connection.h"
#include "providers/codegen/permissions.h"
#include "tests/end_to_end/service_fixture.h"

namespace cimvisor::testing {
namespace {

using cimvisor::v1::Console;
using cimvisor::v1::ObjectManager;
using ::testing::HasSubstr;

int FreePort() {
  const int probe = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  EXPECT_EQ(bind(probe, reinterpret_cast<sockaddr*>(&address), size), 0);
  EXPECT_EQ(getsockname(probe, reinterpret_cast<sockaddr*>(&address), &size), 0);
  close(probe);
  return ntohs(address.sin_port);
}

enum class Who { kAdministrator, kReader, kNobody };
constexpr Who kEverybody[] = {Who::kAdministrator, Who::kReader, Who::kNobody};
const char* Name(Who who) {
  return who == Who::kAdministrator ? "admin" : (who == Who::kReader ? "reader" : "stranger");
}

bool IsDenied(const grpc::Status& status) {
  return status.error_code() == grpc::StatusCode::PERMISSION_DENIED ||
         status.error_code() == grpc::StatusCode::UNAUTHENTICATED;
}

template <typename Reader, typename Response>
grpc::Status Drain(grpc::ClientContext& context, Reader& reader, Response response) {
  if (reader.Read(&response)) context.TryCancel();
  while (reader.Read(&response)) {
  }
  const grpc::Status status = reader.Finish();
  return status.error_code() == grpc::StatusCode::CANCELLED ? grpc::Status::OK : status;
}

class AccessTest : public ServiceFixture {
 protected:
  void SetUp() override {
    const std::string tls = folder() + "/tls";
    const CommandResult made = RunCommand({"deploy/make-certificates", "--folder", tls, "--host", "localhost,127.0.0.1",
                                           "--client", "admin", "--client", "reader", "--client", "stranger"});
    ASSERT_EQ(made.exit_code, 0) << made.errors;
    WriteFile(folder() + "/cimvisord.conf",
              absl::StrCat("[tls]\ncertificate = ", tls, "/server.crt\nkey = ", tls, "/server.key\nclient_ca = ", tls,
                           "/ca.crt\n[administrators]\ncertificates = admin\n[readers]\ncertificates = reader\n"));
    port_ = FreePort();
    ASSERT_TRUE(StartService({"--config", folder() + "/cimvisord.conf", "--listen", address()}));
    for (const Who who : kEverybody) {
      const auto channel = client::OpenChannel(Options(who));
      ASSERT_TRUE(channel.ok()) << channel.status();
      channels_[who] = *channel;
      objects_[who] = ObjectManager::NewStub(*channel);
      consoles_[who] = Console::NewStub(*channel);
    }
    machine_ = DefineMachine("guarded");
  }

  std::string address() const { return absl::StrCat("127.0.0.1:", port_); }
  client::ConnectionOptions Options(Who who) const {
    const std::string tls = folder() + "/tls/";
    return {address(), tls + "ca.crt", tls + Name(who) + ".crt", tls + Name(who) + ".key"};
  }

  // Every call by name, made as well as it can be without changing anything.
  std::map<std::string, std::function<grpc::Status(Who)>> Calls();

  grpc::Status Invoke(Who who, const std::string& path, const std::string& method) {
    cimvisor::v1::InvokeMethodRequest request;
    request.set_path(path);
    request.set_method(method);
    // A parameter that no method has: whoever may call gets "invalid parameter", and nothing happens.
    request.add_parameters()->set_name("NoSuchParameter");
    grpc::ClientContext context;
    cimvisor::v1::InvokeMethodResponse response;
    return objects_[who]->InvokeMethod(&context, request, &response);
  }

  grpc::Status Query(Who who, const std::string& wql) {
    cimvisor::v1::QueryRequest request;
    request.set_wql(wql);
    grpc::ClientContext context;
    return Drain(context, *objects_[who]->Query(&context, request), cimvisor::v1::QueryResponse());
  }

  // A path with all keys of the class, which names no instance.
  std::string PathOfNothing(const std::string& class_name) {
    cimvisor::v1::GetClassRequest request;
    request.set_class_name(class_name);
    grpc::ClientContext context;
    cimvisor::v1::GetClassResponse response;
    EXPECT_TRUE(objects_[Who::kAdministrator]->GetClass(&context, request, &response).ok()) << class_name;
    std::vector<std::string> keys;
    for (const auto& property : response.class_().properties()) {
      if (!property.is_key()) continue;
      const bool is_text =
          property.type() == cimvisor::v1::CIM_TYPE_STRING || property.type() == cimvisor::v1::CIM_TYPE_REFERENCE;
      keys.push_back(absl::StrCat(property.name(), is_text ? "=\"nothing\"" : "=0"));
    }
    return absl::StrCat(class_name, ".", absl::StrJoin(keys, ","));
  }

  int port_ = 0;
  std::string machine_;
  std::map<Who, std::shared_ptr<grpc::Channel>> channels_;
  std::map<Who, std::unique_ptr<ObjectManager::Stub>> objects_;
  std::map<Who, std::unique_ptr<Console::Stub>> consoles_;
};

std::map<std::string, std::function<grpc::Status(Who)>> AccessTest::Calls() {
  std::map<std::string, std::function<grpc::Status(Who)>> calls;
  calls["GetClass"] = [this](Who who) {
    cimvisor::v1::GetClassRequest request;
    request.set_class_name("Msvm_ComputerSystem");
    grpc::ClientContext context;
    cimvisor::v1::GetClassResponse response;
    return objects_[who]->GetClass(&context, request, &response);
  };
  calls["EnumerateClasses"] = [this](Who who) {
    grpc::ClientContext context;
    return Drain(context, *objects_[who]->EnumerateClasses(&context, {}), cimvisor::v1::EnumerateClassesResponse());
  };
  calls["GetInstance"] = [this](Who who) {
    cimvisor::v1::GetInstanceRequest request;
    request.set_path(MachinePath(machine_));
    grpc::ClientContext context;
    cimvisor::v1::GetInstanceResponse response;
    return objects_[who]->GetInstance(&context, request, &response);
  };
  calls["Query"] = [this](Who who) { return Query(who, "SELECT * FROM Msvm_ComputerSystem"); };
  calls["InvokeMethod"] = [this](Who who) { return Invoke(who, MachinePath(machine_), "RequestStateChange"); };
  calls["CreateInstance"] = [this](Who who) {
    cimvisor::v1::CreateInstanceRequest request;
    request.mutable_instance()->set_class_name("Msvm_ComputerSystem");
    grpc::ClientContext context;
    cimvisor::v1::ChangeInstanceResponse response;
    return objects_[who]->CreateInstance(&context, request, &response);
  };
  calls["ModifyInstance"] = [this](Who who) {
    cimvisor::v1::ModifyInstanceRequest request;
    request.mutable_instance()->set_class_name("Msvm_ComputerSystem");
    request.mutable_instance()->set_path(MachinePath(machine_));
    grpc::ClientContext context;
    cimvisor::v1::ChangeInstanceResponse response;
    return objects_[who]->ModifyInstance(&context, request, &response);
  };
  calls["DeleteInstance"] = [this](Who who) {
    cimvisor::v1::DeleteInstanceRequest request;
    request.set_path(MachinePath(machine_));
    grpc::ClientContext context;
    cimvisor::v1::ChangeInstanceResponse response;
    return objects_[who]->DeleteInstance(&context, request, &response);
  };
  calls["Subscribe"] = [this](Who who) {
    cimvisor::v1::SubscribeRequest request;
    request.set_wql("SELECT * FROM __InstanceCreationEvent WITHIN 1 WHERE TargetInstance ISA 'Msvm_ComputerSystem'");
    grpc::ClientContext context;
    return Drain(context, *objects_[who]->Subscribe(&context, request), cimvisor::v1::SubscribeResponse());
  };
  calls["Upload"] = [this](Who who) {
    grpc::ClientContext context;
    cimvisor::v1::UploadResponse response;
    const auto writer = objects_[who]->Upload(&context, &response);
    cimvisor::v1::UploadRequest request;
    request.set_root("boot");
    request.set_name("../refused even to an administrator");
    writer->Write(request);
    writer->WritesDone();
    return writer->Finish();
  };
  calls["GetServiceInformation"] = [this](Who who) {
    grpc::ClientContext context;
    cimvisor::v1::GetServiceInformationResponse response;
    return objects_[who]->GetServiceInformation(&context, {}, &response);
  };
  calls["Backup"] = [this](Who who) {
    cimvisor::v1::BackupRequest request;
    request.set_file_name("../refused even to an administrator");
    grpc::ClientContext context;
    cimvisor::v1::BackupResponse response;
    return objects_[who]->Backup(&context, request, &response);
  };
  calls["Attach"] = [this](Who who) {
    grpc::ClientContext context;
    const auto stream = consoles_[who]->Attach(&context);
    cimvisor::v1::ConsoleRequest request;
    request.mutable_open()->set_path(MachinePath(machine_));
    request.mutable_open()->set_write(true);
    stream->Write(request);
    return Drain(context, *stream, cimvisor::v1::ConsoleResponse());
  };
  return calls;
}

TEST_F(AccessTest, EveryCallOfTheApi) {
  const std::set<std::string> readable = {"GetClass", "EnumerateClasses", "GetInstance",
                                          "Query",    "Subscribe",        "GetServiceInformation"};
  const auto calls = Calls();
  std::set<std::string> in_the_api;
  for (const char* service : {"cimvisor.v1.ObjectManager", "cimvisor.v1.Console"}) {
    const auto* descriptor = google::protobuf::DescriptorPool::generated_pool()->FindServiceByName(service);
    ASSERT_NE(descriptor, nullptr);
    for (int i = 0; i < descriptor->method_count(); ++i) in_the_api.insert(descriptor->method(i)->name());
  }
  for (const std::string& name : in_the_api) {
    ASSERT_TRUE(calls.count(name)) << "the call " << name << " has no row in this test";
    const grpc::Status as_administrator = calls.at(name)(Who::kAdministrator);
    EXPECT_FALSE(IsDenied(as_administrator)) << name << ": " << as_administrator.error_message();
    EXPECT_NE(as_administrator.error_code(), grpc::StatusCode::UNAVAILABLE) << as_administrator.error_message();
    EXPECT_EQ(IsDenied(calls.at(name)(Who::kReader)), readable.count(name) == 0) << name << " as a reader";
    EXPECT_TRUE(IsDenied(calls.at(name)(Who::kNobody))) << name << " as nobody";
  }
}

TEST_F(AccessTest, EveryClassAndEveryMethod) {
  const auto table = schema::LoadPermissions();
  ASSERT_TRUE(table.ok()) << table.status();
  int classes = 0;
  int methods = 0;
  for (const schema::PermissionRow& row : table->rows()) {
    if (row.class_name == "*") continue;
    const bool for_readers = row.right == schema::Right::kRead;
    const bool for_administrators = row.right != schema::Right::kNever;
    const std::string name = absl::StrCat(row.class_name, ".", row.method);
    const auto attempt = [&](Who who) {
      return row.method.empty() ? Query(who, "SELECT * FROM " + row.class_name)
                                : Invoke(who, PathOfNothing(row.class_name), row.method);
    };
    if (!row.method.empty() && absl::EndsWith(PathOfNothing(row.class_name), ".")) {
      // A class without keys has no instance that a path could name: nobody can call.
      EXPECT_FALSE(attempt(Who::kAdministrator).ok()) << name;
      continue;
    }
    EXPECT_EQ(IsDenied(attempt(Who::kAdministrator)), !for_administrators) << name << " as an administrator";
    EXPECT_EQ(IsDenied(attempt(Who::kReader)), !for_readers) << name << " as a reader";
    EXPECT_TRUE(IsDenied(attempt(Who::kNobody))) << name << " as nobody";
    ++(row.method.empty() ? classes : methods);
  }
  EXPECT_GT(classes, 30);
  EXPECT_GT(methods, 40);
}

TEST_F(AccessTest, DenialsAreRowsInTheAudit) {
  EXPECT_TRUE(IsDenied(Calls()["InvokeMethod"](Who::kReader)));
  const auto rows = client_->QueryAll("SELECT * FROM Cimvisor_AuditRecord");
  ASSERT_TRUE(rows.ok()) << rows.status();
  bool denied = false;
  bool defined = false;
  for (const client::Instance& row : *rows) {
    denied = denied || (absl::StrContains(client::Text(row, "Caller"), "reader") &&
                        absl::StrContains(client::Text(row, "Outcome"), "denied"));
    defined = defined || absl::StrContains(client::Text(row, "Operation"), "DefineSystem");
  }
  EXPECT_TRUE(denied) << "the reader's attempt left no row";
  EXPECT_TRUE(defined) << "the definition left no row";
  EXPECT_TRUE(IsDenied(Query(Who::kReader, "SELECT * FROM Cimvisor_AuditRecord")));
}

TEST_F(AccessTest, ThereIsNoPlainTcpAndNoOlderTls) {
  grpc::ClientContext context;
  context.set_deadline(absl::ToChronoTime(absl::Now() + absl::Seconds(10)));
  cimvisor::v1::GetServiceInformationResponse response;
  const auto plain = ObjectManager::NewStub(grpc::CreateChannel(address(), grpc::InsecureChannelCredentials()));
  EXPECT_FALSE(plain->GetServiceInformation(&context, {}, &response).ok());
  const std::string tls = folder() + "/tls/";
  const auto openssl = [&](const char* version) {
    return RunCommand({"openssl", "s_client", "-connect", address(), version, "-alpn", "h2", "-CAfile", tls + "ca.crt",
                       "-cert", tls + "admin.crt", "-key", tls + "admin.key", "-brief"},
                      "", absl::Seconds(20));
  };
  const CommandResult modern = openssl("-tls1_3");
  EXPECT_THAT(modern.errors + modern.output, HasSubstr("TLSv1.3"));
  EXPECT_NE(openssl("-tls1_2").exit_code, 0);
}

TEST_F(AccessTest, WithoutACertificateOfOurAuthorityNobodyGetsIn) {
  const std::string other = folder() + "/other";
  ASSERT_EQ(RunCommand({"deploy/make-certificates", "--folder", other, "--client", "admin"}).exit_code, 0);
  const auto channel =
      client::OpenChannel({address(), folder() + "/tls/ca.crt", other + "/admin.crt", other + "/admin.key"});
  ASSERT_TRUE(channel.ok()) << channel.status();
  grpc::ClientContext context;
  context.set_deadline(absl::ToChronoTime(absl::Now() + absl::Seconds(10)));
  cimvisor::v1::GetServiceInformationResponse response;
  EXPECT_FALSE(ObjectManager::NewStub(*channel)->GetServiceInformation(&context, {}, &response).ok());
}

TEST_F(AccessTest, OtherUsersOfTheHostAreDenied) {
  ASSERT_EQ(geteuid(), 0u) << "this test changes users and needs root";
  std::filesystem::permissions(folder(), std::filesystem::perms(0755));
  const CommandResult result = RunCommand({"setpriv", "--reuid=65534", "--regid=65534", "--clear-groups",
                                           ProgramPath("cimvisor"), "--server", "unix:" + socket(), "vm", "list"});
  EXPECT_EQ(result.exit_code, 4) << result.errors;
}

TEST_F(AccessTest, RolesAreReadAnewOnSighup) {
  EXPECT_TRUE(IsDenied(Query(Who::kNobody, "SELECT * FROM Msvm_ComputerSystem")));
  const std::string configuration = ReadFile(folder() + "/cimvisord.conf");
  const size_t end = configuration.rfind("reader");
  WriteFile(folder() + "/cimvisord.conf", configuration.substr(0, end) + "reader, stranger\n");
  ASSERT_EQ(kill(service_->pid(), SIGHUP), 0);
  EXPECT_TRUE(Eventually([&] { return Query(Who::kNobody, "SELECT * FROM Msvm_ComputerSystem").ok(); }));
  EXPECT_TRUE(IsDenied(Invoke(Who::kNobody, MachinePath(machine_), "RequestStateChange")));
}

}  // namespace
}  // namespace cimvisor::testing
