#include "service/rpc/request_header.h"

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "service/cim/errors.h"
#include "service/cim/status_macros.h"

namespace cimvisor::rpc {
namespace {

constexpr size_t kMaximumNamespaceBytes = 1024;

absl::Status NotOffered(absl::string_view call, absl::string_view what) {
  return cim::CimError(cim::CimStatus::kNotSupported, absl::StrCat(call, " does not offer ", what, "; leave it out"));
}

// Messages are in English; asking for English, or for no language, is fine.
bool IsOfferedLocale(absl::string_view locale) {
  return locale.empty() || locale == "C" || locale == "POSIX" || absl::EqualsIgnoreCase(locale, "en") ||
         absl::StartsWithIgnoreCase(locale, "en-") || absl::StartsWithIgnoreCase(locale, "en_") ||
         absl::EqualsIgnoreCase(locale, "MS_409");
}

absl::Status CheckMode(const v1::RequestHeader& header, const HeaderOffer& offer) {
  if (!v1::Mode_IsValid(header.mode())) {
    return absl::InvalidArgumentError(absl::StrCat("there is no mode of number ", static_cast<int>(header.mode())));
  }
  if (header.mode() == v1::MODE_PLAN && !offer.changes) return NotOffered(offer.call, "mode MODE_PLAN");
  return absl::OkStatus();
}

absl::Status CheckRepresentation(const v1::RequestHeader& header, const HeaderOffer& offer,
                                 const Renderers& renderers) {
  bool is_offered = false;
  switch (header.representation()) {
    case v1::REPRESENTATION_OBJECTS:
      return absl::OkStatus();
    case v1::REPRESENTATION_MOF:
      is_offered = (offer.renders_classes && renderers.class_mof != nullptr) ||
                   (offer.renders_instances && renderers.instance_mof != nullptr);
      break;
    case v1::REPRESENTATION_CIM_XML:
      is_offered = offer.renders_instances && renderers.instance_cim_xml != nullptr;
      break;
    case v1::REPRESENTATION_WMI_DTD_20:
      is_offered = offer.renders_instances && renderers.instance_wmi_xml != nullptr;
      break;
    default:
      return absl::InvalidArgumentError(
          absl::StrCat("there is no representation of number ", static_cast<int>(header.representation())));
  }
  if (is_offered) return absl::OkStatus();
  return NotOffered(offer.call, absl::StrCat("representation ", v1::Representation_Name(header.representation())));
}

}  // namespace

absl::StatusOr<broker::CallContext> ReadHeader(const v1::RequestHeader& header, const HeaderOffer& offer,
                                               const Renderers& renderers) {
  RETURN_IF_ERROR(CheckMode(header, offer));
  RETURN_IF_ERROR(CheckRepresentation(header, offer, renderers));
  if (!IsOfferedLocale(header.locale())) {
    return NotOffered(offer.call, absl::StrCat("locale \"", header.locale(), "\" (messages are in English)"));
  }
  if (!offer.changes) {
    if (!header.request_id().empty()) return NotOffered(offer.call, "request_id");
    if (header.expected_revision() != 0) return NotOffered(offer.call, "expected_revision");
  }
  if (header.expected_revision() < 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("expected_revision is ", header.expected_revision(), "; revisions start at 1"));
  }
  if (header.name_space().size() > kMaximumNamespaceBytes) {
    return absl::InvalidArgumentError(absl::StrCat("name_space has ", header.name_space().size(), " bytes; at most ",
                                                   kMaximumNamespaceBytes, " are allowed"));
  }
  broker::CallContext context;
  context.name_space = header.name_space();
  context.request_id = header.request_id();
  context.expected_revision = header.expected_revision();
  context.mode = header.mode() == v1::MODE_PLAN ? broker::Mode::kPlan : broker::Mode::kDo;
  return context;
}

InstanceRenderer ChosenRenderer(const v1::RequestHeader& header, const Renderers& renderers) {
  if (header.representation() == v1::REPRESENTATION_MOF) return renderers.instance_mof;
  if (header.representation() == v1::REPRESENTATION_CIM_XML) return renderers.instance_cim_xml;
  if (header.representation() == v1::REPRESENTATION_WMI_DTD_20) return renderers.instance_wmi_xml;
  return nullptr;
}

void WriteHeader(const ServiceIdentity& identity, int64_t revision, v1::ResponseHeader& out) {
  out.set_server_instance_id(identity.instance_id);
  out.set_server_name(identity.server_name);
  out.set_revision(revision);
}

}  // namespace cimvisor::rpc
