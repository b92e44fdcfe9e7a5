#pragma once

#include "actors/transport.hpp"

#include <cstdint>
#include <functional>
#include <map>

namespace troupe {

class sim_member;
class sim_members;

/// One life's way to other nodes: plain calls over the simulated wire. A question that is lost is answered when patience with it is over; one whose node has no
/// process, or a later one, soon.
class sim_transport final : public transport {
public:
  sim_transport(sim_member& self, sim_members& all) : self_(self), all_(all) {}

  void ask(const peer_address& whom, peer_question what, std::chrono::milliseconds patience,
           std::function<void(result<peer_answer>)> told) override;
  void hang_up(const std::string& node_id) override;
  /// The connections to that node break.
  void lose(const sim_member& other);
  /// The life is over: nobody is told any more.
  void forget() { calls_.clear(); }

private:
  struct call {
    const sim_member* to;
    std::function<void(result<peer_answer>)> told;
  };
  using call_id = std::uint64_t;

  void send(sim_member& to, call_id id, const peer_question& what, std::chrono::milliseconds patience);
  void finish(call_id id, result<peer_answer> outcome);
  /// Tells this life, if it still is, what came of a call.
  static void reply(sim_member& from, sim_member& to, std::uint64_t life, call_id id, const result<peer_answer>& outcome);

  sim_member& self_;
  sim_members& all_;
  std::map<call_id, call> calls_;
  call_id last_call_ = 0;
};

} // namespace troupe
