#pragma once

#include "runtime/base/clock.hpp"
#include "runtime/base/error.hpp"
#include "runtime/base/ids.hpp"

#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/atom.hpp>
#include <caf/error.hpp>
#include <caf/make_message.hpp>

#include <cstdint>
#include <string>
#include <vector>

/// What actors say to each other. Nothing here ever leaves the process, so no message type is serializable.
namespace troupe {

// -- every actor ------------------------------------------------------------------------------------------------------------------

/// Asks for the actor's status and that of everything below it.
struct get_status {};

/// One actor in the live tree.
struct actor_status {
  std::string name;  ///< within its parent
  std::string kind;  ///< "supervisor", "pool", "replica"…
  std::string state; ///< the behaviour it is in
  steady_time since{}; ///< of its start
  std::uint32_t restarts = 0; ///< by its supervisor
  std::string detail;         ///< for a person, e.g. the last failure
  std::vector<actor_status> children;
};

/// Asks a child whether it can work. It answers once it can (now or later), or with the error that it gives up with.
struct await_ready {};
/// Yes.
struct ready {};

} // namespace troupe

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::get_status)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::actor_status)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::await_ready)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::ready)

namespace troupe {

/// Our errors inside CAF's, and back.
inline caf::error make_error(error_code code, std::string message = {}) {
  return caf::error(static_cast<std::uint8_t>(code), caf::atom("troupe"), caf::make_message(std::move(message)));
}

} // namespace troupe
