#include "providers/inventory/machine_tickets.h"

#include <atomic>
#include <optional>
#include <thread>
#include <vector>

#include "absl/time/clock.h"
#include "gtest/gtest.h"
#include "providers/inventory/errors.h"

namespace cimvisor::inventory {
namespace {

TEST(MachineTicketsTest, OneMachineIsHeldOnceAndOthersAreFree) {
  MachineTickets tickets;
  auto first = tickets.Acquire("A", absl::InfiniteFuture());
  ASSERT_TRUE(first.ok());
  EXPECT_TRUE(tickets.Acquire("B", absl::Now()).ok());
  const auto second = tickets.Acquire("A", absl::Now());
  EXPECT_EQ(KindOf(second.status()), ErrorKind::kInUse);
  { const MachineTickets::Ticket gone = *std::move(first); }
  EXPECT_TRUE(tickets.Acquire("A", absl::Now()).ok());
  EXPECT_EQ(tickets.size(), 0U) << "nothing is remembered of machines that nobody holds";
}

TEST(MachineTicketsTest, HoldersExcludeEachOther) {
  MachineTickets tickets;
  std::atomic<int> inside{0};
  std::atomic<int> done{0};
  int counter = 0;  // guarded by the ticket alone
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      for (int round = 0; round < 200; ++round) {
        const auto ticket = tickets.Acquire("A", absl::InfiniteFuture());
        ASSERT_TRUE(ticket.ok());
        ASSERT_EQ(inside.fetch_add(1), 0);
        ++counter;
        inside.fetch_sub(1);
      }
      ++done;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(done, 8);
  EXPECT_EQ(counter, 8 * 200);
  EXPECT_EQ(tickets.size(), 0U);
}

}  // namespace
}  // namespace cimvisor::inventory
