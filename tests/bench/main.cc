// Measures the figures of docs/figures.md and prints them as a table.
// Usage: cimvisor_bench [--smoke] [--pairs N] [reads|queries|definitions|machines|service]...
#include <signal.h>
#include <sys/utsname.h>

#include <cstring>
#include <fstream>
#include <iostream>
#include <set>
#include <string>
#include <thread>

#include "absl/strings/numbers.h"
#include "absl/time/clock.h"
#include "tests/bench/figures.h"

namespace {

std::string Processor() {
  std::ifstream file("/proc/cpuinfo");
  std::string line;
  while (std::getline(file, line)) {
    if (line.rfind("model name", 0) == 0) return line.substr(line.find(':') + 2);
  }
  return "unknown processor";
}

}  // namespace

int main(int argc, char** argv) {
  cimvisor::bench::Plan plan;
  std::set<std::string> areas;
  for (int i = 1; i < argc; ++i) {
    if (std::strcmp(argv[i], "--smoke") == 0) {
      plan.pairs = 1;
      plan.divisor = 50;
    } else if (std::strcmp(argv[i], "--pairs") == 0 && i + 1 < argc && absl::SimpleAtoi(argv[i + 1], &plan.pairs) &&
               plan.pairs > 0) {
      ++i;
    } else if (argv[i][0] != '-') {
      areas.insert(argv[i]);
    } else {
      std::cerr << "usage: cimvisor_bench [--smoke] [--pairs N] [reads|queries|definitions|machines|service]...\n";
      return 2;
    }
  }
  const auto wanted = [&](const char* area) { return areas.empty() || areas.count(area) != 0; };
  signal(SIGPIPE, SIG_IGN);  // libvirt says goodbye to a daemon that was killed
  std::vector<cimvisor::bench::Row> rows;
  try {
    if (wanted("reads")) cimvisor::bench::MeasureReads(plan, rows);
    if (wanted("queries")) cimvisor::bench::MeasureQueries(plan, rows);
    if (wanted("definitions")) cimvisor::bench::MeasureDefinitions(plan, rows);
    if (wanted("machines")) cimvisor::bench::MeasureMachines(plan, rows);
    if (wanted("service")) cimvisor::bench::MeasureService(plan, rows);
  } catch (const cimvisor::bench::MeasurementFailed& failure) {
    std::cerr << "bench: " << failure.what() << "\n";
    return 1;
  }
  utsname system = {};
  uname(&system);
  std::cout << "Measured " << absl::FormatTime("%Y-%m-%d", absl::Now(), absl::UTCTimeZone()) << " on "
            << std::thread::hardware_concurrency() << " cores of " << Processor() << ", Linux " << system.release
            << ", " << plan.pairs << " interleaved pairs.\n\n";
  cimvisor::bench::PrintRows(rows);
  return rows.empty() ? 1 : 0;
}
