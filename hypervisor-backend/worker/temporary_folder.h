// A folder for one test.
#ifndef CIMVISOR_HYPERVISOR_BACKEND_WORKER_TEMPORARY_FOLDER_H_
#define CIMVISOR_HYPERVISOR_BACKEND_WORKER_TEMPORARY_FOLDER_H_

#include <string>

namespace cimvisor::worker {

// A folder below the system's temporary one, removed with all that is in it.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace cimvisor::worker

#endif  // CIMVISOR_HYPERVISOR_BACKEND_WORKER_TEMPORARY_FOLDER_H_
