#pragma once

#include <cstdint>
#include <string>

namespace troupe {

/// What somebody may do who came in by a door. Each may what those before it may.
enum class access : std::uint8_t {
  health,  ///< ask whether the node lives and is ready: no certificate was shown
  reading, ///< ask models, and see what there is: a client
  all,     ///< an admin, or whoever reaches a door that asks for no certificate
};

/// Who is at the other end of a connection.
struct caller {
  access may = access::all;
  std::string name;      ///< as its certificate says, "anna"; "": it has none, or was not asked for one
  std::string why_not{}; ///< of `health`: why it may no more, and what to do; "": it showed no certificate
};

} // namespace troupe
