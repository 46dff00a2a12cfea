#include "hypervisor-backend/worker/process_record.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "hypervisor-backend/worker/last_words.h"

namespace cimvisor::worker {
namespace {

using testing::HasSubstr;

machine::FileDescriptor EmptyFile() { return machine::FileDescriptor(memfd_create("record", MFD_CLOEXEC)); }

v1::ProcessRecord Started() {
  v1::ProcessRecord record;
  record.mutable_started()->set_worker_process_id(42);
  return record;
}
v1::ProcessRecord Ended(int signal) {
  v1::ProcessRecord record;
  record.mutable_ended()->set_signal(signal);
  return record;
}

TEST(ProcessRecord, IsReadAsItWasWritten) {
  const machine::FileDescriptor file = EmptyFile();
  EXPECT_FALSE(ReadProcessHistory(file.get())->started.has_value());
  ASSERT_TRUE(AppendProcessRecord(file.get(), Started()).ok());
  auto history = ReadProcessHistory(file.get());
  ASSERT_TRUE(history.ok() && history->started.has_value());
  EXPECT_EQ(history->started->worker_process_id(), 42u);
  EXPECT_FALSE(history->ended.has_value());
  ASSERT_TRUE(AppendProcessRecord(file.get(), Ended(9)).ok());
  history = ReadProcessHistory(file.get());
  ASSERT_TRUE(history.ok() && history->ended.has_value());
  EXPECT_EQ(history->ended->signal(), 9);
}

TEST(ProcessRecord, ARecordCutShortIsAsIfNotThere) {
  const machine::FileDescriptor file = EmptyFile();
  ASSERT_TRUE(AppendProcessRecord(file.get(), Started()).ok());
  const off_t whole = lseek(file.get(), 0, SEEK_CUR);
  ASSERT_TRUE(AppendProcessRecord(file.get(), Ended(9)).ok());
  const off_t end = lseek(file.get(), 0, SEEK_CUR);
  for (off_t length = end - 1; length >= whole; --length) {
    ASSERT_EQ(ftruncate(file.get(), length), 0);
    const auto history = ReadProcessHistory(file.get());
    ASSERT_TRUE(history.ok()) << length;
    EXPECT_TRUE(history->started.has_value());
    EXPECT_FALSE(history->ended.has_value());
  }
}

TEST(ProcessRecord, DamageIsReported) {
  const machine::FileDescriptor garbage = EmptyFile();
  ASSERT_EQ(write(garbage.get(), "\xff\xff\xff\xff garbage", 12), 12);
  EXPECT_EQ(ReadProcessHistory(garbage.get()).status().code(), absl::StatusCode::kDataLoss);
  const machine::FileDescriptor unparsable = EmptyFile();
  ASSERT_EQ(write(unparsable.get(), "\3\0\0\0\xff\xff\xff", 7), 7);
  EXPECT_EQ(ReadProcessHistory(unparsable.get()).status().code(), absl::StatusCode::kDataLoss);
  const machine::FileDescriptor disordered = EmptyFile();
  ASSERT_TRUE(AppendProcessRecord(disordered.get(), Ended(9)).ok());
  EXPECT_EQ(ReadProcessHistory(disordered.get()).status().code(), absl::StatusCode::kDataLoss);
  EXPECT_FALSE(AppendProcessRecord(-1, Started()).ok());
}

TEST(ProcessRecord, EndReasons) {
  v1::ProcessRecord::Ended ended;
  ended.set_signal(SIGSEGV);
  ended.set_last_state(static_cast<uint32_t>(machine::MachineState::kPaused));
  machine::EndReason reason = EndReasonOf(ended);
  EXPECT_EQ(reason.kind, machine::EndKind::kWorkerDied);
  EXPECT_EQ(reason.signal, SIGSEGV);
  EXPECT_THAT(reason.detail, HasSubstr("SIGSEGV"));
  EXPECT_THAT(reason.detail, HasSubstr("paused"));

  ended.Clear();
  ended.set_exit_code(71);
  ended.set_failure_message("no filter");
  reason = EndReasonOf(ended);
  EXPECT_EQ(reason.exit_code, 71);
  EXPECT_THAT(reason.detail, HasSubstr("code 71"));
  EXPECT_THAT(reason.detail, HasSubstr("no filter"));

  ended.Clear();
  ended.mutable_reason()->set_kind(static_cast<uint32_t>(machine::EndKind::kInternalError));
  ended.mutable_reason()->set_detail("emulation\x1b[31m failed");
  reason = EndReasonOf(ended);
  EXPECT_EQ(reason.kind, machine::EndKind::kInternalError);
  EXPECT_EQ(reason.detail, "emulation?[31m failed") << "no terminal codes from a guest in a log";

  ended.mutable_reason()->set_kind(99);  // no such kind: what the parent saw counts
  EXPECT_EQ(EndReasonOf(ended).kind, machine::EndKind::kWorkerDied);
}

TEST(ProcessIdentity, NumberAndStartNameAProcess) {
  const auto ticks = ProcessStartTicks(static_cast<uint32_t>(getpid()));
  ASSERT_TRUE(ticks.ok()) << ticks.status();
  EXPECT_TRUE(OpenProcess(static_cast<uint32_t>(getpid()), *ticks).ok());
  EXPECT_EQ(OpenProcess(static_cast<uint32_t>(getpid()), *ticks + 1).status().code(), absl::StatusCode::kNotFound);
  const pid_t child = fork();
  if (child == 0) _exit(0);
  ASSERT_EQ(waitpid(child, nullptr, 0), child);
  EXPECT_EQ(OpenProcess(static_cast<uint32_t>(child), 1).status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(ProcessStartTicks(static_cast<uint32_t>(child)).status().code(), absl::StatusCode::kNotFound);
}

TEST(ProcessIdentity, BootId) {
  const auto boot_id = ReadBootId();
  ASSERT_TRUE(boot_id.ok());
  EXPECT_EQ(boot_id->size(), 36u);
}

TEST(LastWords, WhatTheChildSaidIsRead) {
  const auto words = LastWords::Make();
  ASSERT_TRUE(words.ok());
  EXPECT_EQ((*words)->Read().last_state(), 0u);
  const pid_t child = fork();
  if (child == 0) {
    (*words)->SetState(machine::MachineState::kPaused);
    v1::ProcessRecord::Ended said;
    said.mutable_reason()->set_detail("said by the child");
    said.set_signal(11);  // not for it to say
    (*words)->Say(said);
    _exit(0);
  }
  ASSERT_EQ(waitpid(child, nullptr, 0), child);
  const v1::ProcessRecord::Ended read = (*words)->Read();
  EXPECT_EQ(read.last_state(), static_cast<uint32_t>(machine::MachineState::kPaused));
  EXPECT_EQ(read.reason().detail(), "said by the child");
  EXPECT_EQ(read.signal(), 0);
}

TEST(LastWords, HostileWordsAreDropped) {
  const auto words = LastWords::Make();
  ASSERT_TRUE(words.ok());
  (*words)->SetState(static_cast<machine::MachineState>(200));
  v1::ProcessRecord::Ended said;
  said.mutable_reason()->set_kind(1000);
  (*words)->Say(said);
  const v1::ProcessRecord::Ended read = (*words)->Read();
  EXPECT_FALSE(read.has_reason());
  EXPECT_EQ(read.last_state(), 0u);
  said.mutable_reason()->set_kind(1);
  said.mutable_reason()->set_registers(std::string(1 << 20, 'x'));  // more than there is room for: nothing is said
  (*words)->Say(said);
  EXPECT_FALSE((*words)->Read().has_reason());
}

}  // namespace
}  // namespace cimvisor::worker
