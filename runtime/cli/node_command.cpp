#include "runtime/cli/node_command.hpp"

#include "runtime/base/printable.hpp"
#include "runtime/base/units.hpp"
#include "runtime/cli/exit_code.hpp"
#include "runtime/cli/human_text.hpp"

#include <CLI/CLI.hpp>

#include <filesystem>
#include <memory>
#include <optional>

namespace troupe {

namespace {

/// The command line, before it is laid over the file.
struct node_flags {
  std::string config;
  std::string name;
  std::string data;
  std::string listen;
  std::optional<std::string> http; ///< "" is a value, too
  std::string cluster;
  std::string advertise;
  std::string join;
  std::string discover;
  std::string token;
  std::optional<std::string> labels; ///< likewise
  std::string address_file;
  std::string http_address_file;
  std::string log_level;
  std::string log_format;
  std::string drain_timeout;
  bool adopt = false;
  bool insecure_listen = false;
};

/// Which may be nothing at all.
std::chrono::milliseconds drain_timeout_from(const std::string& text) {
  auto length = duration_from(text);
  if (!length)
    throw command_failure(exit_code::bad_usage,
                          "--drain-timeout: '" + printable(text) + "' is no duration; write \"0s\" to \"1h\"");
  return std::chrono::ceil<std::chrono::milliseconds>(*length);
}

node_arguments resolve(const node_flags& flags) {
  node_arguments arguments;
  arguments.config = config_file(flags.config);
  arguments.options = node_options_from(arguments.config);
  auto overlay = [](std::string& option, const std::string& flag) {
    if (!flag.empty())
      option = flag;
  };
  overlay(arguments.options.name, flags.name);
  overlay(arguments.options.data_folder, flags.data);
  overlay(arguments.options.listen, flags.listen);
  arguments.options.http = flags.http.value_or(arguments.options.http);
  overlay(arguments.options.cluster, flags.cluster);
  overlay(arguments.options.advertise, flags.advertise);
  overlay(arguments.options.discover, flags.discover);
  overlay(arguments.options.token, flags.token);
  if (!flags.join.empty())
    arguments.options.join = parts_of(flags.join);
  if (flags.labels)
    arguments.options.labels = require(labels_from(*flags.labels), exit_code::bad_usage);
  overlay(arguments.options.address_file, flags.address_file);
  overlay(arguments.options.http_address_file, flags.http_address_file);
  overlay(arguments.options.log_level, flags.log_level);
  overlay(arguments.options.log_format, flags.log_format);
  if (!flags.drain_timeout.empty())
    arguments.options.drain_timeout = drain_timeout_from(flags.drain_timeout);
  arguments.options.adopt = flags.adopt;
  arguments.options.insecure_listen = arguments.options.insecure_listen || flags.insecure_listen;
  if (auto outcome = check(arguments.options); !outcome)
    throw command_failure(exit_code::bad_usage, outcome.failure().message);
  return arguments;
}

} // namespace

std::string config_file(const std::string& named, const std::string& otherwise) {
  std::error_code failure;
  if (!named.empty() || !std::filesystem::exists(otherwise, failure))
    return named;
  return otherwise;
}

node_options node_options_from(const std::string& config) {
  return config.empty() ? node_options{} : require(read_node_toml(config), exit_code::bad_usage);
}

void add_node(CLI::App& app, std::function<void(const node_arguments&)> on_node) {
  auto flags = std::make_shared<node_flags>();
  node_options defaults;
  auto verb = app.add_subcommand("node", "Runs a node on this machine");
  verb->add_option("--name", flags->name, "The node's name (default: the one that it has in its cluster, else the machine's)")
      ->type_name("NAME");
  verb->add_option("--data", flags->data, "Where it keeps its state (default: " + defaults.data_folder + ")")
      ->type_name("FOLDER");
  verb->add_option("--listen", flags->listen, "Where clients reach it (default: " + defaults.listen + ")")
      ->type_name("HOST:PORT");
  verb->add_option("--http", flags->http,
                   "Where it answers HTTP in the Open Inference Protocol; \"\": nowhere (default: " + defaults.http + ")")
      ->type_name("HOST:PORT");
  verb->add_flag(
      "--insecure-listen", flags->insecure_listen,
      "Where it listens beyond loopback, lets in whoever comes, in clear; else it speaks TLS there, as a member of a cluster");
  verb->add_option("--cluster", flags->cluster,
                   "Its cluster port, for other nodes, which speak TLS there. The first node founds the cluster with it (default "
                   "with --join: "
                   "port 7551 on all addresses)")
      ->type_name("HOST:PORT");
  verb->add_option("--advertise", flags->advertise, "Where other nodes reach that port (default: where it listens)")
      ->type_name("HOST:PORT");
  verb->add_option(
          "--join", flags->join,
          "Cluster ports of members of the cluster to join, with --token; once, then it comes back by itself. A name stands for "
          "all its addresses")
      ->type_name("HOST:PORT,…");
  verb->add_option(
          "--discover", flags->discover,
          "lan: nodes of a cluster announce themselves on the local network (multicast DNS), and find each other without --join")
      ->type_name("lan");
  verb->add_option("--token", flags->token, "What `troupe token create` gave")->type_name("TOKEN")->envname("TROUPE_TOKEN");
  verb->add_option("--label", flags->labels,
                   "Of this node, for placement: zone=a; zone says what fails together. More than one: again, or "
                   "\"zone=a,rack=3\"; \"\": none (default: those that it has in its cluster)")
      ->type_name("KEY=VALUE")
      ->join(',');
  verb->add_option("--address-file", flags->address_file,
                   "Writes the address there once the node serves; with port 0 in --listen the kernel chooses one")
      ->type_name("FILE");
  verb->add_option("--http-address-file", flags->http_address_file, "The same for --http")->type_name("FILE");
  verb->add_option("--drain-timeout", flags->drain_timeout,
                   "Once it is asked to stop, what it accepted may finish for so long (default: "
                       + human_duration(defaults.drain_timeout) + ")")
      ->type_name("DURATION");
  verb->add_option("--log-level", flags->log_level, "debug, info, warn, error or off (default: " + defaults.log_level + ")")
      ->type_name("LEVEL");
  verb->add_option("--log-format", flags->log_format, "text, or json: one object a line (default: " + defaults.log_format + ")")
      ->type_name("FORMAT");
  verb->add_flag("--adopt", flags->adopt,
                 "Takes over a data folder that came from another machine, in whose place this one is now");
  verb->add_option("--config", flags->config, config_help)->type_name("FILE");
  verb->footer("The command line goes before the file. examples/troupe.toml explains every key of it.\n\n"
               "Example:\n  troupe node --data /var/lib/troupe\n  troupe node --config /etc/troupe/troupe.toml");
  verb->callback([flags, on_node = std::move(on_node)] { on_node(resolve(*flags)); });
}

} // namespace troupe
