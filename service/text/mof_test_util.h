// Helpers for the tests of MOF and CIM-XML.
#ifndef CIMVISOR_SERVICE_TEXT_MOF_TEST_UTIL_H_
#define CIMVISOR_SERVICE_TEXT_MOF_TEST_UTIL_H_

#include <string>
#include <utility>

#include "gtest/gtest.h"
#include "service/cim/class_repository.h"
#include "service/text/mof_parser.h"

namespace cimvisor::text {

// A schema that holds one of everything: types, arrays, references, embedded instances.
inline constexpr char kTestSchema[] = R"mof(
Qualifier Key : boolean = false, Scope(property, reference), Flavor(DisableOverride);
Qualifier EmbeddedInstance : string = null, Scope(property);
[Cimvisor_NoKeys] class Part { string Name; uint32 Size; };
class Thing
{
  [Key] string Name;
  boolean Flag = true;
  uint8 Tiny; uint16 Small; uint32 Middle; uint64 Large;
  sint8 TinySigned; sint16 SmallSigned; sint32 MiddleSigned; sint64 LargeSigned;
  real32 Ratio; real64 Precise; char16 Letter; datetime Born;
  string Texts[]; uint16 Numbers[];
  Thing ref Friend;
  [EmbeddedInstance("Part")] string Piece;
  [EmbeddedInstance("Part")] string Pieces[];
  object Anything;
};
)mof";

// Fills `repository` with `mof` in root/test.
inline void FillRepository(const std::string& mof, cim::ClassRepository* repository) {
  absl::StatusOr<MofDocument> document = ParseMof({"test.mof", mof}, "root/test", nullptr);
  ASSERT_TRUE(document.ok()) << document.status();
  absl::Status added = repository->Add(std::move(document->classes));
  ASSERT_TRUE(added.ok()) << added;
}

}  // namespace cimvisor::text

#endif  // CIMVISOR_SERVICE_TEXT_MOF_TEST_UTIL_H_
