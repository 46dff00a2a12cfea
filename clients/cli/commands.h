// The commands, an area a file. Each function adds its commands to `app`; the one that was chosen is put into `chosen`.
#ifndef CIMVISOR_CLIENTS_CLI_COMMANDS_H_
#define CIMVISOR_CLIENTS_CLI_COMMANDS_H_

#include "clients/cli/session.h"

namespace cimvisor::cli {

void AddMachineCommands(CLI::App& app, const Session& session, CommandBody& chosen);  // vm list|show|start|…
void AddCreateCommand(CLI::App& vm, const Session& session, CommandBody& chosen);     // vm create
void AddObjectCommands(CLI::App& app, const Session& session, CommandBody& chosen);   // get, query, watch, invoke
void AddClassCommands(CLI::App& app, const Session& session, CommandBody& chosen);    // class list|show
void AddServiceCommands(CLI::App& app, const Session& session, CommandBody& chosen);  // host …, service …
void AddConsoleCommand(CLI::App& app, const Session& session, CommandBody& chosen);   // console

}  // namespace cimvisor::cli

#endif  // CIMVISOR_CLIENTS_CLI_COMMANDS_H_
