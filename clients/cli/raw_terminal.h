// The terminal in raw mode for as long as the object lives, so that each key goes to the guest.
#ifndef CIMVISOR_CLIENTS_CLI_RAW_TERMINAL_H_
#define CIMVISOR_CLIENTS_CLI_RAW_TERMINAL_H_

#include <termios.h>

namespace cimvisor::cli {

class RawTerminal {
 public:
  explicit RawTerminal(int descriptor);  // does nothing where `descriptor` is no terminal
  ~RawTerminal();
  RawTerminal(const RawTerminal&) = delete;
  RawTerminal& operator=(const RawTerminal&) = delete;
  bool is_terminal() const { return is_terminal_; }

 private:
  int descriptor_;
  bool is_terminal_;
  termios saved_ = {};
};

}  // namespace cimvisor::cli

#endif  // CIMVISOR_CLIENTS_CLI_RAW_TERMINAL_H_
