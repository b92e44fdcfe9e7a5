#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace troupe {

using version_number = std::uint32_t; ///< 1, 2, 3… within a deployment; 0 is "none"
using replica_number = std::uint64_t; ///< 1, 2, 3… within a pool; never used again

/// A version of a deployment.
struct version_id {
  std::string deployment;
  version_number number = 0;
};

inline bool operator==(const version_id& a, const version_id& b) {
  return a.number == b.number && a.deployment == b.deployment;
}

/// "digits@3"
inline std::string to_string(const version_id& id) {
  return id.deployment + "@" + std::to_string(id.number);
}

/// Whether a deployment may have this name: 1 to 63 of a-z, 0-9, '-' and '_', beginning with a letter or digit. It is part of
/// store keys, URLs and host process names.
inline bool valid_deployment_name(std::string_view name) {
  if (name.empty() || name.size() > 63 || name[0] == '-' || name[0] == '_')
    return false;
  for (char c : name)
    if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_'))
      return false;
  return true;
}

/// Whether `text` is 32 lower-case hex digits, as a node's id and a cluster's are.
inline bool is_unique_id(std::string_view text) {
  if (text.size() != 32)
    return false;
  for (char c : text)
    if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')))
      return false;
  return true;
}

} // namespace troupe
