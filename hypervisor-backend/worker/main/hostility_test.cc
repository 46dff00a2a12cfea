// Either side of the protocol facing the other one gone bad: a worker that is sent garbage, and a service whose worker
// has been taken over by its guest.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <memory>
#include <string>

#include "absl/time/clock.h"
#include "cimvisor/worker/v1/worker.pb.h"
#include "hypervisor-backend/machine/counters.h"
#include "hypervisor-backend/machine/recording_observer.h"
#include "hypervisor-backend/worker/dispatcher.h"
#include "hypervisor-backend/worker/framed_socket.h"
#include "hypervisor-backend/worker/io_loop.h"
#include "hypervisor-backend/worker/launch_directory.h"
#include "hypervisor-backend/worker/main/worker_test_support.h"
#include "hypervisor-backend/worker/process_record.h"
#include "hypervisor-backend/worker/worker_hypervisor.h"
#include "hypervisor-backend/worker/worker_link.h"

namespace cimvisor::worker {
namespace {

using machine::RecordingObserver;
using testing::HasSubstr;

// ---- A worker that is sent garbage.

class HostileControllerTest : public testing::Test {
 protected:
  void SetUp() override {
    auto made = WorkerHypervisor::Create(SimulatedOptions(folder_.path()));
    ASSERT_TRUE(made.ok()) << made.status();
    hypervisor_ = *std::move(made);
    auto launched = hypervisor_->Launch(SmallSpec("M"), {"launch", 5}, &observer_);
    ASSERT_TRUE(launched.ok()) << launched.status();
    launched_ = *std::move(launched);
    ASSERT_TRUE(launched_.machine->Start().ok());
    runtime_ = machine::FileDescriptor(open(folder_.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  }
  // A connection beside the service's.
  machine::FileDescriptor Connect() {
    const auto directory = LaunchDirectory::Open(runtime_.get(), "launch");
    EXPECT_TRUE(directory.ok());
    auto connected = directory->Connect();
    EXPECT_TRUE(connected.ok()) << connected.status();
    return connected.ok() ? *std::move(connected) : machine::FileDescriptor();
  }
  // What the worker sends until it closes the connection.
  static std::string ReadToEnd(int fd) {
    std::string all;
    char bytes[4096];
    while (true) {
      pollfd polled{fd, POLLIN, 0};
      if (poll(&polled, 1, 60'000) <= 0) return "(still open)";
      const ssize_t count = read(fd, bytes, sizeof(bytes));
      if (count <= 0) return all;
      all.append(bytes, static_cast<size_t>(count));
    }
  }
  static std::string Frame(const v1::ServiceMessage& message) {
    std::string bytes;
    EXPECT_TRUE(AppendFrame(message, &bytes).ok());
    return bytes;
  }
  v1::ServiceMessage Hello() const {
    v1::ServiceMessage message;
    v1::Hello& hello = *message.mutable_hello();
    hello.set_minimum_protocol(1);
    hello.set_maximum_protocol(1);
    hello.set_boot_id(*ReadBootId());
    hello.set_launch_id("launch");
    hello.set_machine_id("M");
    hello.set_epoch(5);
    return message;
  }
  v1::WorkerMessage Ask(const v1::ServiceMessage& message) {
    const machine::FileDescriptor fd = Connect();
    const std::string bytes = Frame(message);
    EXPECT_EQ(write(fd.get(), bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
    FrameReader reader;
    const std::string answer = ReadToEnd(fd.get());
    reader.Append(answer);
    absl::string_view frame;
    v1::WorkerMessage parsed;
    const auto next = reader.Next(&frame);
    if (next.ok() && *next) {
      EXPECT_TRUE(parsed.ParseFromArray(frame.data(), static_cast<int>(frame.size())));
    }
    return parsed;
  }
  void ExpectServed() {
    ASSERT_TRUE(launched_.machine->WriteSerial(0, "echo served\n").ok());
    EXPECT_TRUE(observer_.WaitForOutput(0, "\nserved"));
    EXPECT_EQ(observer_.ends(), 0);
  }

  TemporaryFolder folder_;
  RecordingObserver observer_;
  std::unique_ptr<WorkerHypervisor> hypervisor_;
  machine::LaunchedMachine launched_;
  machine::FileDescriptor runtime_;
};

TEST_F(HostileControllerTest, GarbageEndsItsConnectionOnly) {
  v1::ServiceMessage action;
  action.set_request_id(1);
  action.mutable_action()->set_kind(v1::Action::KIND_TURN_OFF);
  const std::string cases[] = {
      std::string("\xff\xff\xff\xff", 4),            // a length of 4 GiB
      std::string("\0\0\0\0", 4),                    // a length of 0
      std::string("\3\0\0\0\xff\xff\xff", 7),        // does not parse
      std::string("GET / HTTP/1.1\r\nHost: x\r\n"),  // another protocol
      Frame(action),                                 // a request without a Hello
  };
  for (const std::string& bytes : cases) {
    const machine::FileDescriptor fd = Connect();
    ASSERT_EQ(write(fd.get(), bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
    EXPECT_EQ(ReadToEnd(fd.get()), "");
  }
  ExpectServed();
}

TEST_F(HostileControllerTest, ManySilentConnectionsDelayNobody) {
  std::vector<machine::FileDescriptor> silent;
  for (int i = 0; i < 6; ++i) silent.push_back(Connect());
  ExpectServed();
}

TEST_F(HostileControllerTest, AControllerThatIsNotTheRightOneIsRefused) {
  v1::ServiceMessage hello = Hello();
  hello.mutable_hello()->set_minimum_protocol(2);
  hello.mutable_hello()->set_maximum_protocol(3);
  EXPECT_EQ(Ask(hello).refused().why(), v1::Refused::WHY_PROTOCOL);
  hello = Hello();
  hello.mutable_hello()->set_machine_id("OTHER");
  EXPECT_EQ(Ask(hello).refused().why(), v1::Refused::WHY_IDENTITY);
  hello = Hello();
  hello.mutable_hello()->set_boot_id("another boot");
  EXPECT_EQ(Ask(hello).refused().why(), v1::Refused::WHY_IDENTITY);
  hello = Hello();
  hello.mutable_hello()->set_epoch(4);
  EXPECT_EQ(Ask(hello).refused().why(), v1::Refused::WHY_EPOCH);
  ExpectServed();
}

// ---- A service whose worker has gone bad. The worker is played by a thread; a child process stands for its process.

class HostileWorkerTest : public testing::Test {
 protected:
  void SetUp() override {
    auto loop = IoLoop::Start();
    ASSERT_TRUE(loop.ok());
    loop_ = *std::move(loop);
    runtime_ = machine::FileDescriptor(open(folder_.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    auto directory = LaunchDirectory::Create(runtime_.get(), "launch");
    ASSERT_TRUE(directory.ok());
    auto listener = directory->MakeListener();
    ASSERT_TRUE(listener.ok());
    listener_ = *std::move(listener);
    child_ = fork();
    if (child_ == 0) {
      while (true) pause();
    }
    v1::ProcessRecord record;
    auto* started = record.mutable_started();
    started->set_worker_process_id(static_cast<uint32_t>(child_));
    started->set_worker_start_ticks(*ProcessStartTicks(static_cast<uint32_t>(child_)));
    ASSERT_TRUE(AppendProcessRecord(directory->OpenRecord(true)->get(), record).ok());
    link_ = std::make_shared<WorkerLink>(loop_.get(), dispatcher_.get(), LinkIdentity{"M", "launch", "boot", 1},
                                         *std::move(directory), SpawnedProcess{}, &observer_, [] {});
  }
  void TearDown() override {
    link_->DropObserver();
    link_->Close();
    loop_->Stop();
    dispatcher_.reset();
    kill(child_, SIGKILL);
    waitpid(child_, nullptr, 0);
  }

  // Lets the link connect, reads its Hello, and sends `bytes` (with the counters page).
  void Play(const std::string& bytes, int page) {
    link_->Begin();
    pollfd polled{listener_.get(), POLLIN, 0};
    ASSERT_GT(poll(&polled, 1, 60'000), 0);
    connection_ = machine::FileDescriptor(accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    ASSERT_TRUE(connection_.valid());
    // Nobody else listens: a link that reconnects is refused at once.
    listener_.Close();
    iovec vector{const_cast<char*>(bytes.data()), bytes.size()};
    msghdr message{};
    message.msg_iov = &vector;
    message.msg_iovlen = 1;
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
    if (page >= 0) {
      message.msg_control = control;
      message.msg_controllen = sizeof(control);
      cmsghdr* const header = CMSG_FIRSTHDR(&message);
      header->cmsg_level = SOL_SOCKET;
      header->cmsg_type = SCM_RIGHTS;
      header->cmsg_len = CMSG_LEN(sizeof(int));
      memcpy(CMSG_DATA(header), &page, sizeof(page));
    }
    ASSERT_EQ(sendmsg(connection_.get(), &message, MSG_NOSIGNAL), static_cast<ssize_t>(bytes.size()));
  }
  // The link has killed the worker and says that the protocol was broken.
  void ExpectKilled(const std::string& why) {
    int status = 0;
    ASSERT_EQ(waitpid(child_, &status, 0), child_);
    EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    const auto ended = observer_.WaitForEnd();
    ASSERT_TRUE(ended.has_value());
    EXPECT_EQ(ended->kind, machine::EndKind::kWorkerDied);
    EXPECT_THAT(ended->detail, HasSubstr("broke its protocol"));
    EXPECT_THAT(ended->detail, HasSubstr(why));
  }
  static machine::FileDescriptor Page(bool sealed) {
    machine::FileDescriptor page(memfd_create("page", MFD_CLOEXEC | MFD_ALLOW_SEALING));
    EXPECT_EQ(ftruncate(page.get(), machine::kCountersPageSize), 0);
    if (sealed) {
      EXPECT_EQ(fcntl(page.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW), 0);
    }
    return page;
  }
  static std::string Frame(const v1::WorkerMessage& message) {
    std::string bytes;
    EXPECT_TRUE(AppendFrame(message, &bytes).ok());
    return bytes;
  }
  static v1::WorkerMessage Welcome() {
    v1::WorkerMessage message;
    v1::Welcome& welcome = *message.mutable_welcome();
    welcome.set_protocol(1);
    welcome.set_boot_id("boot");
    welcome.set_launch_id("launch");
    welcome.set_machine_id("M");
    welcome.set_next_event(1);
    welcome.set_serial_ports(1);
    return message;
  }

  TemporaryFolder folder_;
  RecordingObserver observer_;
  std::unique_ptr<Dispatcher> dispatcher_ = std::make_unique<Dispatcher>();
  std::unique_ptr<IoLoop> loop_;
  machine::FileDescriptor runtime_;
  machine::FileDescriptor listener_;
  machine::FileDescriptor connection_;
  pid_t child_ = -1;
  std::shared_ptr<WorkerLink> link_;
};

TEST_F(HostileWorkerTest, AProperWelcomeIsTaken) {
  const machine::FileDescriptor page = Page(true);
  ASSERT_NO_FATAL_FAILURE(Play(Frame(Welcome()), page.get()));
  EXPECT_TRUE(link_->WaitForHandshake(absl::Now() + absl::Seconds(60)).ok());
  EXPECT_EQ(link_->started()->worker_process_id(), static_cast<uint32_t>(child_));
}

TEST_F(HostileWorkerTest, ALengthOutOfRange) {
  ASSERT_NO_FATAL_FAILURE(Play(std::string("\xff\xff\xff\x7f", 4), -1));
  ExpectKilled("outside of");
}

TEST_F(HostileWorkerTest, AWelcomeOfAnotherMachine) {
  v1::WorkerMessage welcome = Welcome();
  welcome.mutable_welcome()->set_machine_id("OTHER");
  const machine::FileDescriptor page = Page(true);
  ASSERT_NO_FATAL_FAILURE(Play(Frame(welcome), page.get()));
  ExpectKilled("not from the worker");
}

TEST_F(HostileWorkerTest, APageThatCouldBeShrunkUnderTheReader) {
  const machine::FileDescriptor page = Page(false);
  ASSERT_NO_FATAL_FAILURE(Play(Frame(Welcome()), page.get()));
  ExpectKilled("counters page");
}

TEST_F(HostileWorkerTest, NoPageAtAll) {
  ASSERT_NO_FATAL_FAILURE(Play(Frame(Welcome()), -1));
  ExpectKilled("counters page");
}

TEST_F(HostileWorkerTest, AStateThatThereIsNot) {
  v1::WorkerMessage event;
  event.mutable_event()->set_number(1);
  event.mutable_event()->mutable_state_changed()->set_to(200);
  const machine::FileDescriptor page = Page(true);
  ASSERT_NO_FATAL_FAILURE(Play(Frame(Welcome()) + Frame(event), page.get()));
  ExpectKilled("no machine state 200");
}

TEST_F(HostileWorkerTest, EventsThatDoNotGrow) {
  v1::WorkerMessage event;
  event.mutable_event()->set_number(7);
  event.mutable_event()->mutable_reset();
  const machine::FileDescriptor page = Page(true);
  ASSERT_NO_FATAL_FAILURE(Play(Frame(Welcome()) + Frame(event) + Frame(event), page.get()));
  ExpectKilled("does not grow");
}

TEST_F(HostileWorkerTest, AnAnswerToNoRequest) {
  v1::WorkerMessage answer;
  answer.set_request_id(99);
  answer.mutable_result();
  const machine::FileDescriptor page = Page(true);
  ASSERT_NO_FATAL_FAILURE(Play(Frame(Welcome()) + Frame(answer), page.get()));
  ExpectKilled("no request");
}

TEST_F(HostileWorkerTest, SerialOutputOutOfOrder) {
  v1::WorkerMessage output;
  output.mutable_serial_output()->set_offset(100);
  output.mutable_serial_output()->set_data("abc");
  v1::WorkerMessage earlier = output;
  earlier.mutable_serial_output()->set_offset(50);
  const machine::FileDescriptor page = Page(true);
  ASSERT_NO_FATAL_FAILURE(Play(Frame(Welcome()) + Frame(output) + Frame(earlier), page.get()));
  ExpectKilled("out of order");
}

TEST_F(HostileWorkerTest, OutputOfAPortThatIsNotThere) {
  v1::WorkerMessage output;
  output.mutable_serial_output()->set_port(1);
  output.mutable_serial_output()->set_data("abc");
  const machine::FileDescriptor page = Page(true);
  ASSERT_NO_FATAL_FAILURE(Play(Frame(Welcome()) + Frame(output), page.get()));
  ExpectKilled("not there");
}

TEST_F(HostileWorkerTest, AFloodOfEventsWaitsForASlowObserver) {
  std::string flood = Frame(Welcome());
  for (uint64_t number = 1; number <= 2000; ++number) {
    v1::WorkerMessage event;
    event.mutable_event()->set_number(number);
    event.mutable_event()->mutable_reset();
    flood += Frame(event);
  }
  const machine::FileDescriptor page = Page(true);
  ASSERT_NO_FATAL_FAILURE(Play(flood, page.get()));
  EXPECT_TRUE(observer_.WaitForResets(2000)) << "none is lost";
}

}  // namespace
}  // namespace cimvisor::worker
