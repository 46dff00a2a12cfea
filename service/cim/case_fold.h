// Text without regard to case: Unicode's simple case folding (UCD CaseFolding.txt, C and S), one code point at a time,
// so that 'GRÜN' equals 'grün' and the length of a text in characters stays as it is. Text is UTF-8.
#ifndef CIMVISOR_SERVICE_CIM_CASE_FOLD_H_
#define CIMVISOR_SERVICE_CIM_CASE_FOLD_H_

#include <string>

#include "absl/strings/string_view.h"

namespace cimvisor::cim {

// Takes the first code point of `*text`, which is not empty, off. A byte that begins no valid sequence stands for
// itself, so that hostile text is compared byte by byte rather than refused.
char32_t TakeCodePoint(absl::string_view* text);

char32_t FoldCase(char32_t character);

// Negative, zero or positive: by folded code points. A total order of folded texts, in which those with a common
// beginning stand together.
int CompareFolded(absl::string_view a, absl::string_view b);
inline bool EqualsFolded(absl::string_view a, absl::string_view b) { return CompareFolded(a, b) == 0; }
bool StartsWithFolded(absl::string_view text, absl::string_view prefix);

// The folded text: equal for texts that EqualsFolded takes for equal.
std::string FoldText(absl::string_view text);

}  // namespace cimvisor::cim

#endif  // CIMVISOR_SERVICE_CIM_CASE_FOLD_H_
