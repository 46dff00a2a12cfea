// The small guest: says what machine it runs on, then answers on its serial port.
#include <stddef.h>
#include <stdint.h>

#include "tests/guests/hello/clock.h"
#include "tests/guests/hello/console.h"
#include "tests/guests/hello/machine.h"
#include "tests/guests/hello/processors.h"

static uint64_t start_seconds;
static uint64_t memory_bytes;

// The text after `word` and the blanks that follow it, or null when the line does not begin with it.
static const char* AfterWord(const char* line, const char* word) {
  while (*word != '\0') {
    if (*line++ != *word++) return NULL;
  }
  if (*line != '\0' && *line != ' ') return NULL;
  while (*line == ' ') ++line;
  return line;
}

static void PrintHelp(void) {
  Print("help       this text\n"
        "uptime     seconds since the start\n"
        "memory     usable memory\n"
        "echo TEXT  prints TEXT\n"
        "crash      a triple fault\n"
        "reset      resets the machine\n"
        "poweroff   turns the machine off\n");
}

static void PrintMemory(void) {
  PrintNumber(memory_bytes / 1024);
  Print(" KiB of memory\n");
}

static void PrintUptime(void) {
  Print("up ");
  PrintNumber(ClockSeconds() - start_seconds);
  Print(" seconds\n");
}

static void RunCommand(const char* line) {
  const char* text = AfterWord(line, "echo");
  if (text != NULL) {
    Print(text);
    PrintCharacter('\n');
  } else if (AfterWord(line, "help") != NULL) {
    PrintHelp();
  } else if (AfterWord(line, "uptime") != NULL) {
    PrintUptime();
  } else if (AfterWord(line, "memory") != NULL) {
    PrintMemory();
  } else if (AfterWord(line, "crash") != NULL) {
    Crash();
  } else if (AfterWord(line, "reset") != NULL) {
    Reset();
  } else if (AfterWord(line, "poweroff") != NULL) {
    PowerOff();
  } else if (*line != '\0') {
    Print("unknown command; try help\n");
  }
}

// One of the two is null (start.S).
void guest_main(const struct StartInfo* start_info, const uint8_t* zero_page) {
  char line[128];
  ConsoleInitialize();
  start_seconds = ClockSeconds();
  memory_bytes = UsableMemory(start_info, zero_page);
  const uint32_t processors = StartProcessors(ListedProcessors(start_info, zero_page));
  Print("\nCimvisor small guest: ");
  PrintNumber(processors);
  Print(processors == 1 ? " processor, " : " processors, ");
  PrintMemory();
  Print("Type help for the commands.\n");
  for (;;) {
    Print("> ");
    ReadLine(line, sizeof line);
    RunCommand(line);
  }
}
