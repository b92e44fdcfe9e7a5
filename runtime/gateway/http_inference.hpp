#pragma once

#include "runtime/gateway/admission.hpp"
#include "runtime/gateway/http_body.hpp"
#include "runtime/gateway/http_plan.hpp"
#include "runtime/gateway/http_reply.hpp"

#include <kj/async.h>

#include <string_view>

namespace troupe {

/// Runs the Open Inference Protocol's inference request that the body is, as its head planned. `caller`: its name by its certificate, or "". Whoever drops the
/// promise takes the request back, unless it is in a batch already.
kj::Promise<http_reply> infer(admission& door, const http_plan& plan, std::string_view caller, http_body body);

} // namespace troupe
