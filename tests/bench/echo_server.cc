// The floor of the API's figures: a bare gRPC server that answers with messages of the same content and does nothing
// else. Usage: bench_echo SOCKET INSTANCE_FILE ROWS_FILE   (serialised GetInstanceResponse and QueryResponse)
#include <signal.h>

#include <fstream>
#include <iostream>
#include <sstream>

#include <grpcpp/grpcpp.h>

#include "cimvisor/v1/object_manager.grpc.pb.h"

namespace {

std::string ReadFile(const char* path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

class Echo final : public cimvisor::v1::ObjectManager::Service {
 public:
  Echo(const char* instance_file, const char* rows_file) {
    instance_.ParseFromString(ReadFile(instance_file));
    rows_.ParseFromString(ReadFile(rows_file));
  }
  grpc::Status GetInstance(grpc::ServerContext*, const cimvisor::v1::GetInstanceRequest*,
                           cimvisor::v1::GetInstanceResponse* response) override {
    *response = instance_;
    return grpc::Status::OK;
  }
  grpc::Status Query(grpc::ServerContext*, const cimvisor::v1::QueryRequest*,
                     grpc::ServerWriter<cimvisor::v1::QueryResponse>* writer) override {
    writer->Write(rows_);
    return grpc::Status::OK;
  }

 private:
  cimvisor::v1::GetInstanceResponse instance_;
  cimvisor::v1::QueryResponse rows_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::cerr << "usage: bench_echo SOCKET INSTANCE_FILE ROWS_FILE\n";
    return 2;
  }
  Echo echo(argv[2], argv[3]);
  grpc::ServerBuilder builder;
  builder.AddListeningPort(std::string("unix:") + argv[1], grpc::InsecureServerCredentials());
  builder.RegisterService(&echo);
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  server->Wait();
  return 0;
}
