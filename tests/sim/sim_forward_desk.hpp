#pragma once

#include "tests/sim/sim_forwarder.hpp"

#include "runtime/serving/pool.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <vector>

namespace troupe {

/// Gives other nodes' requests to one life's own pools, as a gateway's forward_service does.
class sim_forward_desk {
public:
  explicit sim_forward_desk(sim_member& self) : self_(self) {}

  /// To the pool of that version, and to no other. `told` gets all answers at once.
  void serve(const sim_call_key& key, const version_id& which, const std::vector<sim_forwarded>& requests,
             std::function<void(sim_forwarder::answers)> told);
  /// Nobody waits there for these any more; those that are answered already are no longer known.
  void withdraw(const sim_call_key& key, const std::set<std::uint64_t>& tickets);
  /// The connections from that machine are broken: nobody waits for anything that came by them.
  void lose(std::size_t machine);

private:
  class open_call;
  class forwarded_request;

  std::shared_ptr<pool> find_pool(const version_id& which) const;

  sim_member& self_;
  std::map<sim_call_key, std::weak_ptr<open_call>> open_;
};

} // namespace troupe
