#pragma once

#include "actors/messages.hpp"

#include <string>

/// From CAF's errors to ours; `make_error` (messages.hpp) is the way there.
namespace troupe {

/// What a client may be told. Ours come back as they went in; of CAF's own, a timeout is `deadline_exceeded`, a dead actor `unavailable`,
/// anything else `internal`.
error to_error(const caf::error& reason);

/// For logs and the tree, e.g. "unavailable: host is gone", "user_shutdown", "request_timeout"; no error: "normal".
std::string describe(const caf::error& reason);

/// Whether an actor that died of this stopped as it should: no reason, or `user_shutdown`.
bool is_normal_exit(const caf::error& reason);

} // namespace troupe
