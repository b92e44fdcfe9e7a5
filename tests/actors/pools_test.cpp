#define BOOST_TEST_MODULE pools
#include "actors/leader_proxy.hpp"
#include "tests/actors/follower_fixture.hpp"

using namespace troupe;

namespace {

const std::string toml =
    "max_batch = 4\n[[inputs]]\nname = \"x\"\ndatatype = \"FP32\"\nshape = [-1, 2]\n[[outputs]]\nname = \"y\"\n"
    "datatype = \"FP32\"\nshape = [-1, 2]\n";

struct pools_fixture : follower_fixture {
  /// digits@1 on this node, of this artifact, and routed to it.
  assignment digits(const std::string& artifact, std::uint64_t revision = 1, std::uint64_t epoch = 1) const {
    pool_order order{{"digits", 1}, 45, artifact, {}, toml, 1, true, false, false};
    route_order route{"digits", {}, {1, toml, {{node.node_id, 1}}}, {}, {}, {}};
    return {{epoch, "n1", ""}, revision, {order}, {route}};
  }
  kept_answer<assignment_taken> assign_later(const assignment& what) {
    return ask_later<assignment_taken>(actors.pools.get(), what);
  }
  caf::expected<assignment_taken> assign(const assignment& what) { return ask<assignment_taken>(actors.pools.get(), what); }
  node_report report() { return *ask<node_report>(actors.pools.get(), get_report{}); }
  std::string detail_of_pool() {
    auto status = *ask<actor_status>(actors.pools.get(), get_status{});
    return status.children.at(0).children.at(0).detail;
  }
  /// Whether requests for the deployment have somewhere to go.
  bool serves(const std::string& deployment = "digits") {
    auto table = routes.read();
    auto found = table->find(deployment);
    return found != table->end() && found->second.target != nullptr;
  }
  /// The node starts again.
  void restart() {
    stop(actors.pools);
    start_pools();
    settle();
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(pools_suite, pools_fixture)

BOOST_AUTO_TEST_CASE(an_assignment_of_an_older_epoch_than_the_node_knows_is_refused_though_it_was_never_told_one) {
  node.lead.set({5, "n2", ""});
  start_pools();
  auto answer = assign(digits(test::put_blob(blobs, "abc"), 100, 4));
  BOOST_REQUIRE(answer);
  BOOST_TEST(!answer->taken);
  BOOST_TEST(answer->by.epoch == 5U);
  BOOST_TEST(report().pools.empty());
}

BOOST_AUTO_TEST_CASE(what_the_disk_refuses_is_taken_all_the_same_and_told_of_once_and_kept_when_there_is_room) {
  start_pools();
  records.full = true;
  auto next = digits(test::put_blob(blobs, "abc"));
  for (int tries = 0; tries < 3; ++tries)
    BOOST_TEST(assign(next)->taken);
  pass(node.timing.report_interval);
  BOOST_TEST(serves());
  BOOST_TEST(events.named("assignment_not_kept").size() == 1U);
  BOOST_TEST(!kept.load().value());
  records.full = false;
  pass(node.timing.report_interval);
  BOOST_TEST(kept.load().value()->revision == 1U);
}

BOOST_AUTO_TEST_CASE(who_was_put_out_stays_out_whatever_later_assignments_say) {
  auto anna = revocation{"client:anna", time.wall_now(), time.wall_now() + 1h};
  auto ben = revocation{"admin:ben", time.wall_now() + 1min, time.wall_now() + 1h};
  start_pools();
  auto next = digits(test::put_blob(blobs, "abc"));
  next.revoked = {anna};
  BOOST_TEST(assign(next)->taken);
  BOOST_TEST(node.revoked.refuses("client:anna", anna.until));
  BOOST_TEST(!node.revoked.refuses("client:anna", anna.until + 1s));
  ++next.revision;
  next.revoked = {ben}; // of a leader that came back with a backup
  BOOST_TEST(assign(next)->taken);
  BOOST_TEST(node.revoked.refuses("client:anna", anna.until));
  BOOST_TEST(node.revoked.refuses("admin:ben", ben.until));
  BOOST_TEST(kept.load().value()->revoked.size() == 2U);
  restart();
  BOOST_TEST(kept.load().value()->revoked.size() == 2U);
}

BOOST_AUTO_TEST_CASE(a_report_is_newer_than_those_of_a_copy_of_the_folder_that_has_stopped) {
  start_pools();
  auto before = report().sequence;
  pass(1min);
  auto of_the_copy =
      static_cast<std::uint64_t>(time.wall_now().time_since_epoch().count()) + 5; // started now, and told a few times
  BOOST_TEST(of_the_copy > before + 5);
  pass(1s);
  BOOST_TEST(report().sequence > of_the_copy);
}

BOOST_AUTO_TEST_CASE(a_kept_assignment_that_cant_be_read_is_told_of_and_the_node_goes_on_without) {
  BOOST_REQUIRE(records.commit(transaction().put(column_family::assignment, std::string(8, '\0'), "garbage!")).ok());
  start_pools();
  BOOST_TEST(events.named("assignment_not_read").size() == 1U);
  BOOST_TEST(report().pools.empty());
  BOOST_TEST(assign(digits(test::put_blob(blobs, "abc")))->taken);
}

BOOST_AUTO_TEST_CASE(a_split_is_as_the_newest_leader_decided_it_though_the_one_before_gave_another_that_number) {
  start_pools();
  auto next = digits(test::put_blob(blobs, "abc"));
  next.routes[0].candidate = route_arm{2, toml, {{"n2", 1}}};
  next.routes[0].split = {7, 2, 500, 0, {}, {}, 0, {}, false, {}};
  BOOST_TEST(assign(next)->taken);
  auto before = routes.read()->at("digits").candidate->split;
  next.revision = 2;
  BOOST_TEST(assign(next)->taken);
  BOOST_TEST(routes.read()->at("digits").candidate->split == before);
  next.by = {2, "n2", ""};
  next.routes[0].split.weight = 0;
  BOOST_TEST(assign(next)->taken);
  BOOST_TEST(routes.read()->at("digits").candidate->split->rule().weight == 0U);
}

BOOST_AUTO_TEST_CASE(an_assignment_is_on_disk_and_routed_when_it_is_answered) {
  start_pools();
  auto answer = assign(digits(test::put_blob(blobs, "abc"), 3));
  BOOST_REQUIRE(answer);
  BOOST_TEST(answer->taken);
  BOOST_TEST(answer->by.epoch == 1U);
  BOOST_TEST(kept.load().value()->revision == 3U);
  BOOST_TEST(routes.read()->count("digits") == 1U);
  BOOST_TEST(assign(digits(test::put_blob(blobs, "abc"), 2))->taken); // it came late
  BOOST_TEST(kept.load().value()->revision == 3U);
}

BOOST_AUTO_TEST_CASE(a_node_that_starts_while_the_leader_is_away_serves_what_it_served) {
  start_pools();
  BOOST_REQUIRE(assign(digits(test::put_blob(blobs, "abc"), 3)));
  BOOST_TEST(serves());
  set_state("n1", "dead");
  restart();
  BOOST_TEST(serves());
  BOOST_TEST(report().revision == 3U);
  BOOST_TEST(report().epoch == 1U);
}

BOOST_AUTO_TEST_CASE(a_node_that_starts_while_the_leader_is_away_tells_what_it_had_kept_and_what_it_runs) {
  start_pools();
  BOOST_REQUIRE(assign(digits(test::put_blob(blobs, "abc"), 3)));
  set_state("n1", "dead");
  restart();
  auto proxy = sys.spawn(catalog_proxy, std::cref(node));
  settle();
  auto told = ask<deployment_list>(proxy, list_deployments{});
  caf::anon_send_exit(proxy, caf::exit_reason::user_shutdown);
  settle();
  BOOST_REQUIRE(told);
  BOOST_TEST(told->kept);
  BOOST_REQUIRE(told->deployments.size() == 1U);
  BOOST_TEST(told->deployments[0].record.name == "digits");
  BOOST_TEST(told->deployments[0].record.current_version == 1U);
  BOOST_TEST(told->deployments[0].versions.at(0).pool.replicas.size() == 1U);
}

BOOST_AUTO_TEST_CASE(what_was_kept_never_wins_over_what_a_later_leader_says) {
  start_pools();
  BOOST_REQUIRE(assign(digits(test::put_blob(blobs, "abc"), 30)));
  restart();
  assignment nothing;
  nothing.by = {2, "n2", ""};
  nothing.revision = 1;
  BOOST_TEST(assign(nothing)->taken);
  BOOST_TEST(!serves());
  restart();
  BOOST_TEST(!serves());
  BOOST_TEST(report().epoch == 2U);
}

BOOST_AUTO_TEST_CASE(an_assignment_that_comes_while_it_reads_what_was_kept_waits_for_that) {
  start_pools();
  BOOST_REQUIRE(assign(digits(test::put_blob(blobs, "abc"), 30)));
  stop(actors.pools);
  actors.pools.set(sys.spawn(pools, std::cref(node)));
  auto late = assign_later(digits(std::string(64, 'a'), 29));
  BOOST_REQUIRE(late->has_value());
  BOOST_TEST((**late)->taken);
  BOOST_TEST(report().revision == 30U);
}

BOOST_AUTO_TEST_CASE(a_pool_fetches_its_file_first_and_tells_how_far_it_is) {
  start_pools();
  auto hash = give("n1", std::string(3 << 20, 'x'));
  others.nodes["n1"].silent = true;
  BOOST_TEST(assign(digits(hash))->taken);
  BOOST_TEST((report().pools.at(0).phase == pool_phase::fetching));
  others.answer_all();
  settle();
  others.answer_first();
  settle();
  BOOST_TEST(detail_of_pool().find("has 1 MiB of 3 MiB") != std::string::npos, detail_of_pool());
  BOOST_TEST(!serves());
  give("n2", std::string(3 << 20, 'x'));
  others.nodes["n1"].pieces_left = 0;
  others.answer_all();
  settle();
  BOOST_TEST(serves());
}

BOOST_AUTO_TEST_CASE(a_pool_whose_file_no_node_has_just_now_says_so_once_and_tries_on) {
  start_pools();
  set_state("n2", "dead");
  auto hash = sha256_of("abc");
  BOOST_TEST(assign(digits(hash))->taken);
  pass_in_steps(60s, 500ms);
  BOOST_TEST((report().pools.at(0).phase == pool_phase::fetching));
  BOOST_TEST(events.named("artifact_missing").size() == 1U);
  BOOST_TEST(detail_of_pool().find("n2 is dead") != std::string::npos);
  give("n2", "abc");
  set_state("n2", "alive");
  pass_in_steps(6s, 500ms);
  BOOST_TEST(serves());
}

BOOST_AUTO_TEST_CASE(a_pool_whose_fetcher_dies_asks_the_next_one) {
  start_pools();
  others.nodes["n1"].silent = true;
  BOOST_TEST(assign(digits(give("n1", "abc")))->taken);
  stop(actors.fetcher);
  others.nodes["n1"].silent = false;
  start_fetcher();
  pass(node.timing.keeper_patience);
  BOOST_TEST(serves());
}

BOOST_AUTO_TEST_CASE(a_golden_file_is_fetched_like_the_model) {
  start_pools();
  auto next = digits(give("n2", "abc"));
  next.pools[0].golden_sha256 =
      give("n2",
           R"({"cases": [{"inputs": [{"name": "x", "datatype": "FP32", "shape": [1, 2], "data": [1, 2]}],
         "outputs": [{"name": "y", "datatype": "FP32", "shape": [1, 2], "data": [1, 2]}]}]})");
  BOOST_TEST(assign(next)->taken);
  BOOST_TEST(serves());
}

BOOST_AUTO_TEST_CASE(a_damaged_file_is_fetched_anew) {
  start_pools();
  auto hash = test::put_blob(blobs, "abc");
  give("n1", "abc");
  std::ofstream(folder.path() / "blobs" / hash, std::ios::app) << "more";
  BOOST_TEST(assign(digits(hash))->taken);
  pass_in_steps(1s, 50ms);
  BOOST_TEST(serves());
}

BOOST_AUTO_TEST_SUITE_END()
