#define BOOST_TEST_MODULE peer_desk
#include "actors/peer_desk.hpp"
#include "tests/actors/tree_fixture.hpp"

using namespace troupe;

namespace {

/// Takes every assignment but those of epoch 1, and never answers to those of epoch 3.
pools_actor::behavior_type strict_pools(pools_actor::pointer self) {
  return {
      [](get_status) { return actor_status{}; },
      [](await_ready) { return ready{}; },
      [self](const assignment& what) -> caf::result<assignment_taken> {
        if (what.by.epoch == 3)
          return self->make_response_promise<assignment_taken>();
        if (what.by.epoch == 1)
          return make_error(error_code::conflict, "epoch 2 leads");
        return assignment_taken{what.by, true};
      },
      [](get_report) { return node_report{}; },
      [](const pool_news&) {},
      [](const child_up&) {},
      [](const child_down&) {},
  };
}

/// Counts reports.
placer_actor::behavior_type counting_placer(std::shared_ptr<int> reports) {
  return {
      [](get_status) { return actor_status{}; },
      [](await_ready) { return ready{}; },
      [](const deployment_demand&) { return done{}; },
      [](const drop_demand&) { return done{}; },
      [](const retain_demands&) {},
      [reports](const node_report&) { ++*reports; },
      [](const nodes_changed&) {},
      [](const user_list&) {},
      [](const get_placement&) { return placement_view{}; },
      [](const get_traffic&) { return traffic_view{}; },
  };
}

struct desk_fixture : tree_fixture {
  peer_desk desk{sys, actors};

  ~desk_fixture() {
    for (auto& each : played)
      caf::anon_send_exit(each, caf::exit_reason::user_shutdown);
  }

  /// From now on these stand where the node's own stood.
  void play_pools() {
    auto pools = sys.spawn(strict_pools);
    actors.pools.set(pools);
    played.push_back(caf::actor_cast<caf::actor>(pools));
  }
  void play_placer() {
    auto placer = sys.spawn(counting_placer, reports);
    actors.placer.set(placer);
    played.push_back(caf::actor_cast<caf::actor>(placer));
  }

  std::vector<caf::actor> played;
  std::shared_ptr<int> reports = std::make_shared<int>(0);

  using kept = std::shared_ptr<std::vector<result<peer_answer>>>;

  kept begin(peer_question what) {
    auto answers = std::make_shared<std::vector<result<peer_answer>>>();
    last_asker =
        desk.ask("n2", std::move(what), 1s, [answers](result<peer_answer> answer) { answers->push_back(std::move(answer)); });
    settle();
    return answers;
  }
  result<peer_answer> answer_to(peer_question what) {
    auto answers = begin(std::move(what));
    BOOST_REQUIRE(answers->size() == 1U);
    return answers->front();
  }
  error failure_of(peer_question what) {
    auto answer = answer_to(std::move(what));
    BOOST_REQUIRE(!answer);
    return answer.failure();
  }

  caf::actor last_asker;
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(peer_desk_suite, desk_fixture)

BOOST_AUTO_TEST_CASE(what_no_actor_of_this_node_answers_is_unavailable) {
  actors.pools.set({});
  actors.placer.set({});
  BOOST_TEST(
      (failure_of(assignment{{1, "n2", ""}, 1, {}, {}}) == error{error_code::unavailable, "the node is still starting; retry"}));
  node_report report;
  report.node_id = "n2";
  BOOST_TEST((failure_of(report).code == error_code::unavailable));
  BOOST_TEST(failure_of(report).message.find("is not the leader") != std::string::npos);
  BOOST_TEST((failure_of(renew_certificate{"n2"}).code == error_code::unavailable));
  BOOST_TEST((failure_of(enrol{}).code == error_code::unavailable));
  actors.catalog.set({});
  BOOST_TEST((failure_of(list_deployments{}).code == error_code::unavailable));
}

BOOST_AUTO_TEST_CASE(a_node_that_speaks_for_another_is_denied) {
  play_placer();
  node_report report;
  report.node_id = "n3";
  BOOST_TEST((failure_of(report) == error{error_code::permission_denied, "node n2 speaks for node n3; each speaks for itself"}));
  BOOST_TEST((failure_of(renew_certificate{"n3"}).code == error_code::permission_denied));
  BOOST_TEST((failure_of(update_member{"n3", "", {}}).code == error_code::permission_denied));
  BOOST_TEST((failure_of(assignment{{1, "n3", ""}, 1, {}, {}}).code == error_code::permission_denied));
}

BOOST_AUTO_TEST_CASE(an_error_of_the_actor_is_told_as_it_is) {
  play_pools();
  assignment old;
  old.by = {1, "n2", ""};
  BOOST_TEST((failure_of(old) == error{error_code::conflict, "epoch 2 leads"}));
  BOOST_TEST((failure_of(read_artifact{std::string(64, 'b'), 0, 10}).code == error_code::not_found));
  BOOST_TEST((failure_of(scale{"digits", 1}).code == error_code::not_found));
}

BOOST_AUTO_TEST_CASE(a_question_that_takes_too_long_is_over_in_time) {
  play_pools();
  auto answers = begin(assignment{{3, "n2", ""}, 1, {}, {}});
  BOOST_TEST(answers->empty());
  pass(1s);
  BOOST_REQUIRE(answers->size() == 1U);
  BOOST_TEST((answers->front().failure().code == error_code::deadline_exceeded));
}

BOOST_AUTO_TEST_CASE(a_question_that_is_taken_back_is_not_answered) {
  play_pools();
  auto answers = begin(assignment{{3, "n2", ""}, 1, {}, {}});
  caf::anon_send_exit(last_asker, caf::exit_reason::kill);
  pass(1s);
  BOOST_TEST(answers->empty());
}

BOOST_AUTO_TEST_CASE(every_question_reaches_the_actor_that_answers_it) {
  BOOST_TEST(*std::get<artifact_piece>(*answer_to(read_artifact{sha, 1, 10})).bytes == "bc");
  BOOST_TEST(std::get<deployed>(*answer_to(deploy{"digits", sha, toml(1), 0})).version == 1U);
  BOOST_TEST(std::holds_alternative<done>(*answer_to(scale{"digits", 2})));
  BOOST_TEST(std::get<version_progress>(*answer_to(watch_version{"digits", 1, 0, true})).record.id.number == 1U);
  BOOST_TEST(std::get<deployment_list>(*answer_to(list_deployments{})).deployments.size() == 1U);
  BOOST_TEST((failure_of(rollback{"digits"}).code == error_code::failed_precondition));
  BOOST_TEST((failure_of(validate_model{sha, "max_batch = 0", ""}).code == error_code::invalid_argument));
  BOOST_TEST(std::holds_alternative<done>(*answer_to(undeploy{"digits"})));
  play_pools();
  play_placer();
  BOOST_TEST(std::get<assignment_taken>(*answer_to(assignment{{2, "n2", ""}, 1, {}, {}})).by.epoch == 2U);
  node_report report;
  report.node_id = "n2";
  BOOST_TEST(std::holds_alternative<done>(*answer_to(report)));
  BOOST_TEST(*reports == 1);
}

BOOST_AUTO_TEST_SUITE_END()
