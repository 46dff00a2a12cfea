// The service's own cost: memory, restart, adoption; beside libvirtd.
#include <sys/stat.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/bench/figures.h"
#include "tests/bench/libvirt_peer.h"
#include "tests/bench/world.h"
#include "tests/end_to_end/service_fixture.h"

namespace cimvisor::bench {
namespace {

void MeasureMemory(const Plan& plan, std::vector<Row>& rows) {
  World world;
  world.Start();
  LibvirtPeer libvirt(world.guest());
  libvirt.Start();
  const double empty = ResidentBytes(world.pid());
  const double libvirt_empty = ResidentBytes(libvirt.pid());
  rows.push_back(AbsoluteRow("resident memory of the empty service, in MB", Format(empty, "bytes"),
                             Format(libvirt_empty, "bytes") + " (libvirtd)", empty / 1e6, {32, true}));
  const int count = plan.Count(5000);
  world.DefineUpTo(plan.Count(200));  // what the first definitions allocate once and for all is no cost of each
  libvirt.DefineUpTo(plan.Count(200));
  const double begin = ResidentBytes(world.pid());
  const double libvirt_begin = ResidentBytes(libvirt.pid());
  world.DefineUpTo(plan.Count(200) + count);
  libvirt.DefineUpTo(plan.Count(200) + count);
  const double each = (ResidentBytes(world.pid()) - begin) / count;
  const double libvirt_each = (ResidentBytes(libvirt.pid()) - libvirt_begin) / count;
  rows.push_back(AbsoluteRow(absl::StrCat("resident memory for each of ", count, " defined machines, in KB"),
                             Format(each, "bytes"), Format(libvirt_each, "bytes") + " (libvirtd)", each / 1e3,
                             {8, true}));
  const int many = plan.Count(10'000);
  world.DefineUpTo(many);
  libvirt.DefineUpTo(many);
  const double ours = ResidentBytes(world.pid());
  const double theirs = ResidentBytes(libvirt.pid());
  rows.push_back(AbsoluteRow(absl::StrCat("resident memory with ", many, " machines defined, beside libvirtd's"),
                             Format(ours, "bytes"), Format(theirs, "bytes") + " (libvirtd)", ours / theirs, {1, true}));
}

void MeasureRestart(const Plan& plan, std::vector<Row>& rows) {
  World world;
  world.Start();
  LibvirtPeer libvirt(world.guest());
  libvirt.Start();
  const int count = plan.Count(1000);
  world.DefineUpTo(count);
  libvirt.DefineUpTo(count);
  rows.push_back(MeasurePairs(
      absl::StrCat("restart with ", count, " defined machines, kill -9 to first answer"), "s", "libvirtd's", plan.pairs,
      {0.3, true},
      [&] {
        world.Kill();
        return Seconds([&] { world.Start(); });
      },
      [&] {
        libvirt.Kill();
        return Seconds([&] { libvirt.Start(); });
      }));
}

void MeasureAdoption(const Plan& plan, std::vector<Row>& rows) {
  World world;
  world.Start();
  LibvirtPeer libvirt(world.guest());
  libvirt.Start();
  const int count = plan.Count(20);
  libvirt.DefineUpTo(count);
  chmod(world.folder().c_str(), 0755);
  std::vector<std::string> paths;
  for (int i = 0; i < count; ++i) {
    paths.push_back(world.Define(world.client(), absl::StrCat("adopt-", i), true));
    world.RequestState(world.client(), paths.back(), 2);
    libvirt.StartDomain(LibvirtName(i));
  }
  rows.push_back(MeasurePairs(
      absl::StrCat("readopting ", count, " running machines after kill -9"), "s", "libvirtd with its guests",
      plan.pairs, {0.5, true},
      [&] {
        world.Kill();
        return Seconds([&] {
          world.Start();
          const auto running =
              world.client().QueryAll("SELECT * FROM Msvm_ComputerSystem WHERE EnabledState = 2 AND ProcessID > 0");
          Require(running.status(), "listing");
          if (static_cast<int>(running->size()) != count) {
            Require(absl::InternalError(absl::StrCat(running->size(), " of ", count, " machines run")), "adoption");
          }
        });
      },
      [&] {
        libvirt.Kill();
        return Seconds([&] {
          libvirt.Start();
          libvirt.AllStatistics();
        });
      }));
}

}  // namespace

void MeasureService(const Plan& plan, std::vector<Row>& rows) {
  MeasureMemory(plan, rows);
  MeasureRestart(plan, rows);
  MeasureAdoption(plan, rows);
}

}  // namespace cimvisor::bench
