#pragma once

#include "tests/sim/sim_member.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace troupe {

/// What a cluster promises of its rollouts at any time, whatever goes wrong.
///
/// - A split that is in force on a node was stored by a leader before. Within an epoch a deployment's split of one number is the same for ever.
/// - On a node the numbers of a deployment's splits never fall: not in a life of it, nor below one that it has acknowledged, unless another leads.
/// - A candidate gets no request by a split that gives it none.
/// - Once a version has ended (it was rolled back, superseded, or has failed) and a node's table leads there no more, no request that comes to that
///   node goes to it, neither here nor elsewhere. (A table that has never led there may do so once: the order was on its way when the version ended.)
/// - A gateway whose candidate has only failed sends it nothing more once it was answered as many failures as the fuse bears.
class rollout_promises {
public:
  using complaint = std::function<void(const std::string&)>;

  rollout_promises(const sim_members& members, complaint complain) : members_(members), complain_(std::move(complain)) {}

  /// From now on what is written on its disk is heard.
  void watch(sim_member& one);
  /// Its node has started. If that leads, it goes by what its disk holds.
  void on_start(sim_member& one);
  /// Its disk holds what another's did.
  void on_other_disk(const sim_member& one) { acknowledged_.erase(one.number); }
  void on_assigning(const sim_member& to, const assignment& what);
  void on_assigned(const sim_member& to, const assignment& what, const result<peer_answer>& answer);
  void on_sent(const sim_member& by, const sim_choice& to);
  void on_answer(const sim_member& by, const sim_choice& to, const error* why);
  void on_forwarded(const sim_member& from, const version_id& which, steady_time sent);
  /// Looks at all nodes' tables.
  void look();

private:
  using epoch_number = std::uint64_t;
  using split_number = std::uint64_t;
  using version_key_text = std::string;                      ///< as in a store
  using split_numbers = std::map<std::string, split_number>; ///< by deployment

  /// A split, as its leader stored it.
  struct decided_split {
    epoch_number epoch = 0;
    version_number candidate = 0;
    permille weight = 0;
    std::uint32_t fuse = 0;
  };
  struct stored_version {
    version_id id;
    std::string rollout_toml;
    bool ended = false;
  };
  /// What the leader of an epoch has on its disk.
  using stored_versions = std::map<version_key_text, stored_version>;
  struct acknowledged_splits {
    epoch_number epoch = 0;
    split_numbers numbers;
  };
  /// What was seen of a node's table, in one life.
  struct seen_table {
    std::uint64_t life = 0;
    std::uint64_t revision = 0;
    acknowledged_splits last;
    epoch_number epoch = 0;                         ///< that it follows
    std::set<version_key_text> led{};               ///< versions that it leads to, or did when they ended
    std::map<version_key_text, steady_time> left{}; ///< ended versions, and since when none of its requests may go there
  };
  struct answers {
    std::uint32_t failures = 0;
    bool any_good = false;
  };
  using gateway_split = std::tuple<std::size_t, std::uint64_t, std::string, split_number>; ///< machine, life, deployment, number

  void note_version(epoch_number epoch, const version_record& version);
  void note_deployment(epoch_number epoch, const deployment_record& deployment);
  void decide(const std::string& deployment, split_number number, const decided_split& what);

  void look_at(const sim_member& one);
  void look_at_split(const sim_member& one, seen_table& seen, const std::string& deployment, const candidate_route& route);
  void look_for_left(const sim_member& one, seen_table& seen, const routing_table& table);
  bool was_decided(const std::string& deployment, epoch_number epoch, const candidate_route& route) const;
  seen_table& seen_of(const sim_member& one);

  const sim_members& members_;
  complaint complain_;
  std::vector<std::unique_ptr<store_watch>> watches_;
  std::map<std::size_t, epoch_number> leads_; ///< machines whose node does
  std::map<epoch_number, stored_versions> stored_;
  std::map<epoch_number, std::map<std::string, std::vector<version_number>>> tested_; ///< beside a deployment's target
  std::map<std::pair<std::string, split_number>, std::vector<decided_split>> decided_;
  std::map<std::size_t, acknowledged_splits> acknowledged_; ///< by machine, as seen_
  std::map<std::size_t, seen_table> seen_;
  std::map<gateway_split, answers> answers_;
};

} // namespace troupe
