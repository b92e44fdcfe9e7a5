#pragma once

#include "runtime/base/config.hpp"

#include <functional>
#include <string>

namespace CLI {
class App;
}

namespace troupe {

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
