#include "service/wql/test_classes.h"

#include <cstdlib>
#include <iostream>
#include <utility>
#include <vector>

#include "absl/strings/str_split.h"

namespace cimvisor::wql {
namespace {

using cim::CimType;

cim::Property MakeProperty(std::string name, CimType type, std::vector<std::string> qualifiers = {}) {
  cim::Property property;
  property.name = std::move(name);
  property.type = type;
  for (std::string& qualifier : qualifiers)
    property.qualifiers.push_back(cim::Qualifier{std::move(qualifier), cim::Value::Boolean(true)});
  return property;
}

cim::ClassDeclaration MakeClass(std::string name, std::string superclass, std::vector<cim::Property> properties,
                                std::vector<std::string> qualifiers = {}) {
  cim::ClassDeclaration declaration;
  declaration.name_space = kTestNamespace;
  declaration.name = std::move(name);
  declaration.superclass = std::move(superclass);
  declaration.properties = std::move(properties);
  for (std::string& qualifier : qualifiers)
    declaration.qualifiers.push_back(cim::Qualifier{std::move(qualifier), cim::Value::Boolean(true)});
  return declaration;
}

std::vector<cim::ClassDeclaration> Declarations() {
  cim::Property status = MakeProperty("OperationalStatus", CimType::kUint16);
  status.is_array = true;
  cim::Property owner = MakeProperty("Owner", CimType::kReference);
  owner.reference_class = "Test_System";
  cim::Property target = MakeProperty("TargetInstance", CimType::kObject);
  cim::Property previous = MakeProperty("PreviousInstance", CimType::kObject);
  return {
      MakeClass("Test_Element", "",
                {MakeProperty("Caption", CimType::kString), MakeProperty("ElementName", CimType::kString)},
                {"Abstract"}),
      MakeClass("Test_System", "Test_Element",
                {MakeProperty("Name", CimType::kString, {"Key"}), MakeProperty("EnabledState", CimType::kUint16),
                 MakeProperty("ProcessID", CimType::kUint32), MakeProperty("OnTime", CimType::kUint64),
                 MakeProperty("Offset", CimType::kSint32), MakeProperty("Ratio", CimType::kReal64),
                 MakeProperty("Shared", CimType::kBoolean), MakeProperty("Installed", CimType::kDateTime),
                 MakeProperty("Load", CimType::kUint16, {"Cimvisor_Volatile"}), status, owner}),
      MakeClass("Test_Machine", "Test_System", {MakeProperty("Notes", CimType::kString)}),
      MakeClass("Test_Host", "Test_System", {}),
      MakeClass("__Event", "", {MakeProperty("TIME_CREATED", CimType::kUint64)}, {"Abstract", "Indication"}),
      MakeClass("__InstanceOperationEvent", "__Event", {target}, {"Indication"}),
      MakeClass("__InstanceCreationEvent", "__InstanceOperationEvent", {}, {"Indication"}),
      MakeClass("__InstanceModificationEvent", "__InstanceOperationEvent", {previous}, {"Indication"}),
      MakeClass("__InstanceDeletionEvent", "__InstanceOperationEvent", {}, {"Indication"}),
      MakeClass("__ExtrinsicEvent", "__Event", {}, {"Indication"}),
      MakeClass("Test_Indication", "__ExtrinsicEvent", {MakeProperty("Severity", CimType::kUint16)}, {"Indication"}),
      MakeClass("Test_Alert", "Test_Indication", {MakeProperty("Text", CimType::kString)}, {"Indication"}),
      MakeClass("__AggregateEvent", "",
                {MakeProperty("NumberOfEvents", CimType::kUint32), MakeProperty("Representative", CimType::kObject)},
                {"Indication"}),
  };
}

void Require(const absl::Status& status) {
  if (status.ok()) return;
  std::cerr << "test classes: " << status << "\n";
  std::abort();
}

}  // namespace

const cim::ClassRepository& TestClasses() {
  static const cim::ClassRepository& repository = *[] {
    auto* made = new cim::ClassRepository();
    Require(made->Add(Declarations()));
    return made;
  }();
  return repository;
}

std::shared_ptr<const cim::Class> TestClass(absl::string_view name) {
  auto found = TestClasses().Find(kTestNamespace, name);
  Require(found.status());
  return *found;
}

std::shared_ptr<const cim::Instance> TestInstance(absl::string_view class_name, absl::string_view properties) {
  auto instance = std::make_shared<cim::Instance>(TestClass(class_name));
  for (absl::string_view part : absl::StrSplit(properties, ';', absl::SkipEmpty())) {
    const std::pair<std::string, std::string> named = absl::StrSplit(part, absl::MaxSplits('=', 1));
    if (named.second == "NULL") continue;
    Require(instance->Set(named.first, cim::Value::String(named.second)));
  }
  return instance;
}

}  // namespace cimvisor::wql
