#include "service/broker/testing/test_world.h"
#include "service/cim/status_macros.h"
#include "service/text/mof_parser.h"

namespace cimvisor::broker::testing {
namespace {

const char kMof[] = R"mof(
[Abstract] class T_Element { string ElementName; };
[Abstract] class T_System : T_Element {
  [Key] string CreationClassName;
  [Key] string Name;
  uint16 State;
  [Cimvisor_Volatile] uint32 Load;
  uint32 SetState([In] uint16 State, [In] datetime Timeout, [Out] string Job);
};
class T_Machine : T_System { string Notes; };
class T_Host : T_System { };
class T_Settings : T_Element { [Key] string InstanceID; string Notes; uint64 Size; };
class T_Memory : T_Settings { };
class T_Secret : T_Element { [Key] string InstanceID; };
class T_Bare : T_Element { [Key] string InstanceID; uint32 Ping(); };
class T_Error : T_Element { [Key] string Message; };
class T_Service : T_Element {
  [Key] string Name;
  uint32 Define([In, EmbeddedInstance("T_Settings")] string Settings,
                [In, EmbeddedInstance("T_Element")] string Resources[],
                [In] T_Settings REF Reference,
                [In, Cimvisor_AlsoAccepts{"T_System"}] T_Settings REF Affected,
                [In] uint16 Codes[],
                [In] boolean Force,
                [Out] T_System REF Result,
                [Out] string Text);
  [Static] uint32 Version([Out] uint32 Number);
};
[Association] class T_SettingsOfSystem { [Key] T_System REF System; [Key] T_Settings REF Settings; };
[Association] class T_Peer { [Key] T_Machine REF First; [Key] T_Machine REF Second; };
[Abstract, Indication] class __Event { uint64 TIME_CREATED; };
[Indication] class __InstanceOperationEvent : __Event { object TargetInstance; };
[Indication] class __InstanceCreationEvent : __InstanceOperationEvent { };
[Indication] class __InstanceDeletionEvent : __InstanceOperationEvent { };
[Indication] class __InstanceModificationEvent : __InstanceOperationEvent {
  object PreviousInstance;
};
[Indication] class __MethodInvocationEvent : __InstanceOperationEvent { string Method; };
[Indication] class __TimerEvent : __Event { string TimerId; };
[Indication] class __ClassOperationEvent : __Event { object TargetClass; };
[Indication] class __ExtrinsicEvent : __Event { };
[Indication] class T_Alert : __ExtrinsicEvent { string Text; };
[Indication] class T_SecretAlert : T_Alert { };
class __AggregateEvent { uint32 NumberOfEvents; object Representative; };
)mof";

}  // namespace

absl::Status AddTestClasses(cim::ClassRepository& classes) {
  ASSIGN_OR_RETURN(text::MofDocument document, text::ParseMof({"test.mof", kMof}, kNamespace, nullptr));
  RETURN_IF_ERROR(classes.Add(std::move(document.classes)));
  cim::ClassDeclaration other;
  other.name_space = kOtherNamespace;
  other.name = "T_Other";
  other.qualifiers.push_back(cim::Qualifier{"Abstract", cim::Value::Boolean(true)});
  return classes.Add({other});
}

}  // namespace cimvisor::broker::testing
