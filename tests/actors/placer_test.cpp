#define BOOST_TEST_MODULE placer
#include "actors/errors.hpp"
#include "actors/placer.hpp"
#include "tests/actors/hand_hosts.hpp"
#include "tests/support/fake_forwarder.hpp"
#include "tests/support/hand_transport.hpp"

#include "tests/support/caf_fixture.hpp"

using namespace troupe;
using namespace std::chrono_literals;

namespace {

/// What a node was told, and what it makes of it.
struct played_node {
  std::string id;
  assignment told;
  std::uint32_t times = 0;
  bool silent = false;               ///< never answers
  std::optional<leadership> refuses; ///< because this one leads
  std::uint64_t memory_of_replica = 0;
  std::uint64_t reports = 0;

  caf::result<assignment_taken> take(caf::local_actor& self, const assignment& what) {
    ++times;
    if (silent)
      return self.make_response_promise<assignment_taken>();
    if (refuses)
      return assignment_taken{*refuses, false};
    told = what;
    return assignment_taken{what.by, true};
  }

  std::uint32_t replicas() const { return told.pools.empty() ? 0 : told.pools[0].replicas; }

  /// As if all that it was told to run served.
  node_report report() {
    node_report made{id, told.by.epoch, told.revision, ++reports, {}, {}};
    for (const auto& order : told.pools) {
      pool_report pool;
      pool.fingerprint = order.fingerprint;
      pool.phase = pool_phase::serving;
      pool.wanted = order.replicas;
      pool.loaded = pool.started = pool.complete = true;
      pool.status.id = order.id;
      for (std::uint32_t i = 0; i < order.replicas; ++i) {
        replica_info replica;
        replica.number = i + 1;
        replica.phase = replica_phase::serving;
        pool.status.replicas.push_back(replica);
      }
      pool.memory_bytes = order.replicas * memory_of_replica;
      made.pools.push_back(std::move(pool));
    }
    return made;
  }
};
using node_pointer = std::shared_ptr<played_node>;

pools_actor::behavior_type own_pools(pools_actor::pointer self, node_pointer node) {
  return {
      [](get_status) { return actor_status{}; },
      [](await_ready) { return ready{}; },
      [self, node](const assignment& what) { return node->take(*self, what); },
      [node](get_report) { return node->report(); },
      [](const pool_news&) {},
      [](const child_up&) {},
      [](const child_down&) {},
  };
}

assignee::behavior_type other_node(assignee::pointer self, node_pointer node) {
  return {[self, node](const assignment& what) { return node->take(*self, what); }};
}

version_listener::behavior_type listener(std::shared_ptr<std::map<version_number, version_placed>> told) {
  return {[told](const version_placed& placed) { (*told)[placed.version] = placed; }};
}

/// A placer on node "a", and nodes "b" and "c".
struct placer_fixture : caf_fixture {
  hand_hosts hosts;
  routing_cell routes;
  directory actors;
  seed_source seeds{1};
  actor_environment node{time, events, seeds, hosts, routes, actors};
  std::map<std::string, node_pointer> nodes;
  std::map<std::string, node_view> views;
  std::vector<caf::actor> played;
  std::shared_ptr<std::map<version_number, version_placed>> told = std::make_shared<std::map<version_number, version_placed>>();
  version_listener deployment = sys.spawn(listener, told);
  placer_actor tested;
  std::uint64_t demands = 0;

  placer_fixture() {
    node.node_id = node.node_name = "a";
    node.lead.set({5, "a", {}});
    node.machine.memory_bytes = 1 << 30;
    node.machine.cores = 4;
    for (std::string id : {"a", "b", "c"}) {
      nodes[id] = std::make_shared<played_node>();
      nodes[id]->id = id;
      views[id].place = {id, 4, 1 << 30, 0, {{"zone", id}}, placement_use::usable};
      views[id].name = id;
    }
    auto pools = sys.spawn(own_pools, nodes["a"]);
    actors.pools.set(pools);
    played.push_back(caf::actor_cast<caf::actor>(pools));
    for (std::string id : {"b", "c"}) {
      auto other = sys.spawn(other_node, nodes[id]);
      played.push_back(caf::actor_cast<caf::actor>(other));
      views[id].takes = other;
    }
    tested = sys.spawn(placer, std::cref(node));
    settle();
  }
  ~placer_fixture() override {
    caf::anon_send_exit(tested, caf::exit_reason::user_shutdown);
    caf::anon_send_exit(deployment, caf::exit_reason::user_shutdown);
    for (auto& each : played)
      caf::anon_send_exit(each, caf::exit_reason::user_shutdown);
    settle();
    actors.clear();
    views.clear();
    played.clear();
    tested = placer_actor();
    deployment = version_listener();
    settle();
  }

