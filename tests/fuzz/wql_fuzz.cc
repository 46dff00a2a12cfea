// A query's text, from a client: parsed, planned or compiled as an event query, and evaluated on an instance. Whatever
// the text, there is an answer or an error that shows the place.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <variant>

#include "absl/strings/string_view.h"
#include "service/wql/event_query.h"
#include "service/wql/limits.h"
#include "service/wql/parser.h"
#include "service/wql/planner.h"
#include "service/wql/test_classes.h"

namespace {

namespace cim = cimvisor::cim;
namespace wql = cimvisor::wql;

void Require(bool condition) {
  if (!condition) std::abort();
}

void EvaluateEvent(const wql::SelectQuery& select, const std::string& text, const wql::CompileContext& context) {
  const auto event_class = wql::TestClasses().Find(wql::kTestNamespace, select.class_name);
  if (!event_class.ok()) return;
  const auto query = wql::EventQuery::Compile(select, text, *event_class, context);
  if (!query.ok()) return;
  const auto target = wql::TestInstance("Test_Machine", "Name=a;EnabledState=2;Notes=n");
  const auto previous = wql::TestInstance("Test_Machine", "Name=a;EnabledState=3");
  query->Matches(*wql::TestInstance("__InstanceModificationEvent", ""), target.get(), previous.get());
  query->Matches(*wql::TestInstance("__InstanceCreationEvent", ""), target.get(), nullptr);
  const auto alert = wql::TestInstance("Test_Alert", "Text=a;Severity=2");
  query->Matches(*alert, nullptr, nullptr);
  if (query->group() == nullptr) return;
  query->group()->KeyOf({alert.get(), target.get(), previous.get()});
  query->group()->Selects(*wql::TestInstance("__AggregateEvent", "NumberOfEvents=3"));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::string_view text(reinterpret_cast<const char*>(data), size);
  const auto query = wql::ParseQuery(text);
  if (!query.ok()) {
    Require(size > wql::kMaxQueryBytes || query.status().message().find('^') != absl::string_view::npos);
    return 0;
  }
  const auto* select = std::get_if<wql::SelectQuery>(&query->statement);
  if (select == nullptr) return 0;
  const wql::CompileContext context{&wql::TestClasses(), "HOST"};
  if (select->IsEventQuery()) EvaluateEvent(*select, query->text, context);
  const auto plan = wql::PlanSelect(*select, query->text, wql::TestClass("Test_System"), context);
  if (!plan.ok()) return 0;
  const auto row = wql::TestInstance("Test_Machine",
                                     "Name=AB;ElementName=web;EnabledState=2;OnTime=5;Offset=-5;Ratio=2.5;Shared=TRUE");
  plan->filter.Matches(*row);
  // What the WHERE says in words means the same when it is read again.
  if (select->where.has_value()) {
    const auto again = wql::ParseQuery("SELECT * FROM C WHERE " + select->where->Text());
    if (again.ok()) Require(std::get<wql::SelectQuery>(again->statement).where->Text() == select->where->Text());
  }
  return 0;
}
