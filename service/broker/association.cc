#include "service/broker/association.h"

#include <memory>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "service/broker/access.h"
#include "service/broker/names.h"
#include "service/broker/result_stream.h"
#include "service/cim/errors.h"
#include "service/cim/status_macros.h"

namespace cimvisor::broker {
namespace {

using ClassPointer = std::shared_ptr<const cim::Class>;

// True when the class has the qualifier, and it is not FALSE.
bool HasQualifier(const cim::Class& cls, const std::string& name) {
  if (name.empty()) return true;
  const cim::Qualifier* found = cim::FindQualifier(cls.qualifiers(), name);
  if (found == nullptr) return false;
  const cim::Value& value = found->value;
  return value.is_null() || value.is_array() || value.type() != cim::CimType::kBoolean || value.boolean();
}

absl::Status CheckFlags(const AssociationQuery& query) {
  if (query.class_defs_only + query.keys_only + query.schema_only <= 1) return absl::OkStatus();
  return cim::CimError(cim::CimStatus::kInvalidParameter,
                       "of ClassDefsOnly, KeysOnly and SchemaOnly only one can stand in a query");
}

// As IsA, of classes of one repository: no name is compared.
bool IsOrDerives(const cim::Class& cls, const cim::Class& ancestor) {
  for (const cim::Class* at = &cls; at != nullptr; at = at->superclass()) {
    if (at == &ancestor) return true;
  }
  return false;
}

bool HasName(const cim::Class& cls, int slot, const std::string& name) {
  return name.empty() || absl::EqualsIgnoreCase(cls.properties()[static_cast<size_t>(slot)].name, name);
}

class Walk {
 public:
  Walk(const BrokerDependencies& dependencies, const AssociationIndex& index, const CallContext& call,
       const AssociationQuery& query, const std::optional<std::vector<std::string>>& properties, RowSink* sink)
      : dependencies_(dependencies),
        index_(index),
        query_(query),
        properties_(properties),
        associators_(query.kind == AssociationQuery::Kind::kAssociators),
        explain_(sink == nullptr),
        call_(call),
        context_(MakeReadContext(dependencies, call)),
        stream_(call, sink, context_.read_point->revision()) {}

  absl::StatusOr<QuerySummary> Run(absl::string_view name_space) {
    RETURN_IF_ERROR(CheckFlags(query_));
    ASSIGN_OR_RETURN(object_, ResolvePath(*dependencies_.classes, name_space, query_.path));
    const std::string& canonical = object_.path.name_space();
    ASSIGN_OR_RETURN(result_class_, FilterClass(canonical, query_.result_class));
    ASSIGN_OR_RETURN(const ClassPointer association_class,
                     FilterClass(canonical, associators_ ? query_.assoc_class : query_.result_class));
    if (result_class_ != nullptr) RETURN_IF_ERROR(ProjectProperties(result_class_, properties_).status());
    RETURN_IF_ERROR(RequireObject());
    RETURN_IF_ERROR(RequireRoles(canonical));
    stream_.Start();
    if (explain_) steps_.push_back(absl::StrCat("from ", object_.path.RelativeText()));
    for (const AssociationClass& association : index_.Associations(canonical)) {
      if (stream_.ended()) break;
      if (association_class != nullptr && !IsOrDerives(*association.cls, *association_class)) continue;
      if (!HasQualifier(*association.cls, associators_ ? query_.required_assoc_qualifier : query_.required_qualifier))
        continue;
      RETURN_IF_ERROR(Visit(association));
      RETURN_IF_ERROR(stream_.status());
    }
    QuerySummary summary = stream_.Summary();
    if (explain_ && steps_.size() == 1) steps_.emplace_back("no association class can hold this object");
    summary.steps = std::move(steps_);
    return summary;
  }

 private:
  absl::StatusOr<ClassPointer> FilterClass(const std::string& name_space, const std::string& name) const {
    if (name.empty()) return ClassPointer();
    return dependencies_.classes->Find(name_space, name);
  }

