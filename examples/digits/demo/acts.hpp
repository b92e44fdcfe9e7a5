#pragma once

#include "examples/digits/demo/promises.hpp"
#include "examples/digits/demo/stage.hpp"

namespace troupe {

/// The whole play, act by act: serve, lose a host, lose the node, get a better version, be refused a bad one, go back. Says what it does; what was
/// measured and promised goes into `list`. command_failure where it can't go on.
void play(stage& on, promises& list);

} // namespace troupe
