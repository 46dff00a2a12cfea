// Mutual TLS 1.3 on TCP, with certificates that deploy/make-certificates makes.
#include "service/rpc/tls_servers.h"

#include <gmock/gmock.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/security/tls_certificate_provider.h>
#include <grpcpp/security/tls_credentials_options.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/wait.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "service/rpc/testing/rpc_world.h"

namespace cimvisor::rpc {
namespace {

using ::testing::HasSubstr;
using testing::RpcWorld;

std::string Content(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

class TlsServersTest : public ::testing::Test {
 protected:
  TlsServersTest() {
    folder_ = ::testing::TempDir() + "/tls-XXXXXX";
    EXPECT_NE(mkdtemp(folder_.data()), nullptr);
    Make("tls", "admin reader stranger");
    Make("other", "admin");
  }
  ~TlsServersTest() override { std::filesystem::remove_all(folder_); }

  void Make(const std::string& name, const std::string& clients) {
    std::string command =
        absl::StrCat("deploy/make-certificates --host localhost,127.0.0.1 --folder ", folder_, "/", name);
    std::istringstream words(clients);
    for (std::string client; words >> client;) command += " --client " + client;
    ASSERT_EQ(system((command + " > /dev/null").c_str()), 0);
  }
  std::string File(const std::string& name) const { return folder_ + "/" + name; }
  TlsFiles Files() const { return {File("tls/server.crt"), File("tls/server.key"), File("tls/ca.crt")}; }

  // A client that shows the certificate `name` ("" shows none) and trusts `authority`.
  std::unique_ptr<v1::ObjectManager::Stub> Client(uint16_t port, const std::string& name,
                                                  const std::string& authority = "tls/ca.crt") {
    std::vector<grpc::experimental::IdentityKeyCertPair> pairs;
    if (!name.empty()) pairs.push_back({Content(File(name + ".key")), Content(File(name + ".crt"))});
    grpc::experimental::TlsChannelCredentialsOptions options;
    options.set_certificate_provider(
        std::make_shared<grpc::experimental::StaticDataCertificateProvider>(Content(File(authority)), pairs));
    options.watch_root_certs();
    if (!name.empty()) options.watch_identity_key_cert_pairs();
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);  // a connection of its own
    return v1::ObjectManager::NewStub(grpc::CreateCustomChannel(
        absl::StrCat("localhost:", port), grpc::experimental::TlsCredentials(options), arguments));
  }
  // "caller role", or the status.
  static std::string WhoAmI(v1::ObjectManager::Stub& stub) {
    grpc::ClientContext context;
    v1::GetServiceInformationResponse response;
    const grpc::Status status = stub.GetServiceInformation(&context, {}, &response);
    if (!status.ok()) return absl::StrCat("status ", status.error_code());
    return response.caller() + " " + response.caller_role();
  }
  std::string folder_;
};

TEST_F(TlsServersTest, TheCommonNameIsTheIdentity) {
  RpcWorld world(Limits(), Files());
  const uint16_t port = world.front_end->tcp_ports().at(0);
  EXPECT_EQ(WhoAmI(*Client(port, "tls/admin")), "certificate admin administrator");
  EXPECT_EQ(WhoAmI(*Client(port, "tls/reader")), "certificate reader reader");
  EXPECT_EQ(WhoAmI(*Client(port, "tls/stranger")), absl::StrCat("status ", grpc::StatusCode::PERMISSION_DENIED));
}

TEST_F(TlsServersTest, NoCertificateOrAForeignOneDoesNotConnect) {
  RpcWorld world(Limits(), Files());
  const uint16_t port = world.front_end->tcp_ports().at(0);
  const std::string unavailable = absl::StrCat("status ", grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(WhoAmI(*Client(port, "")), unavailable);
  EXPECT_EQ(WhoAmI(*Client(port, "other/admin")), unavailable);
  EXPECT_EQ(WhoAmI(*Client(port, "tls/admin", "other/ca.crt")), unavailable);
  const auto plain = v1::ObjectManager::NewStub(
      grpc::CreateChannel(absl::StrCat("localhost:", port), grpc::InsecureChannelCredentials()));
  EXPECT_EQ(WhoAmI(*plain), unavailable);
  EXPECT_EQ(WhoAmI(*Client(port, "tls/admin")), "certificate admin administrator") << "and the service goes on";
}

TEST_F(TlsServersTest, OnlyTls13IsSpoken) {
  RpcWorld world(Limits(), Files());
  const auto handshake = [&](const std::string& version) {
    const std::string command =
        absl::StrCat("openssl s_client -connect 127.0.0.1:", world.front_end->tcp_ports().at(0), " -", version,
                     " -alpn h2 -cert ", File("tls/admin.crt"), " -key ", File("tls/admin.key"), " -CAfile ",
                     File("tls/ca.crt"), " < /dev/null > ", File(version), " 2>&1");
    const int result = system(command.c_str());
    return result == 0 && Content(File(version)).find("Cipher is TLS_") != std::string::npos;
  };
  EXPECT_TRUE(handshake("tls1_3")) << Content(File("tls1_3"));
  EXPECT_FALSE(handshake("tls1_2")) << Content(File("tls1_2"));
  EXPECT_FALSE(handshake("tls1_1"));
}

TEST_F(TlsServersTest, ReloadTakesNewCertificatesAndDropsOldOnes) {
  RpcWorld world(Limits(), Files());
  const uint16_t port = world.front_end->tcp_ports().at(0);
  const auto old_client = Client(port, "tls/admin");
  EXPECT_EQ(WhoAmI(*old_client), "certificate admin administrator");
  ASSERT_TRUE(world.front_end->Reload().ok());
  EXPECT_EQ(WhoAmI(*old_client), "certificate admin administrator") << "nothing changed";
  for (const char* name : {"server.crt", "server.key", "ca.crt"}) {
    std::filesystem::copy_file(File(std::string("other/") + name), File(std::string("tls/") + name),
                               std::filesystem::copy_options::overwrite_existing);
  }
  ASSERT_TRUE(world.front_end->Reload().ok());
  EXPECT_EQ(WhoAmI(*Client(port, "other/admin", "other/ca.crt")), "certificate admin administrator");
  EXPECT_EQ(WhoAmI(*Client(port, "tls/reader", "other/ca.crt")),
            absl::StrCat("status ", grpc::StatusCode::UNAVAILABLE));
}

TEST_F(TlsServersTest, BadFilesLeaveTheOldCertificates) {
  RpcWorld world(Limits(), Files());
  const uint16_t port = world.front_end->tcp_ports().at(0);
  std::filesystem::copy_file(File("other/server.key"), File("tls/server.key"),
                             std::filesystem::copy_options::overwrite_existing);
  const absl::Status reloaded = world.front_end->Reload();
  EXPECT_THAT(std::string(reloaded.message()), HasSubstr("is not that of the certificate"));
  EXPECT_EQ(WhoAmI(*Client(port, "tls/admin")), "certificate admin administrator");
}

TEST_F(TlsServersTest, FilesAreCheckedBeforeTheyAreUsed) {
  EXPECT_TRUE(LoadTlsMaterial(Files()).ok());
  TlsFiles files = Files();
  files.certificate = File("absent");
  EXPECT_EQ(LoadTlsMaterial(files).status().code(), absl::StatusCode::kNotFound);
  files = Files();
  files.client_ca = File("tls/server.key");
  EXPECT_THAT(std::string(LoadTlsMaterial(files).status().message()), HasSubstr("holds no certificate"));
  files = Files();
  files.key = File("tls/ca.crt");
  EXPECT_THAT(std::string(LoadTlsMaterial(files).status().message()), HasSubstr("holds no private key"));
  files.key = "";
  EXPECT_EQ(LoadTlsMaterial(files).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(TlsServersTest, ThereIsNoPlainTcp) {
  RpcWorld world;
  FrontEndOptions options;
  options.addresses = {*ParseListenAddress("127.0.0.1:0")};
  options.broker = world.broker.get();
  const auto front_end = FrontEnd::Start(std::move(options), world.roles);
  EXPECT_THAT(std::string(front_end.status().message()), HasSubstr("no plain TCP"));
}

}  // namespace
}  // namespace cimvisor::rpc
