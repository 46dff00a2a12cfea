#include "providers/inventory/configuration.h"

#include <functional>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "providers/inventory/errors.h"

namespace cimvisor::inventory {
namespace {

using ::testing::HasSubstr;

constexpr HostLimits kLimits{4096, 8};

using Edit = std::function<void(Configuration&)>;

absl::Status Validate(const Edit& edit) {
  Configuration configuration = DefaultConfiguration(kLimits);
  edit(configuration);
  return ValidateConfiguration(configuration, kLimits);
}

TEST(ConfigurationTest, TheDefaultIsValidOnEveryHost) {
  for (uint64_t memory : {2, 3, 64, 1024, 1000000}) {
    const HostLimits limits{memory, 1};
    EXPECT_TRUE(ValidateConfiguration(DefaultConfiguration(limits), limits).ok()) << memory;
  }
  EXPECT_EQ(DefaultConfiguration(kLimits).memory().quantity_mib(), 1024U);
  const HostLimits here = HostLimits::OfThisHost();
  EXPECT_GT(here.memory_mib, 16U);
  EXPECT_GE(here.processors, 1U);
}

TEST(ConfigurationTest, RefusesWhatNoMachineCanHave) {
  struct Row {
    const char* what;
    Edit edit;
    const char* message;
  };
  const std::vector<Row> rows = {
      {"no memory", [](Configuration& c) { c.mutable_memory()->set_quantity_mib(0); }, "at least 2 MiB"},
      {"odd memory", [](Configuration& c) { c.mutable_memory()->set_quantity_mib(513); }, "use 512 or 514"},
      {"a petabyte", [](Configuration& c) { c.mutable_memory()->set_quantity_mib(uint64_t{1} << 30); }, "at most 4096"},
      {"all the memory of the world", [](Configuration& c) { c.mutable_memory()->set_quantity_mib(UINT64_MAX - 1); },
       "at most 4096"},
      {"a heavy memory", [](Configuration& c) { c.mutable_memory()->set_weight(10001); }, "from 0 to 10000"},
      {"a dynamic minimum above the start",
       [](Configuration& c) {
         c.mutable_memory()->set_dynamic(true);
         c.mutable_memory()->set_reservation_mib(2048);
       },
       "minimum of the dynamic memory"},
      {"no processor", [](Configuration& c) { c.mutable_processor()->set_count(0); }, "at least one"},
      {"a thousand processors", [](Configuration& c) { c.mutable_processor()->set_count(1000); }, "at most 8"},
      {"a processor without weight", [](Configuration& c) { c.mutable_processor()->set_weight(0); }, "weight"},
      {"a reservation above the limit",
       [](Configuration& c) {
         c.mutable_processor()->set_limit(1000);
         c.mutable_processor()->set_reservation(2000);
       },
       "above the limit"},
      {"an empty name", [](Configuration& c) { c.mutable_system()->set_name(""); }, "empty"},
      {"a blank name", [](Configuration& c) { c.mutable_system()->set_name("   "); }, "empty"},
      {"a name of lines", [](Configuration& c) { c.mutable_system()->set_name("a\nb"); }, "U+000A"},
      {"a long name", [](Configuration& c) { c.mutable_system()->set_name(std::string(10000, 'x')); }, "at most 100"},
      {"endless notes", [](Configuration& c) { c.mutable_system()->add_notes(std::string(20000, 'x')); }, "notes"},
      {"generation 3", [](Configuration& c) { c.mutable_system()->set_generation(3); }, "generation"},
      {"an unknown startup action",
       [](Configuration& c) { c.mutable_system()->set_startup_action(static_cast<StartupAction>(9)); }, "startup"},
      {"a boot device of its own", [](Configuration& c) { c.mutable_system()->add_boot_order(9); }, "boot order"},
      {"one serial port", [](Configuration& c) { c.mutable_serial_ports()->RemoveLast(); }, "exactly 2"},
      {"a serial port to a path",
       [](Configuration& c) { c.mutable_serial_ports(0)->set_connection("\\\\.\\pipe\\..\\x"); }, "without slashes"},
      {"a serial port to a parent",
       [](Configuration& c) { c.mutable_serial_ports(0)->set_connection("\\\\.\\pipe\\.."); }, "not of the form"},
      {"a serial port to a file", [](Configuration& c) { c.mutable_serial_ports(1)->set_connection("/etc/shadow"); },
       "not of the form"},
      {"a kernel without a path", [](Configuration& c) { c.mutable_linux_kernel(); }, "kernel is empty"},
      {"a kernel above its root",
       [](Configuration& c) { c.mutable_linux_kernel()->set_kernel_path("/boot/../etc/shadow"); }, "\"..\""},
      {"an endless path",
       [](Configuration& c) { c.mutable_linux_kernel()->set_kernel_path("/" + std::string(5000, 'x')); }, "4095"},
      {"an endless command line",
       [](Configuration& c) {
         c.mutable_linux_kernel()->set_kernel_path("/boot/k");
         c.mutable_linux_kernel()->set_command_line(std::string(3000, 'x'));
       },
       "at most 2047"},
  };
  for (const Row& row : rows) {
    const absl::Status status = Validate(row.edit);
    ASSERT_FALSE(status.ok()) << row.what;
    EXPECT_EQ(KindOf(status), ErrorKind::kInvalidParameter) << row.what;
    EXPECT_THAT(std::string(status.message()), HasSubstr(row.message)) << row.what;
  }
}

TEST(ConfigurationTest, RefusesByNameWhatIsNotThere) {
  const absl::Status status =
      Validate([](Configuration& c) { c.mutable_system()->set_turn_off_on_guest_restart(true); });
  EXPECT_EQ(KindOf(status), ErrorKind::kNotSupported);
  EXPECT_THAT(std::string(status.message()), HasSubstr("guest restarts"));
}

TEST(ConfigurationTest, AcceptsTheLimitsThemselves) {
  EXPECT_TRUE(Validate([](Configuration& c) {
                c.mutable_memory()->set_quantity_mib(4096);
                c.mutable_processor()->set_count(8);
                c.mutable_system()->set_name(std::string(100, 'n'));
                c.mutable_serial_ports(0)->set_connection("\\\\.\\PIPE\\web");
                c.mutable_linux_kernel()->set_kernel_path("boot:hello");
                c.mutable_linux_kernel()->set_command_line(std::string(2047, 'c'));
              }).ok());
}

TEST(ConfigurationTest, HardwareCannotBeChangedWhileItRuns) {
  struct Row {
    const char* what;
    Edit edit;
  };
  const std::vector<Row> rows = {
      {"memory", [](Configuration& c) { c.mutable_memory()->set_quantity_mib(512); }},
      {"processors", [](Configuration& c) { c.mutable_processor()->set_count(2); }},
      {"kernel", [](Configuration& c) { c.mutable_linux_kernel()->set_kernel_path("/k"); }},
      {"firmware settings", [](Configuration& c) { c.mutable_system()->set_bios_serial_number("1"); }},
      {"firmware settings", [](Configuration& c) { c.mutable_system()->add_boot_order(1); }},
  };
  const Configuration before = DefaultConfiguration(kLimits);
  for (const Row& row : rows) {
    Configuration after = before;
    row.edit(after);
    EXPECT_TRUE(ValidateConfigurationChange(before, after, STATE_OFF).ok()) << row.what;
    for (State state : {STATE_RUNNING, STATE_PAUSED, STATE_STARTING, STATE_STOPPING}) {
      const absl::Status status = ValidateConfigurationChange(before, after, state);
      EXPECT_EQ(KindOf(status), ErrorKind::kInvalidState) << row.what;
      EXPECT_THAT(std::string(status.message()), HasSubstr(row.what));
    }
  }
}

TEST(ConfigurationTest, NamesAndNotesCanBeChangedWhileItRuns) {
  const Configuration before = DefaultConfiguration(kLimits);
  Configuration after = before;
  after.mutable_system()->set_name("other");
  after.mutable_system()->add_notes("seen");
  after.mutable_system()->set_recovery_action(RECOVERY_ACTION_NONE);
  after.mutable_serial_ports(0)->set_connection("\\\\.\\pipe\\x");
  EXPECT_TRUE(ValidateConfigurationChange(before, after, STATE_RUNNING).ok());
}

TEST(ConfigurationTest, TheGenerationNeverChanges) {
  const Configuration before = DefaultConfiguration(kLimits);
  Configuration after = before;
  after.mutable_system()->set_generation(2);
  EXPECT_EQ(KindOf(ValidateConfigurationChange(before, after, STATE_OFF)), ErrorKind::kInvalidParameter);
}

TEST(ConfigurationTest, OneKernelIsAddedAndRemoved) {
  Configuration configuration = DefaultConfiguration(kLimits);
  LinuxKernelSettings kernel;
  kernel.set_kernel_path("boot:hello");
  EXPECT_EQ(KindOf(RemoveLinuxKernel(configuration)), ErrorKind::kNotFound);
  EXPECT_TRUE(AddLinuxKernel(configuration, kernel).ok());
  EXPECT_EQ(KindOf(AddLinuxKernel(configuration, kernel)), ErrorKind::kAlreadyExists);
  EXPECT_TRUE(RemoveLinuxKernel(configuration).ok());
  EXPECT_FALSE(configuration.has_linux_kernel());
}

TEST(ConfigurationTest, ThereAreTwoSerialPorts) {
  EXPECT_TRUE(CheckSerialPort(0).ok());
  EXPECT_TRUE(CheckSerialPort(1).ok());
  EXPECT_EQ(KindOf(CheckSerialPort(2)), ErrorKind::kInvalidParameter);
  EXPECT_EQ(KindOf(CheckSerialPort(-1)), ErrorKind::kInvalidParameter);
}

}  // namespace
}  // namespace cimvisor::inventory
