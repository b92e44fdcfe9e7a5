#pragma once

#include "runtime/gateway/control_service.hpp"
#include "runtime/gateway/http_reply.hpp"

#include <kj/async.h>

#include <string_view>

/// The Open Inference Protocol's model repository, which are the node's deployments.
namespace troupe {

/// Every version that there is; `body` may be {"ready": true}: those that answer requests.
kj::Promise<http_reply> repository_index(control_context& context, std::string_view body);

} // namespace troupe
