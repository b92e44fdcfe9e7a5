#pragma once

#include <cstdint>
#include <string_view>

namespace troupe {

/// Where a version is in its life; `runtime/policy/rollout_plan.hpp` draws which state follows which. The numbers stand on disk.
enum class version_state : std::uint8_t {
  preparing = 0,   ///< its artifact is checked and loaded into a template
  live = 1,        ///< answers requests
  superseded = 2,  ///< was live, until a higher version took its place
  failed = 3,      ///< never was live, and never will be; the reason is beside it
  validating = 4,  ///< tried in a throw-away host
  starting = 5,    ///< its replicas are forked
  verifying = 6,   ///< its replicas are up and repeat the golden inputs
  rolling_out = 7, ///< ready; requests are being switched to it
  rolled_back = 8, ///< was live, until a person or a check went back to a lower version
};

inline constexpr version_state last_version_state = version_state::rolled_back;

/// As in status, events and `-o json`: "rolling_out".
constexpr std::string_view to_string(version_state state) {
  switch (state) {
  case version_state::preparing: return "preparing";
  case version_state::live: return "live";
  case version_state::superseded: return "superseded";
  case version_state::failed: return "failed";
  case version_state::validating: return "validating";
  case version_state::starting: return "starting";
  case version_state::verifying: return "verifying";
  case version_state::rolling_out: return "rolling_out";
  case version_state::rolled_back: return "rolled_back";
  }
  return "unknown";
}

/// Whether it is on its way up.
constexpr bool is_rolling(version_state state) {
  return state == version_state::validating || state == version_state::preparing || state == version_state::starting
         || state == version_state::verifying || state == version_state::rolling_out;
}

} // namespace troupe
