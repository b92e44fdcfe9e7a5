#pragma once

/// What a node of a cluster is made of beneath its placer and its deployments, in one thread; its leader is n1, and n2 is another node. Include it last, as
/// caf_fixture.hpp.

#include "actors/errors.hpp"
#include "actors/fetcher.hpp"
#include "actors/keeper.hpp"
#include "actors/pools.hpp"
#include "actors/router.hpp"
#include "tests/actors/hand_hosts.hpp"
#include "tests/actors/other_nodes.hpp"
#include "tests/storage/put_blob.hpp"
#include "tests/storage/temporary_folder.hpp"
#include "tests/support/refusing_store.hpp"

#include "tests/support/caf_fixture.hpp"

namespace troupe {

using namespace std::chrono_literals;

class follower_fixture : public caf_fixture, public other_nodes {
public:
  test::temporary_folder folder;
  hand_hosts hosts;
  directory actors;
  routing_cell routes;
  seed_source seeds{1};
  refusing_store records;
  state_store state{records};
  assignment_store kept{records};
  data_folder data = data_folder::open(folder.path()).value();
  blob_store blobs = blob_store::open(data).value();
  actor_environment node{time, events, seeds, hosts, routes, actors};

  follower_fixture() {
    hosts.validations_by_hand = true; // each load is a pool's
    node.node_id = "n3";
    node.network = &network;
    node.lead.set({1, "n1", ""});
    actors.membership.set(start(sys.spawn(told_membership, nodes)));
    start_keeper();
    start_fetcher();
    actors.router.set(start(sys.spawn(router, std::cref(node))));
    settle();
  }
  ~follower_fixture() {
    stop(actors.pools);
    stop(actors.fetcher);
    for (auto& each : started_)
      caf::anon_send_exit(each, caf::exit_reason::kill);
    settle();
    BOOST_TEST(events.without_origin() == std::set<std::string>(), boost::test_tools::per_element());
    for (auto& load : hosts.loads)
      load.events = {};
    for (auto& fork : hosts.forks)
      fork.events = {};
    settle();
  }

  void start_keeper() {
    actors.keeper.set(start(sys.spawn(keeper, keeper_options{time, state, blobs, kept})));
    settle();
  }
  void start_fetcher() {
    actors.fetcher.set(sys.spawn(fetcher, std::cref(node)));
    settle();
  }
  void start_pools() {
    actors.pools.set(sys.spawn(pools, std::cref(node)));
    settle();
  }
  /// It ends, and what it started with it.
  template <class Handle>
  void stop(handle_cell<Handle>& cell) {
    caf::anon_send_exit(cell.get(), caf::exit_reason::kill);
    cell.set({});
    pass_in_steps(1s, 100ms);
  }

  kept_answer<done> fetch_later(const std::string& hash, const std::string& hint = {}) {
    return ask_later<done>(actors.fetcher.get(), fetch_artifact{hash, hint, {}});
  }
  caf::expected<done> fetch_now(const std::string& hash, const std::string& hint = {}) {
    return ask<done>(actors.fetcher.get(), fetch_artifact{hash, hint, {}});
  }
  template <class T>
  static error failure_of(const caf::expected<T>& answer) {
    BOOST_REQUIRE(!answer);
    return to_error(answer.error());
  }

private:
  template <class Handle>
  Handle start(Handle made) {
    started_.push_back(caf::actor_cast<caf::actor>(made));
    return made;
  }

  std::vector<caf::actor> started_;
};

} // namespace troupe