  absl::Status RequireObject() {
    const cim::Class& cls = *object_.cls;
    RETURN_IF_ERROR(CheckRight(dependencies_, call_, dependencies_.right_for(cls, ""), "Query", query_.path));
    if (object_.path.is_class() != query_.schema_only) {
      return cim::CimError(
          cim::CimStatus::kInvalidParameter,
          absl::StrCat("'", query_.path.substr(0, 200), "' is ",
                       query_.schema_only ? "an instance; a query with SchemaOnly starts at a class"
                                          : "a class; the query starts at an instance, or add WHERE SchemaOnly"));
    }
    if (query_.schema_only) return absl::OkStatus();
    Provider* provider = dependencies_.providers->Find(cls);
    if (provider == nullptr) return NoSuchInstance(object_.path);
    return provider->Get(context_, object_.cls, object_.path, cim::PropertySet::Of(cls.key_slots())).status();
  }

  // A role that nobody has is a misspelling, and an empty answer would hide it.
  absl::Status RequireRoles(const std::string& name_space) const {
    for (const std::string& role : {query_.role, query_.result_role}) {
      if (!role.empty() && !index_.HasRole(name_space, role)) {
        return cim::CimError(cim::CimStatus::kInvalidParameter,
                             absl::StrCat("no association class has a role '", role.substr(0, 200), "'"));
      }
    }
    return absl::OkStatus();
  }

  // True when the result class could stand at this end.
  bool CanLeadToResult(const AssociationEnd& end) const {
    if (result_class_ == nullptr || end.end_class == nullptr) return true;
    return IsOrDerives(*end.end_class, *result_class_) || IsOrDerives(*result_class_, *end.end_class);
  }

  absl::Status Visit(const AssociationClass& visited) {
    const ClassPointer& association = visited.cls;
    Provider* provider = association->is_abstract() ? nullptr : dependencies_.providers->Find(*association);
    const bool has_instances = provider != nullptr && MayRead(dependencies_, call_.caller, *association);
    if (!has_instances && !query_.schema_only) return absl::OkStatus();
    for (const AssociationEnd& end : visited.ends) {
      const int near = end.slot;
      if (stream_.ended()) return absl::OkStatus();
      if (!HasName(*association, near, query_.role) || end.end_class == nullptr ||
          !IsOrDerives(*object_.cls, *end.end_class))
        continue;
      std::vector<int> far;
      for (const AssociationEnd& other : visited.ends) {
        if (other.slot != near && HasName(*association, other.slot, query_.result_role) && CanLeadToResult(other))
          far.push_back(other.slot);
      }
      if (associators_ && far.empty()) continue;
      if (query_.schema_only) {
        SendSchema(association, far);
        continue;
      }
      if (explain_) {
        steps_.push_back(absl::StrCat("look up ", association->name(), " by ",
                                      association->properties()[static_cast<size_t>(near)].name));
      }
      RETURN_IF_ERROR(associators_ ? FollowAssociation(*provider, association, near, far)
                                   : SendReferences(*provider, association, near));
    }
    return absl::OkStatus();
  }

  // The association itself, or the classes that its other ends name.
  void SendSchema(const ClassPointer& association, const std::vector<int>& far) {
    if (!stream_.Examine()) return;
    if (!associators_) return SendClass(association);
    for (const int slot : far) {
      const auto end = dependencies_.classes->Find(
          association->name_space(), association->properties()[static_cast<size_t>(slot)].reference_class);
      if (!end.ok() || !HasQualifier(**end, query_.required_qualifier)) continue;
      if (result_class_ == nullptr || (*end)->IsA(result_class_->name())) SendClass(*end);
    }
  }

  // Once for each class.
  void SendClass(const ClassPointer& cls) {
    if (seen_classes_.insert(cls.get()).second) stream_.SendDefinition(cls, class_rows_);
  }

  absl::Status SendReferences(Provider& provider, const ClassPointer& association, int near) {
    const Projection& projection = ProjectionFor(association);
    return provider.References(context_, association, near, object_.path,
                               [&](std::shared_ptr<const cim::Instance> instance) {
                                 if (!stream_.Examine()) return false;
                                 const cim::ObjectPath path = instance->Path();
                                 // An object at both ends of one association is met twice.
                                 if (!path.keys().empty() && !seen_.insert(path).second) return true;
                                 if (query_.class_defs_only) {
                                   SendClass(association);
                                   return false;  // all the others are of this class, too
                                 }
                                 return stream_.Send(std::move(instance), projection);
                               });
  }

