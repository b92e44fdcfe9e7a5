#pragma once

#include "storage/records.hpp"

namespace troupe {

/// Reads who the store belongs to; a store without any transaction gets a record with `node_id`. Comes before every other use
/// of a store. Errors: `failed_precondition` (of a newer format: the message names both), `corrupt`, or what the store answers.
result<node_record> check_store_format(store& records, const std::string& node_id, wall_time now);

} // namespace troupe
