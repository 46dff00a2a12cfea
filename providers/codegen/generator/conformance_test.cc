// One definition of a class: altering one property in the MOF is seen in the repository and in the generated C++.
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "gtest/gtest.h"
#include "providers/codegen/schema_files.h"
#include "service/cim/class_repository.h"

namespace cimvisor::codegen {
namespace {

namespace fs = std::filesystem;

constexpr char kMachineMof[] = "virtualization_v2/system/Msvm_ComputerSystem.mof";

std::string ReadText(const fs::path& path) {
  std::ifstream stream(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>());
}

// A copy of providers/schema in a folder of its own, removed at the end.
class ConformanceTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "cimvisor-schema-XXXXXX").string();
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    fs::copy("providers/schema", folder_ / "schema", fs::copy_options::recursive);
  }
  void TearDown() override { fs::remove_all(folder_); }

  void Alter(const std::string& from, const std::string& to) {
    fs::path path = folder_ / "schema" / kMachineMof;
    std::string text = ReadText(path);
    ASSERT_NE(text.find(from), std::string::npos);
    fs::permissions(path, fs::perms::owner_write, fs::perm_options::add);
    std::ofstream(path, std::ios::binary) << absl::StrReplaceAll(text, {{from, to}});
  }

  std::shared_ptr<const cim::Class> LoadMachine() {
    std::map<std::string, std::string> texts;
    for (const fs::directory_entry& entry : fs::recursive_directory_iterator(folder_ / "schema")) {
      if (entry.is_regular_file()) {
        texts[entry.path().lexically_relative(folder_ / "schema").generic_string()] = ReadText(entry.path());
      }
    }
    std::vector<schema::SchemaFile> files;
    for (const auto& [path, text] : texts) files.push_back({path, text});
    absl::Status loaded = schema::LoadSchemaFiles(files, &classes_);
    EXPECT_TRUE(loaded.ok()) << loaded;
    auto cls = classes_.Find("root/virtualization/v2", "Msvm_ComputerSystem");
    return cls.ok() ? *cls : nullptr;
  }

  // The exit code of the generator, run on the copy.
  int RunGenerator() {
    std::string command =
        absl::StrCat(CIMVISOR_SCHEMA_GENERATOR, " ", (folder_ / "schema").string(), " ", (folder_ / "out").string(),
                     " root/virtualization/v2=msvm_v2 2>", (folder_ / "errors").string());
    return std::system(command.c_str());
  }

  fs::path folder_;
  cim::ClassRepository classes_;
};

TEST_F(ConformanceTest, AnAlteredPropertyIsSeenEverywhere) {
  Alter("uint16 NumberOfNumaNodes;", "uint64 NumberOfNumaIslands;");
  std::shared_ptr<const cim::Class> machine = LoadMachine();
  ASSERT_NE(machine, nullptr);
  EXPECT_LT(machine->FindProperty("NumberOfNumaNodes"), 0);
  int slot = machine->FindProperty("NumberOfNumaIslands");
  ASSERT_GE(slot, 0);
  EXPECT_EQ(machine->properties()[static_cast<size_t>(slot)].type, cim::CimType::kUint64);
  ASSERT_EQ(RunGenerator(), 0) << ReadText(folder_ / "errors");
  std::string header = ReadText(folder_ / "out/providers/schema/msvm_v2/system.h");
  EXPECT_EQ(header.find("number_of_numa_nodes"), std::string::npos);
  EXPECT_NE(header.find("std::optional<uint64_t> number_of_numa_islands() const"), std::string::npos);
  EXPECT_NE(header.find(absl::StrCat("kNumberOfNumaIslandsSlot = ", slot, ";")), std::string::npos);
  EXPECT_NE(ReadText(folder_ / "out/schema_text.cc").find("uint64 NumberOfNumaIslands;"), std::string::npos);
}

TEST_F(ConformanceTest, AMethodWithoutARowFailsTheBuild) {
  Alter("uint16 NumberOfNumaNodes;", "uint16 NumberOfNumaNodes;\n  uint32 Levitate();");
  EXPECT_NE(RunGenerator(), 0);
  EXPECT_NE(ReadText(folder_ / "errors").find("no row for Msvm_ComputerSystem.Levitate"), std::string::npos);
}

TEST_F(ConformanceTest, ABrokenMofFailsTheBuildWithItsPlace) {
  Alter("uint16 NumberOfNumaNodes;", "uint16 NumberOfNumaNodes");
  EXPECT_NE(RunGenerator(), 0);
  EXPECT_NE(ReadText(folder_ / "errors").find(absl::StrCat(kMachineMof, ":")), std::string::npos);
}

}  // namespace
}  // namespace cimvisor::codegen
