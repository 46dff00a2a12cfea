#include "tests/bench/measure.h"

#include <algorithm>
#include <fstream>
#include <future>
#include <iostream>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "tests/end_to_end/process.h"

namespace cimvisor::bench {

double Median(std::vector<double> values) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  const size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

std::string Format(double value, const std::string& unit) {
  if (unit == "s" && value < 1e-3) return absl::StrFormat("%.0f µs", value * 1e6);
  if (unit == "s" && value < 1) return absl::StrFormat("%.1f ms", value * 1e3);
  if (unit == "bytes" && value >= 1 << 20) return absl::StrFormat("%.1f MiB", value / (1 << 20));
  if (unit == "bytes") return absl::StrFormat("%.1f KiB", value / 1024);
  return absl::StrFormat("%.4g %s", value, unit);
}

Row MeasurePairs(const std::string& figure, const std::string& unit, const std::string& peer_name, int pairs, Goal goal,
                 const std::function<double()>& ours, const std::function<double()>& peer) {
  std::vector<double> our_values;
  std::vector<double> peer_values;
  std::vector<double> ratios;
  for (int i = 0; i < pairs; ++i) {
    our_values.push_back(ours());
    peer_values.push_back(peer());
    ratios.push_back(our_values.back() / peer_values.back());
  }
  Row row;
  row.figure = figure;
  row.ours = Format(Median(our_values), unit);
  row.peer = absl::StrCat(Format(Median(peer_values), unit), " (", peer_name, ")");
  row.ratio = Median(ratios);
  row.lowest = *std::min_element(ratios.begin(), ratios.end());
  row.highest = *std::max_element(ratios.begin(), ratios.end());
  row.goal = absl::StrFormat("%s %.2f", goal.at_most ? "at most" : "at least", goal.limit);
  row.reached = goal.at_most ? row.ratio <= goal.limit : row.ratio >= goal.limit;
  std::cerr << figure << ": " << row.ours << " beside " << row.peer << ", ratio " << absl::StrFormat("%.3f", row.ratio)
            << "\n";
  return row;
}

Row AbsoluteRow(const std::string& figure, const std::string& ours, const std::string& peer, double value, Goal goal) {
  Row row;
  row.figure = figure;
  row.ours = ours;
  row.peer = peer;
  row.ratio = row.lowest = row.highest = value;
  row.goal = absl::StrFormat("%s %.2f", goal.at_most ? "at most" : "at least", goal.limit);
  row.reached = goal.at_most ? value <= goal.limit : value >= goal.limit;
  std::cerr << figure << ": " << ours << " beside " << peer << "\n";
  return row;
}

void PrintRows(const std::vector<Row>& rows) {
  std::cout << "| figure | ours (median) | beside, in the same run (median) | ratio (spread) | to reach | reached |\n"
            << "| --- | --- | --- | --- | --- | --- |\n";
  for (const Row& row : rows) {
    std::cout << absl::StreamFormat("| %s | %s | %s | %.3f (%.3f to %.3f) | %s | %s |\n", row.figure, row.ours,
                                    row.peer, row.ratio, row.lowest, row.highest, row.goal, row.reached ? "yes" : "no");
  }
}

void OnThreads(int threads, const std::function<void(int)>& work) {
  std::vector<std::future<void>> running;
  running.reserve(static_cast<size_t>(threads));
  for (int i = 0; i < threads; ++i) running.push_back(std::async(std::launch::async, work, i));
  for (std::future<void>& thread : running) thread.wait();
  for (std::future<void>& thread : running) thread.get();
}

double Seconds(const std::function<void()>& action) {
  const absl::Time begin = absl::Now();
  action();
  return absl::ToDoubleSeconds(absl::Now() - begin);
}

double ResidentBytes(int pid) {
  double kilobytes = 0;
  for (const char* field : {"RssAnon", "RssFile"}) {
    double value = 0;
    const std::string text = testing::ProcessStatus(pid, field);
    if (absl::SimpleAtod(absl::string_view(text).substr(0, text.find(' ')), &value)) kilobytes += value;
  }
  return kilobytes * 1024;
}

}  // namespace cimvisor::bench
