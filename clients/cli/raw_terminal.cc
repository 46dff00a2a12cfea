#include "clients/cli/raw_terminal.h"

#include <unistd.h>

namespace cimvisor::cli {

RawTerminal::RawTerminal(int descriptor)
    : descriptor_(descriptor), is_terminal_(isatty(descriptor) != 0 && tcgetattr(descriptor, &saved_) == 0) {
  if (!is_terminal_) return;
  termios raw = saved_;
  cfmakeraw(&raw);
  tcsetattr(descriptor_, TCSADRAIN, &raw);
}

RawTerminal::~RawTerminal() {
  if (is_terminal_) tcsetattr(descriptor_, TCSADRAIN, &saved_);
}

}  // namespace cimvisor::cli
