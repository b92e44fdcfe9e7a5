#pragma once

#include "actors/cluster_identity.hpp"
#include "runtime/node/restore_data_folder.hpp"
#include "storage/assignment_store.hpp"
#include "storage/store_format.hpp"
#include "tests/storage/backup_fixture.hpp"

#include <functional>

namespace troupe::test {

inline const std::string leader_id(32, '1');
inline const std::string member_id(32, '2');

/// A node's data folder, while its node is stopped.
struct stopped_node {
  data_folder folder;
  std::unique_ptr<store> records;
  cluster_store cluster{*records};
  state_store state{*records};

  explicit stopped_node(const fs::path& path)
    : folder(data_folder::open(path).value()), records(open_rocks_store(folder).value()) {}

  std::string node_id() { return check_store_format(*records, {}, {}).value().node_id; }
};

/// A backup of a leader with the deployment "digits", and the data folder of a member of its cluster.
struct lost_leader : backup_fixture {
  real_clock time;
  fs::path member = place.path() / "member";

  lost_leader() {
    BOOST_REQUIRE(check_store_format(*records, {leader_id, "", false}, time.wall_now()).ok());
    deploy("digits", "1");
    BOOST_REQUIRE(assignment_store(*records).save({{1, leader_id, ""}, 9, {}, {}}).ok());
    cluster_store own(*records);
    auto founded = found_cluster(own, {leader_id, "n1", "10.0.0.1:7551", {}}, {time.wall_now()}).value();
    BOOST_REQUIRE(back_up(target).ok());
    join(founded);
  }

  void join(const cluster_record& leaders) {
    stopped_node node(member);
    BOOST_REQUIRE(check_store_format(*node.records, {member_id, "", false}, time.wall_now()).ok());
    auto owner = authority::load(leaders.authority_pem, leaders.authority_key_pem).value();
    auto key = private_key::make();
    auto certificate = owner.issue_node(member_id, key.public_key(), {time.wall_now()}).value();
    BOOST_REQUIRE(save_membership(node.cluster, member_id, key, {leaders.authority_pem, certificate, leaders.lead}).ok());
    member_record self{member_id, "n2", "10.0.0.2:7551", key.public_key(), {}, time.wall_now()};
    BOOST_REQUIRE(keep_members(node.cluster, {self}).ok());
    BOOST_REQUIRE(assignment_store(*node.records).save({{1, leader_id, ""}, 4, {}, {}}).ok());
  }

  result<restore_report> lead(const fs::path& data, std::function<void()> meanwhile = [] {}) {
    restore_arguments arguments;
    arguments.backup = target.string();
    arguments.data_folder = data.string();
    arguments.lead = true;
    return restore_data_folder(arguments, [&](const restore_progress&) { meanwhile(); }, time);
  }
  /// Whether the member's stopped node leads.
  bool member_leads() {
    stopped_node node(member);
    return leads(own_cluster(node.cluster, member_id).value().value(), member_id);
  }
};

} // namespace troupe::test
