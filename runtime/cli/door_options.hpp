#pragma once

#include "runtime/cli/inference_door.hpp"
#include "runtime/cli/verbs.hpp"

#include <cstdint>
#include <memory>
#include <string>

namespace troupe {

/// Which door of which node a verb asks at.
struct door_options {
  std::string protocol = "capnp"; ///< or "http"
  std::string http_address;       ///< with http; "": none was named
  bool json = false;              ///< with http: tensors as JSON numbers
  std::uint32_t connections = 0;  ///< 0: one; with http as many as are needed
};

/// Most connections of one command.
inline constexpr std::uint32_t connections_max = 512;

/// Adds --protocol, --http and --json. `options` must outlive the parsing.
void add_door(CLI::App& verb, door_options& options);

/// Connects. Ends the command where nobody answers, or the options make no sense together.
std::unique_ptr<inference_door> open_door(const command_context& context, const door_options& options);

} // namespace troupe
