// The figures of docs/figures.md, an area a file. Each function appends its rows.
#ifndef CIMVISOR_TESTS_BENCH_FIGURES_H_
#define CIMVISOR_TESTS_BENCH_FIGURES_H_

#include <vector>

#include "tests/bench/measure.h"

namespace cimvisor::bench {

struct Plan {
  int pairs = 7;
  // Divides counts of machines and calls, for a run that only shows that the measurement works.
  int divisor = 1;
  int Count(int number) const { return number / divisor > 0 ? number / divisor : 1; }
};

void MeasureReads(const Plan& plan, std::vector<Row>& rows);        // GetInstance; enumerate
void MeasureQueries(const Plan& plan, std::vector<Row>& rows);      // WQL, associations; simulated machines
void MeasureDefinitions(const Plan& plan, std::vector<Row>& rows);  // DefineSystem
void MeasureMachines(const Plan& plan, std::vector<Row>& rows);     // start, turn off, memory of a worker
void MeasureService(const Plan& plan, std::vector<Row>& rows);      // memory, restart, adoption

}  // namespace cimvisor::bench

#endif  // CIMVISOR_TESTS_BENCH_FIGURES_H_
