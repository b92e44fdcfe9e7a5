#pragma once

#include "runtime/gateway/admission.hpp"
#include "runtime/gateway/http_plan.hpp"
#include "runtime/gateway/http_reply.hpp"

#include <string_view>

namespace troupe {

/// Takes {"id": "…", "reward": 0.7}: what came of the request with that id, for the A/B test of the model. Answers {"counted": true}, or false if its reward is
/// known. Errors as of admission::reward, and invalid_argument for a body that isn't so.
http_reply take_feedback(admission& door, const http_plan& plan, std::string_view caller, std::string_view body);

} // namespace troupe
