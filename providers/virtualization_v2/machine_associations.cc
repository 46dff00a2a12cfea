#include "providers/virtualization_v2/machine_associations.h"

#include <optional>
#include <string>

#include "absl/strings/ascii.h"
#include "providers/inventory/inventory.h"
#include "providers/schema/msvm_v2/associations.h"
#include "providers/virtualization_v2/association_provider.h"
#include "providers/virtualization_v2/association_values.h"
#include "providers/virtualization_v2/object_paths.h"
#include "providers/virtualization_v2/settings_view.h"

namespace cimvisor::views {
namespace {

namespace v2 = msvm::v2;
using inventory::DeviceId;
using inventory::DeviceKind;
using inventory::MachinePointer;

// The machine that `path` names as Msvm_ComputerSystem; null when there is none.
MachinePointer MachineAt(const ViewContext& context, const ViewReadPoint& read_point, const cim::ObjectPath& path) {
  const std::optional<std::string> name = ComputerSystemName(context, path);
  return name.has_value() ? read_point.machines().Find(*name) : nullptr;
}

// The machine and the settings object that `path` names; the machine is null when it has no such object.
MachinePointer MachineWithSettingsAt(const ViewContext& context, const ViewReadPoint& read_point,
                                     const cim::ObjectPath& path, DeviceId* settings) {
  const std::optional<DeviceId> id = SettingsOfPath(context, path);
  if (!id.has_value()) return nullptr;
  MachinePointer machine = read_point.machines().Find(id->machine_id);
  if (machine == nullptr || id->number >= ViewOfKind(id->kind).count(machine->record)) return nullptr;
  *settings = *id;
  return machine;
}

class SettingsDefineStateProvider : public AssociationProvider {
 public:
  explicit SettingsDefineStateProvider(const ViewContext& context)
      : AssociationProvider(v2::SettingsDefineState::kManagedElementSlot, v2::SettingsDefineState::kSettingDataSlot),
        context_(context) {}

 protected:
  void All(const ViewReadPoint& read_point, broker::InstanceSink sink) const override {
    read_point.machines().ForEach([&](const MachinePointer& machine) {
      return sink(RenderSettingsDefineState(context_, machine->id(), machine->record.revisions().created()));
    });
  }
  void FromFirst(const ViewReadPoint& read_point, const cim::ObjectPath& object,
                 broker::InstanceSink sink) const override {
    const MachinePointer machine = MachineAt(context_, read_point, object);
    if (machine != nullptr)
      sink(RenderSettingsDefineState(context_, machine->id(), machine->record.revisions().created()));
  }
  void FromSecond(const ViewReadPoint& read_point, const cim::ObjectPath& object,
                  broker::InstanceSink sink) const override {
    DeviceId settings;
    const MachinePointer machine = MachineWithSettingsAt(context_, read_point, object, &settings);
    if (machine == nullptr || settings.kind != DeviceKind::kSystem) return;
    sink(RenderSettingsDefineState(context_, machine->id(), machine->record.revisions().created()));
  }

 private:
  const ViewContext& context_;
};

class SettingDataComponentProvider : public AssociationProvider {
 public:
  explicit SettingDataComponentProvider(const ViewContext& context)
      : AssociationProvider(v2::VirtualSystemSettingDataComponent::kGroupComponentSlot,
                            v2::VirtualSystemSettingDataComponent::kPartComponentSlot),
        context_(context) {}

 protected:
  void All(const ViewReadPoint& read_point, broker::InstanceSink sink) const override {
    read_point.machines().ForEach([&](const MachinePointer& machine) { return ComponentsOf(*machine, sink); });
  }
  void FromFirst(const ViewReadPoint& read_point, const cim::ObjectPath& object,
                 broker::InstanceSink sink) const override {
    DeviceId settings;
    const MachinePointer machine = MachineWithSettingsAt(context_, read_point, object, &settings);
    if (machine != nullptr && settings.kind == DeviceKind::kSystem) ComponentsOf(*machine, sink);
  }
  void FromSecond(const ViewReadPoint& read_point, const cim::ObjectPath& object,
                  broker::InstanceSink sink) const override {
    DeviceId settings;
    const MachinePointer machine = MachineWithSettingsAt(context_, read_point, object, &settings);
    if (machine == nullptr || settings.kind == DeviceKind::kSystem) return;
    sink(RenderSettingDataComponent(context_, settings, ComponentRevision(machine->record, settings.kind)));
  }

 private:
  bool ComponentsOf(const inventory::Machine& machine, broker::InstanceSink sink) const {
    for (const DeviceId& device : SettingsOfMachine(machine.record)) {
      if (device.kind == DeviceKind::kSystem) continue;
      if (!sink(RenderSettingDataComponent(context_, device, ComponentRevision(machine.record, device.kind))))
        return false;
    }
    return true;
  }

