#pragma once

#include "examples/digits/demo/promises.hpp"
#include "examples/digits/demo/stage.hpp"

namespace troupe {

/// The whole play, act by act: gather a cluster, serve, lose a host, lose and freeze nodes, grow and shrink, miss the leader, get a better version, be refused
/// a bad one, go back. Says what it does; what was
/// measured and promised goes into `list`. command_failure where it can't go on.
void play(stage& on, promises& list);

} // namespace troupe
