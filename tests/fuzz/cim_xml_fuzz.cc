// CIM-XML text, from a client: read as an embedded instance. What reads is written again, and what was written reads to
// the same.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <utility>

#include "absl/strings/string_view.h"
#include "service/cim/class_repository.h"
#include "service/text/cim_xml_reader.h"
#include "service/text/cim_xml_writer.h"
#include "service/text/mof_parser.h"

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
         "class Thing { [Key] string Name; boolean Flag; uint16 Small; sint64 Large; real64 Precise; datetime Born; "
         "string Texts[]; uint8 Bytes[]; Thing ref Friend; Thing Inner; [EmbeddedInstance(\"Thing\")] string Piece; "
         "};"},
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
  const absl::string_view input(reinterpret_cast<const char*>(data), size);
  const auto instance = text::ParseEmbeddedInstance(input, Classes(), "root");
  if (!instance.ok()) return 0;
  const std::string written = text::WriteInstanceXml(**instance);
  const auto again = text::ParseInstanceXml(written, Classes(), "root");
  Require(again.ok() && text::WriteInstanceXml(**again) == written);
  return 0;
}