  const ViewContext& context_;
};

class ServiceAffectsElementProvider : public AssociationProvider {
 public:
  explicit ServiceAffectsElementProvider(const ViewContext& context)
      : AssociationProvider(v2::ServiceAffectsElement::kAffectedElementSlot,
                            v2::ServiceAffectsElement::kAffectingElementSlot),
        context_(context) {}

 protected:
  void All(const ViewReadPoint& read_point, broker::InstanceSink sink) const override {
    read_point.machines().ForEach([&](const MachinePointer& machine) {
      return sink(RenderServiceAffectsElement(context_, machine->id(), machine->record.revisions().created()));
    });
  }
  void FromFirst(const ViewReadPoint& read_point, const cim::ObjectPath& object,
                 broker::InstanceSink sink) const override {
    const MachinePointer machine = MachineAt(context_, read_point, object);
    if (machine != nullptr)
      sink(RenderServiceAffectsElement(context_, machine->id(), machine->record.revisions().created()));
  }
  void FromSecond(const ViewReadPoint& read_point, const cim::ObjectPath& object,
                  broker::InstanceSink sink) const override {
    if (IsServicePath(context_, object)) All(read_point, sink);
  }

 private:
  const ViewContext& context_;
};

class AffectedJobElementProvider : public AssociationProvider {
 public:
  explicit AffectedJobElementProvider(const ViewContext& context)
      : AssociationProvider(v2::AffectedJobElement::kAffectedElementSlot,
                            v2::AffectedJobElement::kAffectingElementSlot),
        context_(context) {}

 protected:
  void All(const ViewReadPoint& read_point, broker::InstanceSink sink) const override {
    for (const JobPointer& job : read_point.jobs().All()) {
      if (!ElementsOf(*job, sink)) return;
    }
  }
  void FromFirst(const ViewReadPoint& read_point, const cim::ObjectPath& object,
                 broker::InstanceSink sink) const override {
    const std::optional<std::string> machine_id = ComputerSystemName(context_, object);
    if (!machine_id.has_value()) return;
    for (const JobPointer& job : read_point.JobsOfMachine(*machine_id)) {
      if (!sink(RenderAffectedJobElement(context_, absl::AsciiStrToUpper(*machine_id), job->id, job->created_revision)))
        return;
    }
  }
  void FromSecond(const ViewReadPoint& read_point, const cim::ObjectPath& object,
                  broker::InstanceSink sink) const override {
    const std::optional<std::string> job_id = JobIdOfPath(context_, object);
    const JobPointer job = job_id.has_value() ? read_point.jobs().Find(*job_id) : nullptr;
    if (job != nullptr) ElementsOf(*job, sink);
  }

 private:
  bool ElementsOf(const jobs::Job& job, broker::InstanceSink sink) const {
    for (const jobs::JobElement& element : job.affected) {
      if (element.entity_kind != inventory::kMachineEntity) continue;
      if (!sink(RenderAffectedJobElement(context_, element.entity_id, job.id, job.created_revision))) return false;
    }
    return true;
  }

  const ViewContext& context_;
};

class HostedServiceProvider : public AssociationProvider {
 public:
  explicit HostedServiceProvider(const ViewContext& context)
      : AssociationProvider(v2::HostedService::kAntecedentSlot, v2::HostedService::kDependentSlot), context_(context) {}

 protected:
  void All(const ViewReadPoint&, broker::InstanceSink sink) const override { sink(RenderHostedService(context_)); }
  void FromFirst(const ViewReadPoint&, const cim::ObjectPath& object, broker::InstanceSink sink) const override {
    const std::optional<std::string> name = ComputerSystemName(context_, object);
    if (name.has_value() && IsHostName(context_, *name)) sink(RenderHostedService(context_));
  }
  void FromSecond(const ViewReadPoint&, const cim::ObjectPath& object, broker::InstanceSink sink) const override {
    if (IsServicePath(context_, object)) sink(RenderHostedService(context_));
  }

 private:
  const ViewContext& context_;
};

}  // namespace

std::shared_ptr<broker::Provider> MakeSettingsDefineStateProvider(const ViewContext& context) {
  return std::make_shared<SettingsDefineStateProvider>(context);
}
std::shared_ptr<broker::Provider> MakeSettingDataComponentProvider(const ViewContext& context) {
  return std::make_shared<SettingDataComponentProvider>(context);
}
std::shared_ptr<broker::Provider> MakeServiceAffectsElementProvider(const ViewContext& context) {
  return std::make_shared<ServiceAffectsElementProvider>(context);
}
std::shared_ptr<broker::Provider> MakeAffectedJobElementProvider(const ViewContext& context) {
  return std::make_shared<AffectedJobElementProvider>(context);
}
std::shared_ptr<broker::Provider> MakeHostedServiceProvider(const ViewContext& context) {
  return std::make_shared<HostedServiceProvider>(context);
}

}  // namespace cimvisor::views
