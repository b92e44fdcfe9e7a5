#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace troupe {

/// Where a key lives. The numbers are positions in the table below.
enum class column_family : std::uint8_t { node = 0, deployments, versions, events, cluster, members, tokens, assignment };

struct column_family_row {
  column_family family;
  std::string_view name; ///< on disk: never changed or reused
  std::string_view key;
  std::string_view record; ///< in schemas/records.capnp
  std::string_view writer;
  std::string_view retention;
};

/// Everything that a store holds.
inline constexpr std::array<column_family_row, 8> column_families = {{
    {column_family::node, "node", "\"node\"", "NodeRecord", "store_format", "for ever"},
    {column_family::deployments, "deployments", "name", "DeploymentRecord", "state_store", "until undeployed"},
    {column_family::versions, "versions", "name, 0 byte, number (4 bytes)", "VersionRecord", "state_store", "until undeployed"},
    {column_family::events, "events", "Unix ns (8 bytes), sequence (8 bytes)", "EventRecord", "log_store", "the newest 100,000"},
    {column_family::cluster, "cluster", "\"cluster\", \"joining\"; \"user/client:anna\"", "ClusterRecord; UserRecord",
     "cluster_store", "for ever; users until a while after their certificates end"},
    {column_family::members, "members", "node id (32 hex digits)", "MemberRecord", "cluster_store", "for ever"},
    {column_family::tokens, "tokens", "SHA-256 of the secret (64 hex digits)", "TokenRecord", "cluster_store",
     "until a while after they expire"},
    {column_family::assignment, "assignment", "part (8 bytes)", "KeptAssignment", "assignment_store", "until the next"},
}};

constexpr std::size_t index_of(column_family family) {
  return static_cast<std::size_t>(family);
}

constexpr std::string_view to_string(column_family family) {
  return column_families[index_of(family)].name;
}

} // namespace troupe
