// Defining, modifying and destroying machines on a real store.
#include "providers/inventory/inventory.h"

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "providers/inventory/errors.h"
#include "providers/inventory/guid.h"
#include "providers/inventory/test_service.h"
#include "service/security/audit_log.h"

namespace cimvisor::inventory {
namespace {

using ::testing::HasSubstr;

class InventoryTest : public ::testing::Test {
 protected:
  Inventory& inventory() { return service_.inventory(); }
  size_t AuditRows() {
    security::AuditLog log(service_.store());
    return log.ReadNewest(10000)->size();
  }
  absl::StatusOr<MachinePointer> Rename(const std::string& id, const std::string& name) {
    return inventory().ModifyMachine(service_.Call("Rename"), id, [&](Configuration& configuration) {
      configuration.mutable_system()->set_name(name);
      return absl::OkStatus();
    });
  }
  TestService service_;
};

TEST_F(InventoryTest, ADefinedMachineIsOffAndSurvivesARestart) {
  const std::string id = service_.Define("web", [](Configuration& c) { c.mutable_memory()->set_quantity_mib(256); });
  const MachinePointer before = service_.Get(absl::AsciiStrToLower(id));
  ASSERT_NE(before, nullptr);
  EXPECT_EQ(before->id(), id);
  EXPECT_EQ(before->state(), STATE_OFF);
  EXPECT_GT(before->record.created_at_us(), 0);
  EXPECT_EQ(before->revision, inventory().snapshot()->revision());
  service_.Close();
  ASSERT_TRUE(service_.Open().ok());
  const MachinePointer after = service_.Get(id);
  ASSERT_NE(after, nullptr);
  EXPECT_EQ(after->record.SerializeAsString(), before->record.SerializeAsString());
  EXPECT_EQ(after->revision, before->revision);
}

TEST_F(InventoryTest, ADefinitionWritesItsJournalAuditAndRequestRows) {
  security::Operation call = service_.Call("DefineSystem");
  call.request_id = "request-1";
  call.outcome = "the outcome";
  const std::string id = NewGuid();
  const auto machine = inventory().DefineMachine(call, absl::AsciiStrToLower(id), DefaultConfiguration({4096, 8}));
  ASSERT_TRUE(machine.ok()) << machine.status();
  const auto entries = service_.store().ReadJournal(0, 10);
  ASSERT_EQ(entries->size(), 1U);
  EXPECT_EQ((*entries)[0].kind, store::JournalEntry::Kind::kCreated);
  EXPECT_EQ((*entries)[0].entity_id, id);
  EXPECT_EQ((*entries)[0].revision, (*machine)->revision);
  MachineChange change;
  ASSERT_TRUE(change.ParseFromString((*entries)[0].payload));
  EXPECT_FALSE(change.has_before());
  EXPECT_EQ(change.after().id(), id);
  EXPECT_EQ(AuditRows(), 1U);
  // The request's row is in the same transaction: the same request again is refused, with its effect.
  const auto again = inventory().DefineMachine(call, NewGuid(), DefaultConfiguration({4096, 8}));
  EXPECT_FALSE(again.ok());
  EXPECT_EQ(inventory().snapshot()->size(), 1U);
}

TEST_F(InventoryTest, RefusesASecondMachineOfAnId) {
  const std::string id = service_.Define("one");
  const auto again =
      inventory().DefineMachine(service_.Call(), absl::AsciiStrToLower(id), DefaultConfiguration({4096, 8}));
  EXPECT_EQ(KindOf(again.status()), ErrorKind::kAlreadyExists);
  const auto none = inventory().DefineMachine(service_.Call(), "web", DefaultConfiguration({4096, 8}));
  EXPECT_EQ(KindOf(none.status()), ErrorKind::kInvalidParameter);
}

TEST_F(InventoryTest, AnInvalidDefinitionChangesNothing) {
  const int64_t revision = service_.store().revision();
  Configuration configuration = DefaultConfiguration({4096, 8});
  configuration.mutable_memory()->set_quantity_mib(3);
  const auto machine = inventory().DefineMachine(service_.Call(), NewGuid(), configuration);
  EXPECT_EQ(KindOf(machine.status()), ErrorKind::kInvalidParameter);
  EXPECT_EQ(service_.store().revision(), revision);
  EXPECT_EQ(inventory().snapshot()->size(), 0U);
}

TEST_F(InventoryTest, APathOutsideTheRootsIsRefusedWhenItIsSet) {
  struct Row {
    std::string path;
    ErrorKind kind;
    const char* message;
  };
  const std::vector<Row> rows = {
      {"/etc/shadow", ErrorKind::kAccessDenied, "boot"},
      {service_.BootFile("link"), ErrorKind::kAccessDenied, "link"},
      {service_.BootFile("folder"), ErrorKind::kInvalidParameter, "folder"},
      {service_.BootFile("../cimvisor.db"), ErrorKind::kInvalidParameter, ".."},
      {"relative", ErrorKind::kInvalidParameter, "relative"},
  };
  for (const Row& row : rows) {
    for (bool initrd : {false, true}) {
      Configuration configuration = DefaultConfiguration({4096, 8});
      configuration.mutable_linux_kernel()->set_kernel_path(initrd ? service_.BootFile("small") : row.path);
      if (initrd) configuration.mutable_linux_kernel()->set_initrd_path(row.path);
      const auto machine = inventory().DefineMachine(service_.Call(), NewGuid(), configuration);
      ASSERT_FALSE(machine.ok()) << row.path;
      EXPECT_EQ(KindOf(machine.status()), row.kind) << machine.status();
      EXPECT_THAT(std::string(machine.status().message()), HasSubstr(row.message));
      EXPECT_THAT(std::string(machine.status().message()), HasSubstr(initrd ? "initrd" : "kernel"));
    }
  }
}

TEST_F(InventoryTest, AKernelMayComeAfterTheDefinition) {
  service_.Define("early",
                  [&](Configuration& c) { c.mutable_linux_kernel()->set_kernel_path(service_.BootFile("not-yet")); });
  EXPECT_EQ(inventory().snapshot()->size(), 1U);
}

TEST_F(InventoryTest, AChangeIsSeenByTheNextReaderAndNotByAnEarlierOne) {
  const std::string id = service_.Define("before");
  const auto earlier = inventory().snapshot();
  const auto changed = Rename(id, "after");
  ASSERT_TRUE(changed.ok()) << changed.status();
  EXPECT_EQ((*changed)->name(), "after");
  EXPECT_EQ(service_.Get(id)->name(), "after");
  EXPECT_EQ(earlier->Find(id)->name(), "before");
  EXPECT_EQ(inventory().snapshot()->FindByName("AFTER").size(), 1U);
  EXPECT_TRUE(inventory().snapshot()->FindByName("before").empty());
}

TEST_F(InventoryTest, AChangeThatChangesNothingIsOnlyAudited) {
  const std::string id = service_.Define("same");
  const int64_t revision = service_.Get(id)->revision;
  const size_t audited = AuditRows();
  ASSERT_TRUE(Rename(id, "same").ok());
  EXPECT_EQ(service_.Get(id)->revision, revision);
  EXPECT_EQ(service_.store().ReadJournal(0, 100)->size(), 1U);
  EXPECT_EQ(AuditRows(), audited + 1);
}

TEST_F(InventoryTest, AnErrorOfTheEditChangesNothing) {
  const std::string id = service_.Define("kept");
  const auto changed = inventory().ModifyMachine(service_.Call(), id, [](Configuration& configuration) {
    configuration.mutable_system()->set_name("lost");
    return InventoryError(ErrorKind::kNotSupported, "no such device");
  });
  EXPECT_EQ(KindOf(changed.status()), ErrorKind::kNotSupported);
  EXPECT_EQ(service_.Get(id)->name(), "kept");
  EXPECT_EQ(KindOf(Rename(id, "a\nb").status()), ErrorKind::kInvalidParameter);
  EXPECT_EQ(service_.Get(id)->name(), "kept");
}

TEST_F(InventoryTest, AnOldExpectedRevisionIsAConflict) {
  const std::string id = service_.Define("one");
  security::Operation call = service_.Call();
  call.expected_revision = service_.Get(id)->revision;
  ASSERT_TRUE(Rename(id, "two").ok());
  const auto edit = [](Configuration& c) {
    c.mutable_system()->set_name("three");
    return absl::OkStatus();
  };
  EXPECT_EQ(KindOf(inventory().ModifyMachine(call, id, edit).status()), ErrorKind::kConflict);
  EXPECT_EQ(KindOf(inventory().DestroyMachine(call, id)), ErrorKind::kConflict);
  call.expected_revision = service_.Get(id)->revision;
  EXPECT_TRUE(inventory().ModifyMachine(call, id, edit).ok());
}

TEST_F(InventoryTest, ADestroyedMachineIsGoneForGood) {
  const std::string id = service_.Define("gone");
  ASSERT_TRUE(inventory().DestroyMachine(service_.Call(), id).ok());
  EXPECT_EQ(service_.Get(id), nullptr);
  EXPECT_EQ(KindOf(inventory().DestroyMachine(service_.Call(), id)), ErrorKind::kNotFound);
  EXPECT_EQ(KindOf(Rename(id, "x").status()), ErrorKind::kNotFound);
  const auto entries = service_.store().ReadJournal(0, 10);
  EXPECT_EQ(entries->back().kind, store::JournalEntry::Kind::kDeleted);
  service_.Close();
  ASSERT_TRUE(service_.Open().ok());
  EXPECT_EQ(service_.Get(id), nullptr);
}

TEST_F(InventoryTest, WhatTheDatabaseDoesNotTakeDidNotHappen) {
  const std::string id = service_.Define("kept");
  service_.store().Refuse(absl::ResourceExhaustedError("the disk is full"), 3);
  EXPECT_EQ(KindOf(Rename(id, "lost").status()), ErrorKind::kOutOfMemory);
  EXPECT_EQ(KindOf(inventory().DestroyMachine(service_.Call(), id)), ErrorKind::kOutOfMemory);
  security::Operation call = service_.Call();
  EXPECT_EQ(KindOf(inventory().RequestStateChange(call, id, REQUEST_ON, [](const std::string&) {}).status()),
            ErrorKind::kOutOfMemory);
  EXPECT_EQ(service_.Get(id)->name(), "kept");
  EXPECT_EQ(service_.Get(id)->state(), STATE_OFF);
  EXPECT_EQ(service_.host().living(), 0U);
  EXPECT_TRUE(Rename(id, "works again").ok());
}

TEST_F(InventoryTest, RacingChangesOfOneMachineAllCount) {
  const std::string id = service_.Define("shared");
  std::atomic<int> done{0};
  std::vector<std::thread> clients;
  for (int client = 0; client < 6; ++client) {
    clients.emplace_back([&] {
      for (int round = 0; round < 20; ++round) {
        const auto changed = inventory().ModifyMachine(service_.Call(), id, [](Configuration& configuration) {
          SystemSettings& system = *configuration.mutable_system();
          system.set_debug_port(system.debug_port() + 1);
          return absl::OkStatus();
        });
        if (changed.ok()) ++done;
      }
    });
  }
  for (std::thread& client : clients) client.join();
  EXPECT_EQ(done, 6 * 20);
  EXPECT_EQ(service_.Get(id)->record.configuration().system().debug_port(), 6U * 20U);
}

TEST_F(InventoryTest, RacingClientsDefineAndDestroy) {
  std::vector<std::thread> clients;
  for (int client = 0; client < 6; ++client) {
    clients.emplace_back([&, client] {
      for (int round = 0; round < 20; ++round) {
        const std::string id = service_.Define(absl::StrCat("m-", client));
        EXPECT_NE(service_.Get(id), nullptr) << "a client reads what it was told is done";
        if (round % 2 == 0) {
          EXPECT_TRUE(inventory().DestroyMachine(service_.Call(), id).ok());
        }
      }
    });
  }
  for (std::thread& client : clients) client.join();
  EXPECT_EQ(inventory().snapshot()->size(), 6U * 10U);
  EXPECT_EQ(inventory().snapshot()->FindByName("m-3").size(), 10U);
}

TEST_F(InventoryTest, ARecordOfANewerVersionIsRefused) {
  const std::string id = service_.Define("newer");
  MachineRecord record = service_.Get(id)->record;
  record.set_version(99);
  store::Change change;
  change.write = [&](store::Transaction& transaction) {
    return transaction.Execute("UPDATE inventory_machine SET record = ? WHERE id = ?",
                               {store::Blob{record.SerializeAsString()}, id});
  };
  ASSERT_TRUE(service_.store().Commit(change, absl::InfiniteFuture()).ok());
  service_.Close();
  const absl::Status opened = service_.Open();
  EXPECT_EQ(opened.code(), absl::StatusCode::kFailedPrecondition) << opened;
  EXPECT_THAT(std::string(opened.message()), HasSubstr(id));
}

TEST_F(InventoryTest, ADamagedRecordIsReportedByName) {
  const std::string id = service_.Define("damaged");
  store::Change change;
  change.write = [&](store::Transaction& transaction) {
    return transaction.Execute("UPDATE inventory_machine SET record = ? WHERE id = ?", {store::Blob{"\xFF\xFF"}, id});
  };
  ASSERT_TRUE(service_.store().Commit(change, absl::InfiniteFuture()).ok());
  service_.Close();
  const absl::Status opened = service_.Open();
  EXPECT_EQ(opened.code(), absl::StatusCode::kDataLoss) << opened;
  EXPECT_THAT(std::string(opened.message()), HasSubstr(id));
}

}  // namespace
}  // namespace cimvisor::inventory
