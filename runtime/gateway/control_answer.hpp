#pragma once

#include "runtime/gateway/error_map.hpp"

#include <capnp/common.h>

#include <chrono>
#include <string>

/// What the calls of the Control capability have in common. Only their sources include it.
namespace troupe {

/// For an answer that needs no more than a synced write.
inline constexpr std::chrono::seconds control_patience{10};
/// For one that may need files brought to the leader from the node that was given them.
inline constexpr std::chrono::minutes files_patience{15};

/// Writes a failure into the results, if it is one.
template <class Call, class Answer>
bool answered_error(Call& call, const result<Answer>& outcome) {
  if (!outcome)
    write_error(call.getResults().initError(), outcome.failure());
  return !outcome;
}

inline std::string text(capnp::Text::Reader from) {
  return {from.begin(), from.size()};
}

} // namespace troupe
