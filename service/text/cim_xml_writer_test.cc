#include "service/text/cim_xml_writer.h"

#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "service/cim/object_path.h"
#include "service/cim/system_properties.h"
#include "service/text/cim_xml_reader.h"
#include "service/text/mof_test_util.h"

namespace cimvisor::text {
namespace {

TEST(CimXmlWriter, InstancesReadBack) {
  cim::ClassRepository repository;
  FillRepository(kTestSchema, &repository);
  auto thing = *repository.Find("root/test", "Thing");
  auto part = std::make_shared<cim::Instance>(*repository.Find("root/test", "Part"));
  ASSERT_TRUE(part->Set("Name", cim::Value::String("<p> & \"q\"")).ok());
  cim::Instance instance(thing);
  using cim::CimType;
  using cim::Value;
  auto set = [&instance](const char* name, const Value& value) {
    absl::Status status = instance.Set(name, value);
    ASSERT_TRUE(status.ok()) << status;
  };
  set("Name", Value::String(" <a> & ]]> \t tab\nnewline \xC3\xA9 "));
  set("Flag", Value::Boolean(true));
  set("LargeSigned", Value::Signed(CimType::kSint64, -5));
  set("Precise", Value::Real(CimType::kReal64, 0.1));
  set("Born", Value::Time(cim::DateTime::FromDuration(absl::Seconds(5))));
  set("Texts", Value::Array(CimType::kString, {Value::String("a"), Value::Null(CimType::kString), Value::String("")}));
  set("Numbers", Value::Array(CimType::kUint16, {Value::Unsigned(CimType::kUint16, 9)}));
  cim::ObjectPath nested(
      "root/test", "Link",
      {{"End", Value::Reference(cim::ObjectPath("root/test", "Thing", {{"Name", Value::String("b")}}))}});
  set("Friend", Value::Reference(nested));
  set("Piece", Value::Object(part));
  set("Pieces", Value::Array(CimType::kObject, {Value::Object(part)}));
  set("Anything", Value::Object(part));
  for (const char* host : {"", "HOST"}) {
    std::string text = WriteInstanceXml(instance, host);
    auto again = ParseInstanceXml(text, repository, "root/test");
    ASSERT_TRUE(again.ok()) << again.status() << text;
    for (size_t i = 0; i < thing->properties().size(); ++i) {
      EXPECT_EQ((*again)->value(static_cast<int>(i)), instance.value(static_cast<int>(i)))
          << thing->properties()[i].name << "\n"
          << text;
    }
  }
}

TEST(CimXmlWriter, NameIsTheFirstAttributeAndNullHasNoValue) {
  cim::ClassRepository repository;
  FillRepository(kTestSchema, &repository);
  cim::Instance part(*repository.Find("root/test", "Part"));
  ASSERT_TRUE(part.Set("Size", cim::Value::Unsigned(cim::CimType::kUint32, 7)).ok());
  EXPECT_EQ(WriteInstanceXml(part),
            "<INSTANCE CLASSNAME=\"Part\"><PROPERTY NAME=\"Name\" TYPE=\"string\"/><PROPERTY NAME=\"Size\" "
            "TYPE=\"uint32\"><VALUE>7</VALUE></PROPERTY></INSTANCE>");
}

TEST(CimXmlWriter, SystemColumnsAreNoProperties) {
  cim::ClassRepository repository;
  FillRepository(kTestSchema, &repository);
  const cim::Instance part(*repository.Find("root/test", "Part"));
  const std::vector<int> slots = {cim::SystemColumn(cim::SystemProperty::kClass), part.cls().FindProperty("Size")};
  EXPECT_EQ(WriteInstanceXml(part, "", XmlForm::kCim, &slots),
            "<INSTANCE CLASSNAME=\"Part\"><PROPERTY NAME=\"Size\" TYPE=\"uint32\"/></INSTANCE>");
}

TEST(CimXmlWriter, PathsOfClassesAndSingletons) {
  cim::ClassRepository repository;
  FillRepository(kTestSchema, &repository);
  for (const cim::ObjectPath& path :
       {cim::ObjectPath("root/test", "Thing"), cim::ObjectPath("", "Thing"),
        cim::ObjectPath::Singleton("root/test", "T"), cim::ObjectPath("", "T", {{"", cim::Value::String("v")}})}) {
    cim::Instance instance(*repository.Find("root/test", "Thing"));
    ASSERT_TRUE(instance.Set("Friend", cim::Value::Reference(path)).ok());
    auto again = ParseInstanceXml(WriteInstanceXml(instance), repository, "root/test");
    ASSERT_TRUE(again.ok()) << again.status();
    EXPECT_EQ((*again)->Find("Friend")->reference(), path) << WriteInstanceXml(instance);
  }
}

}  // namespace
}  // namespace cimvisor::text
