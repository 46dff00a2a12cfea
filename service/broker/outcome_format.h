// The constants of the format in outcome.h.
#ifndef CIMVISOR_SERVICE_BROKER_OUTCOME_FORMAT_H_
#define CIMVISOR_SERVICE_BROKER_OUTCOME_FORMAT_H_

#include <cstdint>

namespace cimvisor::broker {

inline constexpr uint8_t kOutcomeVersion = 1;
inline constexpr uint8_t kMethodOutcome = 'M';
inline constexpr uint8_t kPathOutcome = 'P';

inline constexpr uint8_t kNullScalar = 0;
inline constexpr uint8_t kScalar = 1;
inline constexpr uint8_t kArray = 2;
inline constexpr uint8_t kNullArray = 3;

// Objects inside objects.
inline constexpr int kOutcomeDepth = 16;

}  // namespace cimvisor::broker

#endif  // CIMVISOR_SERVICE_BROKER_OUTCOME_FORMAT_H_
