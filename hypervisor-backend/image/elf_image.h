// Reads an ELF kernel's headers. InspectBootImage calls it; nobody else needs to.
#ifndef CIMVISOR_HYPERVISOR_BACKEND_IMAGE_ELF_IMAGE_H_
#define CIMVISOR_HYPERVISOR_BACKEND_IMAGE_ELF_IMAGE_H_

#include "absl/status/statusor.h"
#include "hypervisor-backend/image/boot_image.h"

namespace cimvisor::image {

// `source` begins with ELF's magic. Errors as InspectBootImage.
absl::StatusOr<BootImage> InspectElf(const ByteSource& source);

}  // namespace cimvisor::image

#endif  // CIMVISOR_HYPERVISOR_BACKEND_IMAGE_ELF_IMAGE_H_
