#pragma once

#include "runtime/gateway/admission.hpp"
#include "runtime/gateway/http_body.hpp"
#include "runtime/gateway/http_reply.hpp"

#include <kj/async.h>

#include <optional>
#include <string_view>

namespace troupe {

/// Runs the Open Inference Protocol's inference request that the body is, on the deployment in that version (0: any). `header_length` is the
/// header Inference-Header-Content-Length. Whoever drops the promise takes the request back, unless it is in a batch already.
kj::Promise<http_reply> infer(admission& door, std::string_view deployment, version_number version,
                              std::optional<std::size_t> header_length, http_body body);

} // namespace troupe