  void tell_nodes() {
    nodes_changed change;
    for (const auto& [id, view] : views)
      change.nodes.push_back(view);
    caf::anon_send(tested, change);
    settle();
  }
  void use(const std::string& id, placement_use how) {
    views[id].place.use = how;
    tell_nodes();
  }
  void report(const std::string& id) {
    caf::anon_send(tested, nodes[id]->report());
    settle();
  }
  /// All serve what they were told, until nothing changes any more.
  void settle_all() {
    for (int round = 0; round < 5; ++round)
      for (const auto& [id, each] : nodes)
        if (views[id].place.use != placement_use::gone)
          report(id);
  }
  /// Everybody is there, and nothing is deployed.
  void begin() {
    tell_nodes();
    caf::anon_send(tested, retain_demands{});
    settle();
    settle_all();
  }

  static std::string toml(const std::string& more = "") {
    return "[[inputs]]\nname = \"x\"\ndatatype = \"FP32\"\nshape = [1]\n[[outputs]]\nname = \"y\"\ndatatype = \"FP32\"\nshape = "
           "[1]\n"
           + more;
  }
  deployment_demand demand(std::uint32_t replicas, const std::string& more = "") {
    pool_order order;
    order.id = {"digits", 1};
    order.fingerprint = 7;
    order.artifact_sha256 = std::string(64, 'a');
    order.model_toml = toml(more);
    order.replicas = replicas;
    order.may_start = true;
    return {"digits", ++demands, {order}, 1, {}, {}, deployment};
  }
  kept_answer<done> need(std::uint32_t replicas, const std::string& more = "") {
    auto answer = ask_later<done>(tested, demand(replicas, more));
    settle_all();
    return answer;
  }
  /// "1 1 1": how many replicas a, b and c were told to run.
  std::string placed() {
    std::string text;
    for (const auto& [id, each] : nodes)
      text += (text.empty() ? "" : " ") + std::to_string(each->replicas());
    return text;
  }
  std::uint32_t routed_to(const std::string& by, const std::string& to) {
    for (const auto& route : nodes[by]->told.routes)
      for (const auto& share : route.live.shares)
        if (share.node_id == to)
          return share.replicas;
    return 0;
  }
};

} // namespace

/// The same, where there are other nodes.
struct leader_fixture : placer_fixture {
  hand_transport wire;
  fake_forwarder forwarder;
  peer_board board;
  cluster_network network{wire, forwarder, board};

  leader_fixture() {
    node.network = &network;
    start_again();
  }

  void start_again() {
    caf::anon_send_exit(tested, caf::exit_reason::kill);
    tested = sys.spawn(placer, std::cref(node));
    settle();
  }
};

BOOST_FIXTURE_TEST_SUITE(leading, leader_fixture)

BOOST_AUTO_TEST_CASE(a_leader_runs_nothing_itself_before_it_knows_who_else_is_there) {
  caf::anon_send(tested, retain_demands{{"digits"}});
  ask_later<done>(tested, demand(3));
  pass(2 * node.timing.gather_patience);
  BOOST_TEST(nodes["a"]->times == 0U);
  tell_nodes();
  report("b");
  report("c");
  BOOST_TEST(placed() == "1 1 1");
}

