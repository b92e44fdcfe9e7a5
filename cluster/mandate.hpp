#pragma once

#include "runtime/base/cluster_records.hpp"
#include "runtime/base/error.hpp"

#include <string>
#include <string_view>

namespace troupe {

/// What the authority signs when it makes a node the leader. `authority` makes mandates.
std::string mandate_text(std::string_view cluster_id, const leadership& claimed);

/// Whether the authority with this certificate gave the mandate, for its own cluster. Errors: `permission_denied` (it didn't, or somebody changed it),
/// `invalid_argument` (no certificate).
result<void> check_mandate(const leadership& claimed, std::string_view authority_pem);

} // namespace troupe
