#pragma once

#include "tests/sim/expected_state.hpp"
#include "tests/sim/sim_member.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <utility>

namespace troupe {

/// What a cluster promises at any time. What it promises in calm holds from when it was seen settled until something goes wrong.
///
/// Always:  one leader an epoch; no node takes an assignment of an older epoch.
/// In calm: whatever people do, a deployment that served at a node goes on serving there, and has no fewer replicas than it was ordered.
class cluster_promises {
public:
  using complaint = std::function<void(const std::string&)>;

  cluster_promises(const sim_members& members, const expected_state& expected, complaint complain)
    : members_(members), expected_(expected), complain_(std::move(complain)) {}

  /// Something goes wrong, or has just ended.
  void on_fault();
  /// All has been seen to be as it should.
  void on_settled() { calm_ = true; }
  bool is_calm() const { return calm_; }
  /// Somebody asks for this; from now on fewer replicas may be right.
  void on_command(const sim_command& what);
  /// What is expected of the deployment has been brought up to date.
  void on_answer(const std::string& deployment) { under_way_.erase(deployment); }
  void on_assigned(const sim_member& to, const assignment& what, const result<peer_answer>& answer);
  void on_refusal(const sim_member& by, const std::string& deployment, steady_time sent, const error& why);
  /// Looks at all that is.
  void look();

private:
  void look_at_leaders();
  void look_at_routes(const sim_member& member);
  void look_at_replicas(const std::string& deployment);
  /// Of a version that replaces its replicas one by one, or has just done so.
  std::uint32_t running_in_place_of(sim_member& leader, const version_id& version) const;
  /// How many replicas it must have, if that is known just now.
  std::uint32_t wanted(const std::string& deployment) const;

  const sim_members& members_;
  const expected_state& expected_;
  complaint complain_;
  bool calm_ = false;
  std::map<std::uint64_t, std::string> leader_of_; ///< by epoch
  std::map<std::size_t, std::uint64_t> taken_;     ///< the highest epoch of an assignment, by machine
  std::set<std::string> under_way_;                ///< deployments that a command is under way to
  /// Since when a deployment must serve at a machine.
  std::map<std::pair<std::size_t, std::string>, steady_time> serves_;
  std::map<std::string, std::uint32_t> floors_; ///< replicas that must serve
};

/// Replicas of the version that run on all machines together.
std::uint32_t running_replicas(const sim_members& members, const version_id& version);

} // namespace troupe
