#pragma once

#include "actors/messages.hpp"

#include <caf/replies_to.hpp>
#include <caf/typed_actor.hpp>

/// Every actor's interface, on one page. Reading it is reading the architecture.
namespace troupe {

/// What a supervisor asks of its children; every actor's interface extends it.
using supervised_actor = caf::typed_actor<
    // Tells its status and that of everything below it.
    caf::replies_to<get_status>::with<actor_status>,
    // Answers once it can work.
    caf::replies_to<await_ready>::with<ready>>;

} // namespace troupe
