// Queries through an index and associations beside a bare echo, at two sizes; a filter without an index beside the same
// loop in bare C++. The machines are simulated.
#include <algorithm>
#include <cstdint>
#include <string>
#include <tuple>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "tests/bench/echo_peer.h"
#include "tests/bench/figures.h"
#include "tests/bench/world.h"

namespace cimvisor::bench {
namespace {

using client::Client;

// The median time of a query, in seconds; `rows` must come.
double Latency(Client& client, const std::string& wql, size_t rows, int calls) {
  std::vector<double> times;
  for (int i = 0; i < calls; ++i) {
    times.push_back(Seconds([&] {
      const auto found = client.QueryAll(wql);
      Require(found.status(), wql);
      if (found->size() != rows) throw MeasurementFailed(absl::StrCat(wql, ": ", found->size(), " rows"));
    }));
  }
  return Median(std::move(times));
}

// One indexed query beside an echo of its answer.
void MeasureLookup(const Plan& plan, World& world, const std::string& figure, const std::string& wql, double limit,
                   std::vector<Row>& rows) {
  const auto answer = world.client().QueryAll(wql);
  Require(answer.status(), wql);
  if (answer->empty()) throw MeasurementFailed(absl::StrCat(wql, ": no rows"));
  EchoPeer echo(world.client(), wql);
  const int calls = plan.Count(1000);
  rows.push_back(MeasurePairs(
      figure, "s", "bare gRPC echo of the same message", plan.pairs, {limit, true},
      [&] { return Latency(world.client(), wql, answer->size(), calls); },
      [&] { return Latency(echo.client(), wql, answer->size(), calls); }));
}

void MeasureFilter(const Plan& plan, World& world, int machines, std::vector<Row>& rows) {
  struct Machine {
    std::string element_name;
    uint16_t enabled_state = 0;
  };
  const std::string wql = "SELECT Name FROM Msvm_ComputerSystem WHERE EnabledState = 3 AND ElementName LIKE '%-99%'";
  const auto all = world.client().QueryAll("SELECT ElementName, EnabledState FROM Msvm_ComputerSystem");
  Require(all.status(), "listing");
  if (static_cast<int>(all->size()) < machines) throw MeasurementFailed("machines are missing");
  std::vector<Machine> bare;
  for (const client::Instance& machine : *all) {
    bare.push_back({client::Text(machine, "ElementName"),
                    static_cast<uint16_t>(client::Integer(machine, "EnabledState").value_or(0))});
  }
  const auto matches = [&] {
    return static_cast<size_t>(std::count_if(bare.begin(), bare.end(), [](const Machine& machine) {
      // What LIKE '%-99%' does for this pattern, which no letter is in.
      return machine.enabled_state == 3 && machine.element_name.find("-99") != std::string::npos;
    }));
  };
  const size_t expected = matches();
  rows.push_back(MeasurePairs(
      absl::StrCat("WQL filter without an index over ", machines, " machines, ", expected, " rows"), "s",
      "the same loop in bare C++ over structs", plan.pairs, {20, true},
      [&] { return Latency(world.client(), wql, expected, 5); },
      [&] {
        // Many times in a row: one is too short for the clock.
        constexpr int kTimes = 20;
        size_t sum = 0;
        const double seconds = Seconds([&] {
          for (int i = 0; i < kTimes; ++i) sum += matches();
        });
        if (sum != expected * kTimes) throw MeasurementFailed("the loop is wrong");
        return seconds / kTimes;
      }));
}

std::string ByKey(const std::string& path) {
  const size_t at = path.find(",Name=\"");
  if (at == std::string::npos) throw MeasurementFailed("no key in " + path);
  const std::string guid = path.substr(at + 7, path.find('"', at + 7) - at - 7);
  return absl::StrCat("SELECT * FROM Msvm_ComputerSystem WHERE Name = '", guid, "'");
}

}  // namespace

void MeasureQueries(const Plan& plan, std::vector<Row>& rows) {
  const int few_machines = plan.Count(1000);
  const int some_machines = plan.Count(10'000);
  const int many_machines = plan.Count(100'000);
  World few("simulated");
  few.Start();
  few.DefineUpTo(few_machines);
  World many("simulated");
  many.Start();
  many.DefineUpTo(some_machines);
  MeasureFilter(plan, many, some_machines, rows);
  many.DefineUpTo(many_machines);

  const std::string name = "sought";
  const std::string few_path = few.Define(few.client(), name, false);
  const std::string many_path = many.Define(many.client(), name, false);
  const std::string by_name = absl::StrCat("SELECT * FROM Msvm_ComputerSystem WHERE ElementName = '", name, "'");
  MeasureLookup(plan, few, absl::StrCat("WQL by key, ", few_machines, " machines"), ByKey(few_path), 2.5, rows);
  MeasureLookup(plan, many, absl::StrCat("WQL by key, ", many_machines, " machines"), ByKey(many_path), 2.5, rows);
  MeasureLookup(plan, few, absl::StrCat("WQL by ElementName, ", few_machines, " machines"), by_name, 2.5, rows);
  MeasureLookup(plan, many, absl::StrCat("WQL by ElementName, ", many_machines, " machines"), by_name, 2.5, rows);
  const int calls = plan.Count(1000);
  for (const auto& [how, there, here] :
       {std::tuple("key", ByKey(many_path), ByKey(few_path)), std::tuple("ElementName", by_name, by_name)}) {
    rows.push_back(MeasurePairs(
        absl::StrCat("WQL by ", how, ", ", many_machines, " beside ", few_machines), "s",
        "the same query of few machines", plan.pairs, {1.3, true},
        [&, wql = there] { return Latency(many.client(), wql, 1, calls); },
        [&, wql = here] { return Latency(few.client(), wql, 1, calls); }));
  }

  const std::string settings_query = absl::StrCat("ASSOCIATORS OF {", many_path,
                                                  "} WHERE AssocClass = Msvm_SettingsDefineState "
                                                  "ResultClass = Msvm_VirtualSystemSettingData");
  MeasureLookup(plan, many, "ASSOCIATORS OF a machine to its settings", settings_query, 3, rows);
  const auto settings = many.client().QueryAll(settings_query);
  Require(settings.status(), settings_query);
  MeasureLookup(plan, many, "ASSOCIATORS OF settings to their components",
                absl::StrCat("ASSOCIATORS OF {", settings->front().path(),
                             "} WHERE AssocClass = Msvm_VirtualSystemSettingDataComponent"),
                3, rows);
}

}  // namespace cimvisor::bench
