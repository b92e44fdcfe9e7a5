#pragma once

#include "runtime/serving/answer_watch.hpp"
#include "runtime/serving/request.hpp"

#include <memory>

namespace troupe {

/// A copy of the request for the candidate, whose answer nobody gets; null: it would be shed, since `most` are under way. From now on what both are answered
/// with is compared by the watch, and counted. The live request keeps its bytes and its way; both are answered on its loop. To be called before it is given
/// to its target.
request_ptr shadow_copy(inference_request& live, const std::shared_ptr<answer_watch>& watch, std::uint32_t most);

} // namespace troupe
