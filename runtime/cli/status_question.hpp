#pragma once

#include "runtime/cli/client.hpp"

#include <string>

namespace troupe {

using status_answer = capnp::Response<schema::Control::StatusResults>;

/// What the node knows of the deployment, "": of all. Ends the command with its refusal.
status_answer ask_status(client& node, const std::string& deployment);

} // namespace troupe
