#include "runtime/cli/door_options.hpp"

#include "runtime/cli/http_door.hpp"
#include "runtime/cli/rpc_door.hpp"

#include <CLI/CLI.hpp>

namespace troupe {

void add_door(CLI::App& verb, door_options& options) {
  verb.add_option("--protocol", options.protocol, "capnp: Cap'n Proto RPC; http: the Open Inference Protocol")
      ->type_name("PROTOCOL")
      ->check(CLI::IsMember({"capnp", "http"}).description(""))
      ->capture_default_str();
  verb.add_option("--http", options.http_address,
                  "With http: where the node listens (default: as `troupe login` says, else 127.0.0.1:8000)")
      ->type_name("HOST:PORT")
      ->envname("TROUPE_HTTP");
  verb.add_flag("--json", options.json, "With http: tensors as JSON numbers; else they are binary");
}

std::unique_ptr<inference_door> open_door(const command_context& context, const door_options& options) {
  bool http = options.protocol == "http";
  if (options.json && !http)
    throw command_failure(exit_code::bad_usage, "--json is about HTTP bodies; add --protocol http");
  if (http)
    return std::make_unique<http_door>(context.http_target(options.http_address),
                                       options.json ? tensor_form::json : tensor_form::binary,
                                       options.connections == 0 ? connections_max : options.connections);
  return std::make_unique<rpc_door>(context.target(), options.connections == 0 ? 1 : options.connections);
}

} // namespace troupe
