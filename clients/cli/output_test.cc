#include "clients/cli/output.h"

#include <sstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace cimvisor::cli {
namespace {

client::Instance Machine(const std::string& name, uint64_t state) {
  client::Instance instance;
  instance.set_class_name("Msvm_ComputerSystem");
  client::Set(instance, "ElementName", client::TextValue(name));
  client::Set(instance, "EnabledState", client::UnsignedValue(state));
  return instance;
}

TEST(OutputTest, TableAlignsByCharacters) {
  std::ostringstream out;
  PrintInstances(out, {Machine("größer", 2), Machine("x", 32776)});
  EXPECT_EQ(out.str(),
            "ELEMENTNAME  ENABLEDSTATE\n"
            "größer       2\n"
            "x            32776\n");
}

TEST(OutputTest, ControlCharactersCannotDriveTheTerminal) {
  std::ostringstream out;
  PrintInstances(out, {Machine("a\x1b[2Jb\n", 2)});
  EXPECT_EQ(out.str().find('\x1b'), std::string::npos);
  EXPECT_NE(out.str().find("a\\x1b[2Jb\\x0a"), std::string::npos);
}

TEST(OutputTest, ManyColumnsBecomeAList) {
  client::Instance wide;
  wide.set_class_name("C");
  for (int i = 0; i < 9; ++i) client::Set(wide, "P" + std::to_string(i), client::UnsignedValue(1));
  client::Set(wide, "Nothing", client::Value());
  std::ostringstream out;
  PrintInstances(out, {wide});
  EXPECT_NE(out.str().find("  P0 : 1\n"), std::string::npos) << out.str();
  EXPECT_EQ(out.str().find("Nothing"), std::string::npos);
}

TEST(OutputTest, JsonKeepsTypes) {
  client::Instance machine = Machine("web", 2);
  client::Set(machine, "Other", client::Value());
  client::Set(machine, "Enabled", client::BooleanValue(true));
  EXPECT_EQ(ToJson(machine).dump(),
            R"({"__CLASS":"Msvm_ComputerSystem","ElementName":"web","EnabledState":2,"Other":null,"Enabled":true})");
}

}  // namespace
}  // namespace cimvisor::cli
