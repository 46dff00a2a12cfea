// Interleaved pairs and their ratios: the only figures that mean something on a noisy machine.
#ifndef CIMVISOR_TESTS_BENCH_MEASURE_H_
#define CIMVISOR_TESTS_BENCH_MEASURE_H_

#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

namespace cimvisor::bench {

// Ends a measurement that did not do its work: it has no figure. Thrown, so that every program started for it ends with
// its owner; main() says what it was.
class MeasurementFailed : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

double Median(std::vector<double> values);

// One row of docs/figures.md.
struct Row {
  std::string figure;
  std::string ours;   // median with unit
  std::string peer;   // median with unit, and what it is
  double ratio = 0;   // median of ours / peer, pair by pair
  double lowest = 0;  // of the ratios
  double highest = 0;
  std::string goal;  // "at most 2.00"
  bool reached = false;
};

struct Goal {
  double limit = 0;
  bool at_most = true;  // else at least
};

// Measures `ours` and `peer` in turn, `pairs` times; both return one value in `unit` (larger may be better or worse:
// see `goal`).
Row MeasurePairs(const std::string& figure, const std::string& unit, const std::string& peer_name, int pairs, Goal goal,
                 const std::function<double()>& ours, const std::function<double()>& peer);

// For a value that is compared with a limit of its own.
Row AbsoluteRow(const std::string& figure, const std::string& ours, const std::string& peer, double value, Goal goal);

// A Markdown table.
void PrintRows(const std::vector<Row>& rows);

// Runs `work` on as many threads, with their numbers from 0, and waits for all; throws what one of them threw.
void OnThreads(int threads, const std::function<void(int)>& work);

// Seconds that `action` takes.
double Seconds(const std::function<void()>& action);

// Resident bytes of a process, without what it shares through memory files (RssAnon + RssFile of /proc/PID/status).
double ResidentBytes(int pid);

std::string Format(double value, const std::string& unit);

}  // namespace cimvisor::bench

#endif  // CIMVISOR_TESTS_BENCH_MEASURE_H_
