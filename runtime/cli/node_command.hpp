#pragma once

#include "runtime/base/config.hpp"

#include <functional>
#include <string>

namespace CLI {
class App;
}

namespace troupe {

/// The node's file where none is named; read if it is there.
inline constexpr const char* system_config = "/etc/troupe/troupe.toml";
/// What `--config` says of itself.
inline constexpr const char* config_help = "The node's file (default: /etc/troupe/troupe.toml, if there is one)";

/// The path of the file to read: the one that is named, else `otherwise` if it is there, else none (empty).
std::string config_file(const std::string& named, const std::string& otherwise = system_config);

/// The defaults with what the file says; an empty path is no file. Ends the command (bad_usage) for what is wrong with it.
node_options node_options_from(const std::string& config);

/// What `troupe node` was told.
struct node_arguments {
  std::string config;   ///< path of troupe.toml; empty: none
  node_options options; ///< defaults, then the file, then the command line; checked
};

/// Runs a node until it is told to stop; returns the process's exit code. Given by main.
using node_runner = std::function<int(const node_arguments&)>;

/// Adds the verb. Parsing fails with command_failure (bad_usage) where file and command line don't make a node; else `on_node` is
/// called.
void add_node(CLI::App& app, std::function<void(const node_arguments&)> on_node);

} // namespace troupe