BOOST_AUTO_TEST_CASE(an_assignment_of_an_earlier_life_that_comes_late_is_older_than_any_of_this_one) {
  begin();
  need(3);
  auto late = nodes["b"]->told.revision + 1; // sent, and on its way when the leader died
  pass(1ms);
  start_again();
  begin();
  need(6);
  BOOST_TEST(nodes["b"]->told.revision > late);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(gathering, placer_fixture)

BOOST_AUTO_TEST_CASE(nothing_is_sent_before_every_node_and_every_deployment_has_told) {
  tell_nodes();
  caf::anon_send(tested, retain_demands{{"digits"}});
  auto asked = ask_later<done>(tested, demand(3));
  report("b");
  BOOST_TEST(nodes["a"]->times + nodes["b"]->times + nodes["c"]->times == 0U);
  report("c");
  BOOST_TEST(placed() == "1 1 1");
  BOOST_TEST((asked->has_value() && asked->value()));
}

BOOST_AUTO_TEST_CASE(a_node_that_does_not_answer_holds_up_nobody_for_long_and_gets_nothing_more) {
  begin();
  nodes["c"]->silent = true;
  auto asked = ask_later<done>(tested, demand(3));
  for (int i = 0; i < 3; ++i) {
    report("a");
    report("b");
  }
  BOOST_TEST(!asked->has_value());
  pass_in_steps(2 * node.timing.patience, 50ms);
  report("a");
  report("b");
  BOOST_REQUIRE(asked->has_value());
  BOOST_TEST(static_cast<bool>(**asked));
  BOOST_TEST(nodes["a"]->replicas() + nodes["b"]->replicas() == 3U); // what it was given, and never told of, is elsewhere
  nodes["c"]->silent = false;
  pass_in_steps(node.timing.patience + 1s, 50ms);
  settle_all();
  BOOST_TEST(placed() == "1 1 1");
}

BOOST_AUTO_TEST_CASE(what_has_not_begun_on_a_node_whose_disk_is_full_goes_elsewhere) {
  begin();
  ask_later<done>(tested, demand(3));
  report("a");
  report("b");
  BOOST_TEST(placed() == "1 1 1");
  use("c", placement_use::full);
  for (int i = 0; i < 3; ++i) {
    report("a");
    report("b");
  }
  BOOST_TEST(nodes["a"]->replicas() + nodes["b"]->replicas() == 3U);
  BOOST_TEST(nodes["c"]->replicas() == 0U);
}

BOOST_AUTO_TEST_CASE(a_deployment_that_runs_nowhere_says_why) {
  begin();
  need(2, "[placement]\non = \"zone=b\"\n");
  use("b", placement_use::gone);
  settle_all();
  auto why = nodes["a"]->told.routes.at(0).why_not;
  BOOST_TEST((why.code == error_code::unavailable));
  BOOST_TEST(why.message.find("deployment 'digits' runs nowhere: ") == 0U, why.message);
}

BOOST_AUTO_TEST_CASE(what_nodes_run_and_the_state_does_not_have_is_told_before_it_stops) {
  auto run = [this](const std::string& id, const char* deployment, version_number version) {
    pool_order order;
    order.id = {deployment, version};
    order.replicas = 1;
    nodes[id]->told.pools.push_back(order);
  };
  run("c", "digits", 1);
  run("b", "digits", 2); // newer than what the state has
  run("b", "words", 4);
  run("c", "words", 4);
  tell_nodes();
  caf::anon_send(tested, retain_demands{{"digits"}});
  ask_later<done>(tested, demand(1));
  report("b");
  report("c");
  std::string text;
  for (const auto& each : events.named("version_unknown"))
    text += std::string(field(each, "deployment")).append("@").append(field(each, "version")).append(" ");
  BOOST_TEST(text == "digits@2 words@4 ");
}

BOOST_AUTO_TEST_CASE(a_node_that_says_nothing_is_not_waited_for_for_ever) {
  tell_nodes();
  caf::anon_send(tested, retain_demands{});
  report("b");
  BOOST_TEST(nodes["b"]->times == 0U);
  pass(node.timing.gather_patience);
  BOOST_TEST(nodes["b"]->times == 1U);
  BOOST_TEST(nodes["c"]->times == 0U); // it has not said what it runs
}

BOOST_AUTO_TEST_CASE(what_is_deployed_while_it_gathers_is_placed) {
  tell_nodes();
  caf::anon_send(tested, retain_demands{}); // there was nothing yet
  auto asked = ask_later<done>(tested, demand(3));
  report("b");
  report("c");
  BOOST_TEST(placed() == "1 1 1");
  BOOST_TEST((asked->has_value() && asked->value()));
}

BOOST_AUTO_TEST_CASE(who_was_put_out_every_node_hears_of_though_nothing_is_deployed) {
  const auto at = time.wall_now();
  begin();
  user_record anna{cluster_role::client, "anna", at, at + 1h, "0123", at + 1s};
  caf::anon_send(tested, user_list{{anna, {cluster_role::client, "ben", at, at + 1h, "0123", {}}}});
  settle();
  for (const auto& [id, each] : nodes) {
    BOOST_REQUIRE(each->told.revoked.size() == 1U);
    BOOST_TEST((each->told.revoked[0] == revocation{"client:anna", at + 1s, at + 1h}));
  }
}

BOOST_AUTO_TEST_CASE(a_leader_that_comes_back_stops_nothing_that_runs) {
  nodes["b"]->told.by = {4, "a", {}};
  nodes["b"]->told.revision = 9;
  nodes["b"]->told.pools = demand(2).pools;
  tell_nodes();
  report("b");
  report("c");
  caf::anon_send(tested, retain_demands{{"digits"}});
  ask_later<done>(tested, demand(2));
  BOOST_TEST(nodes["b"]->told.by.epoch == 5U);
  BOOST_TEST(nodes["b"]->told.revision > 9U);
  BOOST_TEST(nodes["b"]->replicas() == 2U);
  settle_all(); // then they are spread
  BOOST_TEST(nodes["b"]->replicas() == 1U);
}

BOOST_AUTO_TEST_CASE(what_nobody_needs_any_more_goes_once_all_have_told) {
  nodes["b"]->told.by = {4, "a", {}};
  nodes["b"]->told.pools = demand(2).pools;
  tell_nodes();
  report("b");
  report("c");
  caf::anon_send(tested, retain_demands{});
  settle_all();
  BOOST_TEST(nodes["b"]->told.pools.empty());
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(placing, placer_fixture)

BOOST_AUTO_TEST_CASE(replicas_are_spread_routed_by_all_and_told) {
  begin();
  auto asked = need(3);
  BOOST_TEST(placed() == "1 1 1");
  for (std::string by : {"a", "b", "c"})
    for (std::string to : {"a", "b", "c"})
      BOOST_TEST(routed_to(by, to) == 1U, by << " to " << to);
  BOOST_TEST((asked->has_value() && asked->value()));
  BOOST_TEST((*told)[1].complete);
  BOOST_TEST((*told)[1].serving == 3U);
}

BOOST_AUTO_TEST_CASE(a_lost_nodes_replica_is_started_elsewhere) {
  begin();
  need(3);
  use("c", placement_use::gone);
  BOOST_TEST(routed_to("a", "c") == 0U);
  settle_all();
  BOOST_TEST(nodes["a"]->replicas() + nodes["b"]->replicas() == 3U);
  BOOST_TEST((*told)[1].complete);
  BOOST_TEST(ask<placement_view>(tested, get_placement{"digits"})->versions.at(0).status.replicas.size() == 3U);
}

BOOST_AUTO_TEST_CASE(a_suspect_keeps_what_it_has_and_gets_nothing_more) {
  begin();
  need(3);
  use("c", placement_use::suspect);
  need(6);
  BOOST_TEST(nodes["c"]->replicas() == 1U);
  BOOST_TEST(nodes["a"]->replicas() + nodes["b"]->replicas() == 5U);
}

BOOST_AUTO_TEST_CASE(a_draining_node_stops_its_replica_only_once_another_one_serves) {
  begin();
  need(3);
  use("c", placement_use::draining);
  BOOST_TEST(nodes["a"]->replicas() + nodes["b"]->replicas() == 3U);
  BOOST_TEST(nodes["c"]->replicas() == 1U);
  settle_all();
  BOOST_TEST(nodes["c"]->told.pools.empty());
  BOOST_TEST(routed_to("b", "c") == 0U);
}

BOOST_AUTO_TEST_CASE(a_pool_that_has_to_go_is_stopped_only_once_no_node_sends_it_requests) {
  begin();
  need(3);
  nodes["c"]->silent = true; // it still goes by the routes to all
  use("b", placement_use::draining);
  settle_all();
  BOOST_TEST(routed_to("a", "b") == 0U);
  BOOST_TEST(nodes["b"]->replicas() == 1U);
  nodes["c"]->silent = false;
  pass(node.timing.patience); // it is asked again
  pass(1s);
  settle_all();
  BOOST_TEST(routed_to("c", "b") == 0U);
  BOOST_TEST(nodes["b"]->told.pools.empty());
  BOOST_TEST(nodes["a"]->replicas() + nodes["c"]->replicas() == 3U);
}

BOOST_AUTO_TEST_CASE(a_pool_that_has_to_go_does_not_wait_for_ever_for_a_node_that_does_not_answer) {
  begin();
  need(3);
  nodes["c"]->silent = true;
  use("b", placement_use::draining);
  settle_all();
  BOOST_TEST(nodes["b"]->replicas() == 1U);
  pass(node.timing.patience);
  BOOST_TEST(nodes["b"]->told.pools.empty());
}

BOOST_AUTO_TEST_CASE(a_pool_that_is_wanted_again_before_it_is_gone_stays) {
  begin();
  need(3);
  nodes["c"]->silent = true;
  need(1);
  need(3);
  nodes["c"]->silent = false;
  pass(node.timing.patience);
  pass(1s);
  settle_all();
  BOOST_TEST(placed() == "1 1 1");
  for (std::string to : {"a", "b", "c"})
    BOOST_TEST(routed_to("a", to) == 1U, to);
}

BOOST_AUTO_TEST_CASE(a_model_runs_only_where_the_labels_are_that_it_asks_for) {
  begin();
  need(2, "[placement]\non = \"zone=b\"\n");
  BOOST_TEST(placed() == "0 2 0");
  use("b", placement_use::gone);
  settle_all();
  BOOST_TEST(placed() == "0 2 0"); // b isn't told of it any more
  BOOST_TEST(!(*told)[1].complete);
  BOOST_TEST((*told)[1].unplaced != "");
  BOOST_TEST(events.named("replicas_unplaced").size() == 1U);
}

BOOST_AUTO_TEST_CASE(declared_memory_is_never_promised_twice) {
  begin();
  need(4, "[limits]\nmemory = \"600MiB\"\n");
  BOOST_TEST(placed() == "1 1 1");
  BOOST_TEST((*told)[1].unplaced != "");
}

BOOST_AUTO_TEST_CASE(measured_memory_counts_where_none_was_declared) {
  begin();
  for (auto& [id, each] : nodes)
    each->memory_of_replica = 400 << 20;
  need(3);
  need(9);
  BOOST_TEST(placed() == "2 2 2");
  BOOST_TEST((*told)[1].unplaced != "");
}

BOOST_AUTO_TEST_CASE(a_node_that_does_not_answer_is_asked_again_until_it_does) {
  begin();
  nodes["c"]->silent = true;
  auto asked = need(3);
  BOOST_TEST(!asked->has_value());
  pass_in_steps(node.timing.patience, 50ms);
  BOOST_TEST((asked->has_value() && asked->value())); // it doesn't hold up the others
  nodes["c"]->silent = false;
  pass_in_steps(node.timing.patience + 1s, 50ms);
  settle_all();
  BOOST_TEST(placed() == "1 1 1");
}

BOOST_AUTO_TEST_CASE(what_a_node_missed_while_it_was_gone_it_is_told_once_it_is_back) {
  begin();
  nodes["c"]->silent = true;
  use("c", placement_use::suspect);
  need(2);
  BOOST_TEST(placed() == "1 1 0");
  use("c", placement_use::gone);
  pass(node.timing.patience); // what it was asked is given up
  pass(node.timing.retry_base);
  nodes["c"]->silent = false;
  use("c", placement_use::usable);
  BOOST_TEST(placed() == "1 1 0"); // for the others nothing has changed
  BOOST_TEST(routed_to("c", "a") == 1U);
}

BOOST_AUTO_TEST_CASE(a_suspect_that_does_not_answer_is_not_waited_for) {
  begin();
  nodes["c"]->silent = true;
  use("c", placement_use::suspect);
  auto asked = need(2);
  BOOST_TEST((asked->has_value() && asked->value()));
}

BOOST_AUTO_TEST_CASE(a_node_that_forgot_what_it_was_told_is_told_again) {
  begin();
  need(3);
  nodes["c"]->told = {};
  report("c");
  BOOST_TEST(nodes["c"]->replicas() == 1U);
}

BOOST_AUTO_TEST_CASE(a_leader_that_hears_of_a_higher_epoch_follows_it) {
  std::optional<leadership> followed;
  node.follow = [&](const leadership& other) -> result<void> {
    followed = other;
    return {};
  };
  begin();
  nodes["b"]->refuses = leadership{6, "b", "signed"};
  need(3);
  BOOST_REQUIRE(followed.has_value());
  BOOST_TEST(followed->epoch == 6U);
  node.lead.set(*followed);
  auto times = nodes["c"]->times;
  need(6);
  BOOST_TEST(nodes["c"]->times == times); // in the name of the one that leads now it tells nobody anything
}

BOOST_AUTO_TEST_SUITE_END()
