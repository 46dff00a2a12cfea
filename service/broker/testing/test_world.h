// A broker over a small model, a real store and fakes, for the tests of this room.
#ifndef CIMVISOR_SERVICE_BROKER_TESTING_TEST_WORLD_H_
#define CIMVISOR_SERVICE_BROKER_TESTING_TEST_WORLD_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "service/broker/broker.h"
#include "service/broker/dependencies.h"
#include "service/broker/testing/fake_event_hub.h"
#include "service/broker/testing/fake_provider.h"
#include "service/broker/testing/fake_sample_timer.h"
#include "service/cim/class_repository.h"
#include "service/security/audit_log.h"
#include "service/security/request_log.h"
#include "service/store/store.h"
#include "service/store/testing/temporary_folder.h"

namespace cimvisor::broker::testing {

inline constexpr char kNamespace[] = "root/test";
inline constexpr char kOtherNamespace[] = "root/other";  // has a class that nobody asks for

// Classes (test_classes.cc): T_System with T_Machine and T_Host, T_Settings, T_Secret (administrators only), T_Bare
// (no provider), T_Service with methods, the associations T_SettingsOfSystem and T_Peer, the intrinsic events.
absl::Status AddTestClasses(cim::ClassRepository& classes);

// Gathers rows; stops after `limit` when it is set.
class RowCollector : public RowSink {
 public:
  void OnStart(int64_t at) override { revision = at; }
  bool OnRow(const Row& row) override;

  int64_t revision = -1;
  size_t limit = 1000000;
  std::vector<std::shared_ptr<const cim::Instance>> rows;
  std::vector<std::string> definitions;  // names of the rows that are classes
  std::vector<std::vector<int>> slots;   // of each row
};

// One JournalEntry "T_Machine.Name" with the payload "before|after" is one event: states as numbers, empty for none.
class StateRenderer : public EventRenderer {
 public:
  explicit StateRenderer(const cim::ClassRepository& classes) : classes_(classes) {}
  std::vector<RenderedEvent> Render(const store::JournalEntry& entry) const override;
  int rendered() const;

 private:
  std::shared_ptr<const cim::Instance> Machine(const store::JournalEntry& entry, absl::string_view state) const;

  const cim::ClassRepository& classes_;
  mutable absl::Mutex mutex_;
  mutable int rendered_ ABSL_GUARDED_BY(mutex_) = 0;
};

class TestWorld {
 public:
  TestWorld();
  // The service ends and starts again on the same database.
  void Restart();

  static security::Caller Administrator();
  static security::Caller Reader();
  static security::Caller Nobody();
  CallContext Call(security::Caller caller = Administrator()) const;

  std::shared_ptr<const cim::Class> Class(absl::string_view name) const;
  // "Name=a;State=2"; keys CreationClassName are set by themselves.
  std::shared_ptr<const cim::Instance> Instance(absl::string_view class_name, absl::string_view properties) const;

  // Rows of a query as "Class.Name" or the first key, in order.
  std::vector<std::string> Names(const std::string& wql);
  static std::string NameOf(const cim::Instance& instance);

  // The results of the newest audit rows, newest first: "denied reader T_Secret...".
  std::vector<std::string> Denials();

  store::testing::TemporaryFolder folder;
  std::unique_ptr<store::Store> store;
  cim::ClassRepository classes;
  std::unique_ptr<security::AuditLog> audit_log;
  std::unique_ptr<security::RequestLog> request_log;
  FakeReadPoints read_points;
  FakeEventHub hub;
  FakeSampleTimer timer;
  ProviderRegistry providers;
  std::shared_ptr<FakeProvider> machines, hosts, settings, secrets, service, links, peers;
  std::shared_ptr<StateRenderer> renderer;
  std::unique_ptr<Broker> broker;

 private:
  void Open();
  void Serve();
};

}  // namespace cimvisor::broker::testing

#endif  // CIMVISOR_SERVICE_BROKER_TESTING_TEST_WORLD_H_
