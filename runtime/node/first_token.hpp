#pragma once

#include "runtime/base/clock.hpp"
#include "runtime/base/cluster_records.hpp"
#include "storage/cluster_store.hpp"

#include <filesystem>
#include <string>

namespace troupe {

/// So that somebody gets into a new cluster whose clients come in by TLS alone: a token for an admin, good once and for a day, in the file
/// `admin-token` of the data folder, which only the node's own user reads. The file's path. Errors: `io_failed`, or what the store answers.
result<std::string> write_first_token(cluster_store& records, const cluster_record& cluster, const std::filesystem::path& data,
                                      wall_time now);

} // namespace troupe