  absl::Status FollowAssociation(Provider& provider, const ClassPointer& association, int near,
                                 const std::vector<int>& far) {
    // Gathered first: a provider is not entered again while it enumerates.
    std::vector<cim::ObjectPath> ends;
    RETURN_IF_ERROR(provider.References(context_, association, near, object_.path,
                                        [&](std::shared_ptr<const cim::Instance> instance) {
                                          for (const int slot : far) {
                                            const cim::Value& end = instance->value(slot);
                                            if (!end.is_null()) ends.push_back(end.reference());
                                          }
                                          return stream_.Examine();
                                        }));
    for (const cim::ObjectPath& end : ends) {
      if (stream_.ended()) break;
      RETURN_IF_ERROR(Fetch(end));
    }
    return absl::OkStatus();
  }

  absl::Status Fetch(const cim::ObjectPath& end) {
    ASSIGN_OR_RETURN(const ResolvedPath resolved, ResolvePath(*dependencies_.classes, object_.path.name_space(), end));
    if (result_class_ != nullptr && !resolved.cls->IsA(result_class_->name())) return absl::OkStatus();
    if (!HasQualifier(*resolved.cls, query_.required_qualifier)) return absl::OkStatus();
    if (!seen_.insert(resolved.path).second) return absl::OkStatus();
    Provider* provider = dependencies_.providers->Find(*resolved.cls);
    if (provider == nullptr || !MayRead(dependencies_, call_.caller, *resolved.cls)) return absl::OkStatus();
    const Projection& projection = ProjectionFor(resolved.cls);
    absl::StatusOr<std::shared_ptr<const cim::Instance>> instance =
        provider->Get(context_, resolved.cls, resolved.path, projection.requested);
    if (!instance.ok()) {
      // An association may name an object that is gone; it is no result.
      if (cim::CimStatusOf(instance.status()) == cim::CimStatus::kNotFound) return absl::OkStatus();
      return instance.status();
    }
    if (!stream_.Examine()) return absl::OkStatus();
    if (query_.class_defs_only) {
      SendClass(resolved.cls);
    } else {
      stream_.Send(*std::move(instance), projection);
    }
    return absl::OkStatus();
  }

  const Projection& ProjectionFor(const ClassPointer& cls) {
    return stream_.ProjectionFor(cls, [&](const ClassPointer& of) {
      if (query_.keys_only && !properties_.has_value()) return KeysOf(of);
      absl::StatusOr<Projection> projection = ProjectProperties(of, properties_, /*ignore_unknown=*/true);
      return projection.ok() ? *std::move(projection) : WholeClass(of);
    });
  }

  static Projection KeysOf(const ClassPointer& cls) {
    Projection projection;
    projection.cls = cls;
    projection.slots = cls->key_slots();
    projection.requested = cim::PropertySet::Of(projection.slots);
    return projection;
  }

  const BrokerDependencies& dependencies_;
  const AssociationIndex& index_;
  const AssociationQuery& query_;
  const std::optional<std::vector<std::string>>& properties_;
  const bool associators_;
  const bool explain_;
  const CallContext& call_;
  const ReadContext context_;
  ResultStream stream_;
  ResolvedPath object_;
  ClassPointer result_class_;
  absl::flat_hash_set<cim::ObjectPath> seen_;
  absl::flat_hash_set<const cim::Class*> seen_classes_;
  const Projection class_rows_ = ClassRows();
  std::vector<std::string> steps_;
};

}  // namespace

absl::StatusOr<QuerySummary> RunAssociation(const BrokerDependencies& dependencies, const AssociationIndex& index,
                                            const CallContext& call, absl::string_view name_space,
                                            const AssociationQuery& query,
                                            const std::optional<std::vector<std::string>>& properties, RowSink* sink) {
  return Walk(dependencies, index, call, query, properties, sink).Run(name_space);
}

}  // namespace cimvisor::broker
