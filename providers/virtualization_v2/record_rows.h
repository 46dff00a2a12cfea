// Machines as rows that are not made yet: what a filter can decide from a record, so that only rows that may be
// selected become instances. Each says exactly what the instance has (record_rows_test.cc).
#ifndef CIMVISOR_PROVIDERS_VIRTUALIZATION_V2_RECORD_ROWS_H_
#define CIMVISOR_PROVIDERS_VIRTUALIZATION_V2_RECORD_ROWS_H_

#include "providers/inventory/device_ids.h"
#include "providers/inventory/records.pb.h"
#include "service/broker/provider.h"
#include "service/cim/scalar.h"

namespace cimvisor::views {

// A machine as Msvm_ComputerSystem.
class MachineRow : public cim::ScalarRow {
 public:
  explicit MachineRow(const inventory::MachineRecord& machine) : machine_(machine) {}
  bool Read(int slot, cim::Scalar* value) const override;

 private:
  const inventory::MachineRecord& machine_;
};

// A settings object of a machine: the system settings, memory and processors tell what is commonly asked; others
// nothing.
class SettingsRow : public cim::ScalarRow {
 public:
  SettingsRow(const inventory::MachineRecord& machine, inventory::DeviceKind kind) : machine_(machine), kind_(kind) {}
  bool Read(int slot, cim::Scalar* value) const override;

 private:
  const inventory::MachineRecord& machine_;
  const inventory::DeviceKind kind_;
};

// The verdict of a filter that may be null.
inline broker::RowFilter::Verdict Decide(broker::RowFilter* filter, const cim::ScalarRow& row) {
  return filter == nullptr ? broker::RowFilter::Verdict::kMake : filter->Decide(row);
}

}  // namespace cimvisor::views

#endif  // CIMVISOR_PROVIDERS_VIRTUALIZATION_V2_RECORD_ROWS_H_
