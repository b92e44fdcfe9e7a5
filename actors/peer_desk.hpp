#pragma once

#include "actors/directory.hpp"
#include "actors/transport.hpp"

#include <caf/actor.hpp>
#include <caf/actor_system.hpp>

#include <chrono>
#include <functional>
#include <string>

namespace troupe {

/// Hands what other nodes ask to the actor that answers it. Thread-safe.
class peer_desk {
public:
  /// The system and the directory must outlive it.
  peer_desk(caf::actor_system& system, const directory& actors) : system_(system), actors_(actors) {}

  /// Asks for the node `from`. `told` is called once, on any thread: with the answer, or with the error (`unavailable` if the actor isn't up on this
  /// node, `deadline_exceeded` after `patience`, `permission_denied` for what only another node may say). Ending the actor that is returned takes
  /// the question back: then `told` may never be called.
  caf::actor ask(const std::string& from, peer_question what, std::chrono::milliseconds patience,
                 std::function<void(result<peer_answer>)> told) const;

private:
  struct hand_over;

  caf::actor_system& system_;
  const directory& actors_;
};

} // namespace troupe
