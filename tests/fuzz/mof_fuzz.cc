// MOF text, from a client: parsed as declarations and as an embedded instance. What parses is written again, and what
// was written parses to the same.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <utility>

#include "absl/strings/string_view.h"
#include "service/cim/class_repository.h"
#include "service/text/mof_instance.h"
#include "service/text/mof_parser.h"
#include "service/text/mof_writer.h"

namespace {

namespace cim = cimvisor::cim;
namespace text = cimvisor::text;

void Require(bool condition) {
  if (!condition) std::abort();
}

const cim::ClassRepository& Classes() {
  static const cim::ClassRepository* const repository = [] {
    auto document = text::ParseMof(
        {"fuzz.mof",
         "class Thing { [Key] string Name; boolean Flag; uint16 Small; sint64 Large; real32 Ratio; real64 Precise; "
         "char16 Letter; datetime Born; string Texts[]; uint8 Bytes[]; Thing ref Friend; Thing Inner; "
         "[EmbeddedInstance(\"Thing\")] string Piece; [EmbeddedInstance(\"Thing\")] string Pieces[]; };"},
        "root", nullptr);
    Require(document.ok());
    auto* made = new cim::ClassRepository();
    Require(made->Add(std::move(document->classes)).ok());
    return made;
  }();
  return *repository;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string input(reinterpret_cast<const char*>(data), size);
  const auto document = text::ParseMof({"fuzz.mof", input}, "root", nullptr, text::EmbeddedInstanceLimits());
  if (!document.ok()) {
    Require(absl::string_view(document.status().message()).substr(0, 9) == "fuzz.mof:");
    return 0;
  }
  for (const cim::ClassDeclaration& declaration : document->classes) {
    const std::string written = text::WriteClassMof(declaration);
    const auto again = text::ParseMof({"again.mof", written}, "root", nullptr);
    Require(again.ok() && again->classes.size() == 1 && text::WriteClassMof(again->classes[0]) == written);
  }
  cim::ClassRepository resolved;
  (void)resolved.Add(document->classes);
  const auto instance = text::ParseInstanceMof(input, Classes(), "root");
  if (!instance.ok()) return 0;
  const std::string written = text::WriteInstanceMof(**instance);
  const auto again = text::ParseInstanceMof(written, Classes(), "root");
  Require(again.ok() && text::WriteInstanceMof(**again) == written);
  return 0;
}
