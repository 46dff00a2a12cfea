#include "providers/codegen/schema_files.h"

#include <string>

#include "gtest/gtest.h"
#include "providers/codegen/schema.h"

namespace cimvisor::schema {
namespace {

TEST(SchemaFiles, IncludesAreRelativeToTheirFile) {
  cim::ClassRepository classes;
  absl::Status loaded = LoadSchemaFiles({{kIndexFile, "#pragma include (\"a/index.mof\")"},
                                         {"a/index.mof", "#pragma include (\"b/C.mof\")"},
                                         {"a/b/C.mof", "class C { [Key] string Name; uint16 Load; };"},
                                         {kVolatileFile, "# comment\n\nC.Load\n"}},
                                        &classes);
  ASSERT_TRUE(loaded.ok()) << loaded;
  auto cls = classes.Find("root", "C");
  ASSERT_TRUE(cls.ok());
  EXPECT_EQ((*cls)->declaration().file, "a/b/C.mof");
  EXPECT_FALSE((*cls)->properties()[0].is_volatile);
  EXPECT_TRUE((*cls)->properties()[1].is_volatile);
}

TEST(SchemaFiles, Errors) {
  cim::ClassRepository classes;
  EXPECT_FALSE(LoadSchemaFiles({}, &classes).ok());
  absl::Status missing =
      LoadSchemaFiles({{kIndexFile, "#pragma include (\"gone.mof\")"}, {kVolatileFile, ""}}, &classes);
  EXPECT_NE(std::string(missing.message()).find("index.mof:1:9: cannot include 'gone.mof'"), std::string::npos)
      << missing;
  absl::Status stray =
      LoadSchemaFiles({{kIndexFile, "class C { [Key] string Name; };"}, {kVolatileFile, "\nC.Load"}}, &classes);
  EXPECT_NE(std::string(stray.message()).find("volatile.txt:2: no class declares the property C.Load"),
            std::string::npos)
      << stray;
}

TEST(EmbeddedSchema, HoldsTheClassesOfTheSlice) {
  cim::ClassRepository classes;
  absl::Status loaded = LoadSchema(&classes);
  ASSERT_TRUE(loaded.ok()) << loaded;
  for (const char* name_space :
       {"root", "root/cimv2", "root/standardcimv2", "root/interop", "root/virtualization/v2"}) {
    EXPECT_TRUE(classes.Find(name_space, "__NAMESPACE").ok()) << name_space;
    EXPECT_TRUE(classes.Find(name_space, "__Provider").ok()) << name_space;
  }
  auto system = *classes.Find("root/virtualization/v2", "Msvm_ComputerSystem");
  EXPECT_EQ(system->Derivation().back(), "CIM_ManagedElement");
  ASSERT_EQ(system->key_slots().size(), 2u);
  EXPECT_EQ(system->properties()[static_cast<size_t>(system->key_slots()[0])].name, "CreationClassName");
  EXPECT_EQ(system->properties()[static_cast<size_t>(system->key_slots()[1])].name, "Name");
  EXPECT_TRUE(system->properties()[static_cast<size_t>(system->FindProperty("OnTimeInMilliseconds"))].is_volatile);
  // Clients read the return codes from the class.
  const cim::Method* change = system->FindMethod("RequestStateChange");
  ASSERT_NE(change, nullptr);
  EXPECT_NE(cim::FindQualifier(change->qualifiers, "ValueMap"), nullptr);
  EXPECT_NE(cim::FindQualifier(change->qualifiers, "Values"), nullptr);
  // A second load would declare every class twice.
  EXPECT_FALSE(LoadSchema(&classes).ok());
}

}  // namespace
}  // namespace cimvisor::schema
