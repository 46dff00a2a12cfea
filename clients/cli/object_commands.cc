// get, query, watch, invoke: the object model as it is.
#include <signal.h>

#include <fstream>
#include <iostream>
#include <sstream>
#include <thread>
#include <vector>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "clients/cli/commands.h"
#include "clients/cli/event_text.h"
#include "clients/cli/method_runner.h"
#include "clients/cli/output.h"
#include "clients/cpp/status_macros.h"

namespace cimvisor::cli {
namespace {

using client::Client;
using client::Instance;

absl::Status Get(const Session& session, const std::string& path, const std::vector<std::string>& properties) {
  ASSIGN_OR_RETURN(const std::unique_ptr<Client> client, session.Connect());
  if (session.format() == OutputFormat::kMof) {
    ASSIGN_OR_RETURN(const std::string text, client->GetInstanceText(path, cimvisor::v1::REPRESENTATION_MOF));
    std::cout << text << "\n";
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(const Instance instance, client->GetInstance(path, properties));
  if (session.format() == OutputFormat::kJson) {
    std::cout << ToJson(instance).dump(2) << "\n";
  } else {
    PrintList(std::cout, instance);
  }
  return absl::OkStatus();
}

absl::Status Query(const Session& session, const std::string& wql) {
  ASSIGN_OR_RETURN(const std::unique_ptr<Client> client, session.Connect());
  if (session.format() == OutputFormat::kMof) {
    return client->QueryText(wql, cimvisor::v1::REPRESENTATION_MOF, [](const std::string& text) {
      std::cout << text << "\n";
      return true;
    });
  }
  if (session.format() == OutputFormat::kJson) {
    // Row by row, so that a long answer is not held.
    bool first = true;
    std::cout << "[";
    const absl::Status status = client->Query(wql, [&](const Instance& row) {
      std::cout << (first ? "\n" : ",\n") << ToJson(row).dump(2);
      first = false;
      return true;
    });
    std::cout << (first ? "]\n" : "\n]\n");
    return status;
  }
  ASSIGN_OR_RETURN(const std::vector<Instance> rows, client->QueryAll(wql));
  PrintInstances(std::cout, rows);
  return absl::OkStatus();
}

struct WatchOptions {
  std::string wql;
  int64_t from_revision = -1;
  int64_t most_events = 0;  // 0: no end
};

absl::Status Watch(const Session& session, const WatchOptions& options) {
  // Ctrl-C ends the watch in order: the signal is taken by a thread of its own.
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  ASSIGN_OR_RETURN(const std::unique_ptr<Client> client, session.Connect());
  client::Cancellation cancellation;
  std::thread([signals, &cancellation] {
    int signal = 0;
    sigwait(&signals, &signal);
    cancellation.Cancel();
  }).detach();
  int64_t seen = 0;
  const absl::Status status = client->Watch(
      options.wql, options.from_revision, cancellation,
      [](int64_t revision) { std::cerr << "watching from revision " << revision << "\n"; },
      [&](const cimvisor::v1::Event& event) {
        if (session.format() == OutputFormat::kJson) {
          nlohmann::ordered_json line = {{"revision", event.revision()}, {"time", event.time()}};
          line["event"] = ToJson(event.event());
          std::cout << line.dump() << std::endl;
        } else {
          std::cout << EventText(event) << std::endl;
        }
        ++seen;
        return options.most_events == 0 || seen < options.most_events;
      });
  std::cout.flush();
  return status;
}

absl::StatusOr<std::string> ReadTextFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return absl::NotFoundError(absl::StrCat("cannot read the local file ", path));
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

// name=value, name=@FILE; the same name again makes an array. The service turns the text into the parameter's type.
absl::StatusOr<std::vector<client::Property>> ParseParameters(const std::vector<std::string>& words) {
  std::vector<client::Property> parameters;
  for (const std::string& word : words) {
    const size_t equals = word.find('=');
    if (equals == std::string::npos || equals == 0) {
      return absl::InvalidArgumentError(absl::StrCat("\"", word, "\" is not NAME=VALUE"));
    }
    const std::string name = word.substr(0, equals);
    std::string text = word.substr(equals + 1);
    if (!text.empty() && text[0] == '@') {
      ASSIGN_OR_RETURN(text, ReadTextFile(text.substr(1)));
    }
    client::Property* same = nullptr;
    for (client::Property& parameter : parameters) {
      if (parameter.name() == name) same = &parameter;
    }
    if (same == nullptr) {
      parameters.push_back(client::Parameter(name, client::TextValue(text)));
      continue;
    }
    if (!same->value().has_array()) {
      const client::Value first = same->value();
      *same->mutable_value()->mutable_array()->add_values() = first;
    }
    *same->mutable_value()->mutable_array()->add_values() = client::TextValue(text);
  }
  return parameters;
}

absl::Status InvokeCommand(const Session& session, const std::string& path, const std::string& method,
                           const std::vector<std::string>& words) {
  ASSIGN_OR_RETURN(const std::vector<client::Property> parameters, ParseParameters(words));
  ASSIGN_OR_RETURN(const std::unique_ptr<Client> client, session.Connect());
  ASSIGN_OR_RETURN(client::InvokeResult result, client->Invoke(path, method, parameters));
  client::Set(result.out_parameters, "ReturnValue", client::UnsignedValue(result.return_value));
  result.out_parameters.set_class_name(method);
  if (session.format() == OutputFormat::kJson) {
    std::cout << ToJson(result.out_parameters).dump(2) << "\n";
  } else {
    PrintList(std::cout, result.out_parameters);
  }
  RETURN_IF_ERROR(result.ToStatus(method));
  Session waiting = session;
  if (waiting.no_wait) return absl::OkStatus();  // the job's path was printed already
  return FinishJob(waiting, *client, result);
}

}  // namespace

void AddObjectCommands(CLI::App& app, const Session& session, CommandBody& chosen) {
  CLI::App* get = app.add_subcommand("get", "one instance by its object path");
  auto path = std::make_shared<std::string>();
  auto properties = std::make_shared<std::vector<std::string>>();
  get->add_option("path", *path, "such as Msvm_ComputerSystem.CreationClassName=\"…\",Name=\"GUID\"")->required();
  get->add_option("-p,--property", *properties, "only these properties");
  OnChosen(get, chosen, [&session, path, properties] { return Get(session, *path, *properties); });

  CLI::App* query = app.add_subcommand("query", "a WQL query");
  auto wql = std::make_shared<std::string>();
  query->add_option("wql", *wql, "SELECT …, ASSOCIATORS OF {…}, REFERENCES OF {…}")->required();
  OnChosen(query, chosen, [&session, wql] { return Query(session, *wql); });

  CLI::App* watch = app.add_subcommand("watch", "the events of a WQL event query, until Ctrl-C");
  auto watched = std::make_shared<WatchOptions>();
  watch->add_option("wql", watched->wql, "SELECT * FROM __InstanceModificationEvent WITHIN 1 WHERE …")->required();
  watch->add_option("--from", watched->from_revision, "begin after this revision instead of now");
  watch->add_option("--count", watched->most_events, "end after this many events");
  OnChosen(watch, chosen, [&session, watched] { return Watch(session, *watched); });

  CLI::App* invoke = app.add_subcommand("invoke", "call a method");
  auto object = std::make_shared<std::string>();
  auto method = std::make_shared<std::string>();
  auto words = std::make_shared<std::vector<std::string>>();
  invoke->add_option("path", *object, "object path of the instance")->required();
  invoke->add_option("method", *method, "the method's name")->required();
  invoke->add_option("parameters", *words, "name=value, or name=@FILE; a name given twice is an array");
  OnChosen(invoke, chosen,
           [&session, object, method, words] { return InvokeCommand(session, *object, *method, *words); });
}

}  // namespace cimvisor::cli
