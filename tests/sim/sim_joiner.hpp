#pragma once

#include "cluster/private_key.hpp"
#include "tests/sim/sim_member.hpp"

#include <string>

namespace troupe {

/// Has a new machine let into the cluster: gets a token, asks with it, keeps what it is given and starts the node. Asks again, perhaps another node, until it is in.
class sim_joiner {
public:
  explicit sim_joiner(sim_member& newcomer) : newcomer_(newcomer), key_(private_key::make()) {}

  /// Asks `seed` unless an answer is due. Called now and then.
  void go_on(sim_member& seed);
  bool is_in() const { return newcomer_.life() > 0; }

private:
  void ask_token(sim_member& seed);
  void ask_in(sim_member& seed);
  void enter(const enrolled& given);

  sim_member& newcomer_;
  private_key key_;
  std::string token_;
  steady_time next_try_{};
};

} // namespace troupe
