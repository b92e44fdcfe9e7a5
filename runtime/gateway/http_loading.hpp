#pragma once

#include "runtime/gateway/control_service.hpp"
#include "runtime/gateway/http_body.hpp"
#include "runtime/gateway/http_reply.hpp"

#include <kj/async.h>

#include <string>

/// Loading and unloading, as the model repository of the Open Inference Protocol has it: deploying and undeploying.
namespace troupe {

/// Answers once the deployment serves what was asked for: with a configuration and a file, a new version of these; with a configuration alone,
/// a new version of the live one's file, which keeps of its settings what the configuration doesn't name; with neither, the version that there is. What can't be loaded is told, and what served before
/// serves on. `user`: who asks; "": nobody said.
kj::Promise<http_reply> load_model(control_context& context, std::string name, const std::string& user, http_body body);

/// Removes the deployment.
kj::Promise<http_reply> unload_model(control_context& context, std::string name);

} // namespace troupe
