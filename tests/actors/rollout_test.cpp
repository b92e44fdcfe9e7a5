#define BOOST_TEST_MODULE rollout
#include "runtime/base/rng.hpp"
#include "tests/actors/tree_fixture.hpp"

#include <algorithm>
#include <deque>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

using namespace troupe;

namespace {

const std::string two_steps = R"(
strategy = "canary"
fuse = 3
[[canary.step]]
weight = 10
hold = "10s"
samples = 0
[[canary.step]]
weight = 50
hold = "10s"
samples = 0
)";

const std::string ab_test = R"(
strategy = "ab"
traffic.key = "request_id"
[ab]
hold = "10s"
samples = 100000
)";

const std::string replica_by_replica = R"(
strategy = "rolling"
[rolling]
surge = 1
hold = "5s"
)";

/// One that nobody waits for.
struct counted_request final : inference_request {
  void on_outputs(const std::vector<tensor_view>&) override {}
  void on_error(const error&) override {}
};

/// Version 1 of digits is live with two replicas; version 2 takes over by stages.
struct rollout_fixture : tree_fixture {
  rollout_fixture() {
    BOOST_REQUIRE(deploy_digits(2));
    BOOST_REQUIRE(routed() == 1U);
  }

  caf::expected<deployed> deploy_by(const std::string& rollout) {
    return ask<deployed>(actors.catalog.get(), deploy{"digits", sha, toml(2), 0, {}, "anna", rollout});
  }
  caf::expected<done> steer(rollout_command what) {
    return ask<done>(actors.catalog.get(), steer_rollout{"digits", what, "ben"});
  }
  /// Of 1,000 requests, those for the candidate; nothing: all go to the live version, and the candidate can't be asked for.
  std::optional<permille> weight() {
    auto table = routes.read();
    const auto& candidate = table->at("digits").candidate;
    return candidate ? std::optional(candidate->split->rule().weight) : std::nullopt;
  }
  std::uint64_t split_number() { return routes.read()->at("digits").candidate->split->rule().generation; }
  version_state state_of(version_number number) {
    for (const auto& version : view().versions)
      if (version.record.id.number == number)
        return version.record.state;
    BOOST_FAIL("no version " << number);
    return {};
  }
  std::uint32_t runners_of(version_number number) {
    for (const auto& version : view().versions)
      if (version.record.id.number == number)
        return version.pool.counters.runners;
    return 0;
  }
  std::string reason_of(version_number number) {
    for (const auto& version : view().versions)
      if (version.record.id.number == number)
        return version.record.reason;
    return "";
  }
  std::vector<std::string> notes_of(version_number number) {
    std::vector<std::string> notes;
    for (const auto& version : view().versions)
      if (version.record.id.number == number)
        for (const auto& move : version.record.moves)
          if (!move.note.empty())
            notes.push_back(move.note + (move.by.empty() ? "" : " (" + move.by + ")"));
    return notes;
  }
  /// Requests of a version that were answered, or failed, within a second.
  void answers(version_number number, std::size_t good, std::size_t bad = 0) {
    const auto& candidate = *routes.read()->at("digits").candidate;
    auto arm = candidate.version.number == number ? candidate_arm : incumbent_arm;
    for (std::size_t i = 0; i < candidate.others.size(); ++i)
      if (candidate.others[i].version.number == number)
        arm = first_other_arm + static_cast<split_arm>(i);
    auto observer = candidate.watch->observer_of(arm);
    counted_request request;
    request.arrived = time.now() - 5ms;
    for (std::size_t i = 0; i < good; ++i)
      observer->on_outputs(request, outputs(1));
    for (std::size_t i = 0; i < bad; ++i)
      observer->on_error(request, error_code::model_failed);
    pass(1s);
  }
  batch one_answered() {
    batch one;
    one.rows = 1;
    one.made = one.begun = time.now();
    one.requests.push_back(std::make_unique<counted_request>());
    one.requests.front()->arrived = time.now();
    return one;
  }
  /// With all of its kind; what was stored starts again.
  void kill_deployment() {
    caf::anon_send_exit(actors.deployments.get(), caf::exit_reason::kill);
    settle();
  }
  std::vector<tensor_view> outputs(float value) {
    const auto& numbers = kept.emplace_back(2, value);
    return {
        make_view(datatype::fp32, {1, 2}, reinterpret_cast<const std::byte*>(numbers.data()), numbers.size() * sizeof(float))};
  }
  /// A second's: those of the candidate are 1 with the one chance, those of the incumbent with the other, else 0.
  void reward(double candidate, double incumbent) {
    auto watch = routes.read()->at("digits").candidate->watch;
    for (int i = 0; i < 100; ++i) {
      watch->reward(candidate_arm, ++last_id, random.chance(candidate) ? 1 : 0);
      watch->reward(incumbent_arm, ++last_id, random.chance(incumbent) ? 1 : 0);
    }
    pass(1s);
  }

  rng random{7};
  std::uint64_t last_id = 0;
  std::deque<std::vector<float>> kept;

  void pass_seconds(int count) { pass_in_steps(std::chrono::seconds(count), 500ms); }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(rollout_suite, rollout_fixture)

// -- what goes wrong --------------------------------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_first_version_has_nothing_to_take_over) {
  auto refused = ask<deployed>(actors.catalog.get(), deploy{"words", sha, toml(1), 0, {}, {}, two_steps});
  BOOST_TEST((code_of(refused) == error_code::failed_precondition));
  BOOST_TEST(to_error(refused.error()).message.find("`--strategy rolling`") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(what_a_rollout_gets_wrong_is_refused_before_anything_starts) {
  auto refused = deploy_by("strategy = \"canary\"\n[[canary.step]]\nweight = 200\n");
  BOOST_TEST((code_of(refused) == error_code::invalid_argument));
  BOOST_TEST(to_error(refused.error()).message.find("rollout.toml:3: ") == 0U, to_error(refused.error()).message);
  BOOST_TEST(view().record.last_version == 1U);
}

BOOST_AUTO_TEST_CASE(a_check_of_an_output_that_a_version_lacks_is_refused) {
  auto refused = deploy_by(two_steps + "[[check]]\nkind = \"output_drift\"\noutput = \"words\"\n");
  BOOST_TEST((code_of(refused) == error_code::invalid_argument));
  BOOST_TEST(to_error(refused.error()).message == "rollout.toml:14: check[0].output: expected one of y, found \"words\"");
}

BOOST_AUTO_TEST_CASE(nobody_steers_what_is_not_under_way) {
  BOOST_TEST((code_of(steer(rollout_command::pause)) == error_code::failed_precondition));
  BOOST_REQUIRE(deploy_by(two_steps));
  BOOST_TEST((code_of(steer(rollout_command::resume)) == error_code::failed_precondition));
  BOOST_TEST((code_of(deploy_by(two_steps)) == error_code::failed_precondition)); // one at a time
}

BOOST_AUTO_TEST_CASE(a_candidate_that_fails_more_often_goes_back_by_itself_and_says_why) {
  BOOST_REQUIRE(deploy_by(two_steps + "[[check]]\nkind = \"error_rate\"\n"));
  pass_seconds(2);
  for (int second = 0; second < 8 && state_of(2) == version_state::rolling_out; ++second) {
    answers(2, 20, 20);
    answers(1, 400, 2);
  }
  BOOST_TEST((state_of(2) == version_state::rolled_back));
  BOOST_TEST(reason_of(2).find("error rate 5") == 0U, reason_of(2));
  BOOST_TEST(routed() == 1U);
  BOOST_TEST(!weight());
  BOOST_TEST(events.named("version_rolled_back").size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_fuse_that_blows_at_a_gateway_ends_the_rollout) {
  BOOST_REQUIRE(deploy_by(two_steps));
  pass_seconds(2);
  auto split = routes.read()->at("digits").candidate->split;
  for (int i = 0; i < 3; ++i)
    split->note(true);
  pass_seconds(2);
  BOOST_TEST((state_of(2) == version_state::rolled_back));
  BOOST_TEST(reason_of(2).find("3 failures of the candidate in a row") != std::string::npos, reason_of(2));
}

BOOST_AUTO_TEST_CASE(a_candidate_whose_replicas_are_lost_holds_and_goes_back_in_the_end) {
  BOOST_REQUIRE(deploy_by(two_steps));
  pass_seconds(2);
  hosts.obliging = false;
  hosts.template_dies(1);
  for (std::size_t replica : {2, 3})
    hosts.replica_dies(replica);
  settle();
  pass_seconds(20);
  BOOST_TEST((state_of(2) == version_state::rolling_out)); // it can't answer, so no stage is left
  BOOST_TEST(view().rollout->missing == "the candidate can't answer");
  pass_in_steps(1800s, 1s); // overdue
  BOOST_TEST((state_of(2) == version_state::rolled_back));
  BOOST_TEST(routed() == 1U);
}

BOOST_AUTO_TEST_CASE(copies_that_are_answered_otherwise_take_the_candidate_back) {
  BOOST_REQUIRE(deploy_by("strategy = \"shadow\"\n[shadow]\nhold = \"60s\"\n[[check]]\nkind = \"disagreement\"\n"));
  pass_seconds(2);
  for (int second = 0; second < 20 && state_of(2) == version_state::rolling_out; ++second) {
    auto watch = routes.read()->at("digits").candidate->watch;
    for (int i = 0; i < 50; ++i)
      watch->compare(outputs(1), outputs(i % 10 == 0 ? 2 : 1));
    answers(2, 50);
  }
  BOOST_TEST((state_of(2) == version_state::rolled_back));
  BOOST_TEST(reason_of(2).find("disagreement 10 %") == 0U, reason_of(2));
}

BOOST_AUTO_TEST_CASE(outputs_that_are_not_finite_take_the_candidate_back) {
  BOOST_REQUIRE(deploy_by(two_steps + "[[check]]\nkind = \"finite_outputs\"\n"));
  pass_seconds(2);
  for (int second = 0; second < 8 && state_of(2) == version_state::rolling_out; ++second) {
    auto watch = routes.read()->at("digits").candidate->watch;
    for (int i = 0; i < 40; ++i)
      watch->note(candidate_arm, counted_request(), outputs(i % 4 == 0 ? std::numeric_limits<float>::quiet_NaN() : 1));
    for (int i = 0; i < 400; ++i)
      watch->note(incumbent_arm, counted_request(), outputs(1));
    pass(1s);
  }
  BOOST_TEST((state_of(2) == version_state::rolled_back));
  BOOST_TEST(reason_of(2).find("share of answers with NaN or infinity 25 %") == 0U, reason_of(2));
}

BOOST_AUTO_TEST_CASE(a_candidate_that_takes_much_more_memory_goes_back) {
  std::set<pid_t> of_version_1;
  for (const auto& replica : newest().pool.replicas)
    of_version_1.insert(replica.pid);
  node.memory_of = [of_version_1](pid_t host) {
    return std::optional<std::uint64_t>((of_version_1.count(host) != 0 ? 200 : 300) << 20);
  };
  BOOST_REQUIRE(deploy_by("strategy = \"blue_green\"\n[blue_green]\nhold = \"60s\"\n[[check]]\nkind = \"memory\"\n"));
  pass_seconds(10);
  node.memory_of = {};
  BOOST_TEST((state_of(2) == version_state::rolled_back));
  BOOST_TEST(reason_of(2) == "memory of a replica 300 MiB against 200 MiB");
}

BOOST_AUTO_TEST_CASE(a_candidate_whose_figure_leaves_its_bounds_goes_back) {
  BOOST_REQUIRE(deploy_by("strategy = \"canary\"\n[[canary.step]]\nweight = 50\nhold = \"60s\"\n"
                          "[[check]]\nkind = \"expression\"\nvalue = \"requests / replicas\"\nat_most = 20\nsamples = 10\n"));
  pass_seconds(2);
  answers(2, 9);
  pass_seconds(2);
  BOOST_TEST(view().rollout->checks.at(0).words == "requests / replicas: 9 of 10 requests of the candidate");
  answers(2, 91);
  pass_seconds(2);
  BOOST_TEST((state_of(2) == version_state::rolled_back));
  BOOST_TEST(reason_of(2) == "requests / replicas is 50, expected at most 20", reason_of(2));
}

BOOST_AUTO_TEST_CASE(an_expression_over_what_pools_count_waits_until_they_have_counted) {
  BOOST_REQUIRE(deploy_by("strategy = \"canary\"\n[[canary.step]]\nweight = 50\nhold = \"60s\"\n"
                          "[[check]]\nkind = \"expression\"\nvalue = \"rows / requests\"\nat_least = 0.5\nsamples = 10\n"));
  pass_seconds(2);
  answers(2, 500); // gateways tell of them, pools don't yet
  pass_seconds(2);
  BOOST_TEST((state_of(2) == version_state::rolling_out));
  BOOST_TEST(view().rollout->checks.at(0).words == "rows / requests: 0 of 10 requests of the candidate");
  auto target = routes.find_pool({"digits", 2});
  BOOST_REQUIRE(target != nullptr);
  for (int i = 0; i < 20; ++i)
    target->counted().add_answers(one_answered(), time.now() + 5ms);
  pass_seconds(2);
  BOOST_TEST(view().rollout->checks.at(0).words == "rows / requests is 1, expected at least 0.5");
}

BOOST_AUTO_TEST_CASE(a_version_that_comes_back_has_no_stages_and_no_checks_even_if_its_replicas_go_one_by_one) {
  for (const auto& rollout :
       {two_steps + "[[check]]\nkind = \"error_rate\"\n",
        replica_by_replica + "[[check]]\nkind = \"expression\"\nvalue = \"requests\"\nat_most = 1\nsamples = 0\n"}) {
    auto number = deploy_by(rollout);
    BOOST_REQUIRE(number);
    pass_seconds(2);
    BOOST_REQUIRE(steer(rollout_command::promote));
    for (int others = 0; others < 2; ++others) { // so that it isn't resident any more
      pass_seconds(3);
      BOOST_REQUIRE(deploy_digits(2));
    }
    pass_seconds(3);
    BOOST_TEST(runners_of(number->version) == 0U);
    BOOST_REQUIRE(ask<deployed>(actors.catalog.get(), rollback{"digits", number->version, 0, "anna"}));
    pass_seconds(4);
    BOOST_TEST((state_of(number->version) == version_state::live));
    BOOST_TEST(routed() == number->version);
  }
}

BOOST_AUTO_TEST_CASE(an_ab_test_that_the_candidate_loses_takes_it_back_at_once) {
  BOOST_REQUIRE(deploy_by(ab_test));
  pass_seconds(2);
  for (int second = 0; second < 60 && state_of(2) == version_state::rolling_out; ++second)
    reward(0.3, 0.6);
  BOOST_TEST((state_of(2) == version_state::rolled_back));
  BOOST_TEST(reason_of(2).find("the incumbent is better: reward") == 0U, reason_of(2));
}

BOOST_AUTO_TEST_CASE(an_ab_test_without_rewards_holds) {
  BOOST_REQUIRE(deploy_by(ab_test));
  pass_seconds(100);
  answers(2, 5000);
  BOOST_TEST((state_of(2) == version_state::rolling_out));
  BOOST_TEST(view().rollout->missing == "the version with the fewest rewards has 0 of 100000");
}

BOOST_AUTO_TEST_CASE(a_rollout_that_is_scaled_to_0_holds_and_goes_back_in_the_end) {
  BOOST_REQUIRE(deploy_by("overdue = \"5s\"\n" + two_steps));
  pass_seconds(2);
  BOOST_REQUIRE(ask<done>(actors.catalog.get(), scale{"digits", 0}));
  pass_seconds(12);
  BOOST_TEST((state_of(2) == version_state::rolling_out));
  pass_seconds(6);
  BOOST_TEST((state_of(2) == version_state::rolled_back));
}

// -- what goes well -----------------------------------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_canary_goes_by_its_steps_and_is_live_at_the_end) {
  BOOST_REQUIRE(deploy_by(two_steps));
  BOOST_TEST((weight() == std::optional<permille>(100)));
  BOOST_TEST(routed() == 1U);
  pass_seconds(12);
  BOOST_TEST((weight() == std::optional<permille>(500)));
  BOOST_TEST((state_of(2) == version_state::rolling_out));
  pass_seconds(12);
  BOOST_TEST(routed() == 2U);
  BOOST_TEST(!weight());
  BOOST_TEST((state_of(2) == version_state::live));
  BOOST_TEST((state_of(1) == version_state::superseded));
  auto notes = notes_of(2);
  BOOST_REQUIRE(notes.size() == 3U);
  BOOST_TEST(notes[0] == "stage 1 of 2 began: 10% of requests: the candidate is ready");
  BOOST_TEST(notes[2].find("promoted: stage 2 of 2 went well") == 0U, notes[2]);
}

BOOST_AUTO_TEST_CASE(a_rolling_rollout_within_bounds_goes_replica_by_replica) {
  BOOST_REQUIRE(deploy_by(replica_by_replica));
  std::uint32_t most = 0;
  std::uint32_t least = 9;
  for (int half_second = 0; half_second < 40 && state_of(2) != version_state::live; ++half_second) {
    pass(500ms);
    most = std::max(most, runners_of(1) + runners_of(2));
    least = std::min(least, runners_of(1) + runners_of(2));
    if (half_second == 6) {
      BOOST_TEST((weight() == std::optional<permille>(500)));
      BOOST_TEST(runners_of(1) == 1U);
      BOOST_TEST(runners_of(2) == 2U);
    }
  }
  BOOST_TEST(most == 3U);
  BOOST_TEST(least >= 2U);
  BOOST_TEST(routed() == 2U);
  pass_seconds(5);
  BOOST_TEST(runners_of(1) == 0U);
  BOOST_TEST(runners_of(2) == 2U);
  BOOST_REQUIRE(ask<deployed>(actors.catalog.get(), rollback{"digits"})); // from the artifact
  pass_seconds(10);
  BOOST_TEST(routed() == 1U);
  BOOST_TEST(runners_of(1) == 2U);
}

BOOST_AUTO_TEST_CASE(a_rolling_rollout_that_is_aborted_gives_the_incumbent_its_replicas_back) {
  BOOST_REQUIRE(deploy_by(replica_by_replica));
  pass_seconds(3);
  BOOST_TEST(runners_of(1) == 1U);
  BOOST_TEST((code_of(ask<done>(actors.catalog.get(), scale{"digits", 4})) == error_code::failed_precondition));
  BOOST_REQUIRE(steer(rollout_command::abort));
  pass_seconds(3);
  BOOST_TEST(routed() == 1U);
  BOOST_TEST(runners_of(1) == 2U);
  BOOST_TEST(runners_of(2) == 0U);
}

BOOST_AUTO_TEST_CASE(copies_that_are_answered_alike_let_the_candidate_go_on) {
  BOOST_REQUIRE(deploy_by("strategy = \"shadow\"\n[shadow]\nhold = \"10s\"\n[[check]]\nkind = \"disagreement\"\n"));
  pass_seconds(2);
  BOOST_TEST((weight() == std::optional<permille>(0)));
  BOOST_TEST(routes.read()->at("digits").candidate->split->rule().copies == 100U);
  for (int second = 0; second < 20 && state_of(2) == version_state::rolling_out; ++second) {
    for (int i = 0; i < 50; ++i)
      routes.read()->at("digits").candidate->watch->compare(outputs(1), outputs(1));
    answers(2, 50);
  }
  BOOST_TEST((state_of(2) == version_state::live));
}

BOOST_AUTO_TEST_CASE(a_candidate_that_leaves_copies_unanswered_does_not_take_over) {
  BOOST_REQUIRE(deploy_by("strategy = \"shadow\"\n[shadow]\nhold = \"6s\"\nsamples = 0\n"));
  pass_seconds(1);
  auto watch = routes.read()->at("digits").candidate->watch;
  for (int second = 0; second < 10; ++second) {
    watch->begin_copy(0, 1);
    pass_seconds(1);
  }
  BOOST_TEST((state_of(2) == version_state::rolling_out));
  BOOST_TEST(view().rollout->missing == "the candidate can't answer");
  answers(2, 5);
  pass_seconds(3);
  BOOST_TEST((state_of(2) == version_state::live));
}

BOOST_AUTO_TEST_CASE(hosts_that_only_answer_copies_have_idle_priority_until_they_get_requests) {
  std::map<pid_t, bool> idle;
  node.set_idle = [&idle](pid_t host, bool is_idle) { idle[host] = is_idle; };
  BOOST_REQUIRE(deploy_by("strategy = [\"shadow\", \"canary\"]\n"));
  pass_seconds(2);
  auto all_are = [&idle](bool wanted) {
    return std::all_of(idle.begin(), idle.end(), [wanted](const auto& host) { return host.second == wanted; });
  };
  BOOST_TEST(idle.size() == 2U); // those of version 2
  BOOST_TEST(all_are(true));
  BOOST_REQUIRE(steer(rollout_command::skip));
  settle();
  BOOST_TEST((weight() == std::optional<permille>(10)));
  BOOST_TEST(all_are(false));
  node.set_idle = {};
}

BOOST_AUTO_TEST_CASE(an_ab_test_that_the_candidate_wins_makes_it_live_before_all_samples_are_there) {
  BOOST_REQUIRE(deploy_by(ab_test));
  pass_seconds(2);
  BOOST_TEST(routes.read()->at("digits").candidate->takes_rewards);
  for (int second = 0; second < 60 && state_of(2) == version_state::rolling_out; ++second)
    reward(0.6, 0.3);
  BOOST_TEST((state_of(2) == version_state::live));
  auto last = notes_of(2).back();
  BOOST_TEST(last.find("promoted: the candidate is better: reward") == 0U, last);
}

// -- with more than two versions ----------------------------------------------------------------------------------------------------

struct three_arms : rollout_fixture {
  /// Version 2 was tried and sent back, version 3 is tested with it against version 1.
  three_arms() {
    BOOST_REQUIRE(deploy_by(two_steps));
    pass_seconds(2);
    BOOST_REQUIRE(steer(rollout_command::abort));
    pass_seconds(2);
    BOOST_REQUIRE((state_of(2) == version_state::rolled_back));
    BOOST_REQUIRE(deploy_by(ab_test + "others = [2]\n"));
    pass_seconds(3);
    BOOST_REQUIRE((state_of(3) == version_state::rolling_out));
  }

  /// A second's, of versions 1, 2 and 3.
  void reward_all(const std::vector<double>& chances) {
    auto watch = routes.read()->at("digits").candidate->watch;
    const split_arm arms[] = {incumbent_arm, first_other_arm, candidate_arm};
    for (int i = 0; i < 100; ++i)
      for (std::size_t version = 0; version < 3; ++version)
        watch->reward(arms[version], ++last_id, random.chance(chances[version]) ? 1 : 0);
    pass(1s);
  }
  void test(const std::vector<double>& chances) {
    for (int second = 0; second < 100 && state_of(3) == version_state::rolling_out; ++second)
      reward_all(chances);
  }
};

BOOST_FIXTURE_TEST_CASE(others_that_cannot_be_tested_are_refused, rollout_fixture) {
  auto refusal = [this](const std::string& others) {
    auto refused = deploy_by(ab_test + "others = [" + others + "]\n");
    BOOST_REQUIRE(!refused);
    BOOST_TEST((code_of(refused) == error_code::invalid_argument));
    return to_error(refused.error()).message;
  };
  BOOST_TEST(
      refusal("7")
      == "rollout.toml:7: ab.others: there is no version 7, or it was collected; `troupe versions` lists those that are kept");
  BOOST_TEST(refusal("1") == "rollout.toml:7: ab.others: version 1 is the live one, which is part of the test anyway");
  BOOST_TEST(view().record.last_version == 1U);
}

BOOST_FIXTURE_TEST_CASE(all_versions_of_a_test_answer_their_share, three_arms) {
  auto candidate = *routes.read()->at("digits").candidate;
  BOOST_TEST(candidate.split->rule().weight == 333U);
  BOOST_TEST(candidate.split->rule().others == 1U);
  BOOST_REQUIRE(candidate.others.size() == 1U);
  BOOST_TEST((candidate.others[0].version == version_id{"digits", 2}));
  BOOST_TEST(candidate.others[0].target != nullptr);
  for (version_number version : {1, 2, 3})
    BOOST_TEST(runners_of(version) == 2U, version);
  answers(2, 7);
  pass_seconds(2);
  BOOST_REQUIRE(view().rollout->figures.others.size() == 1U);
  BOOST_TEST(view().rollout->figures.others[0].version == 2U);
  BOOST_TEST(view().rollout->figures.others[0].did.requests == 7U);
}

BOOST_FIXTURE_TEST_CASE(the_candidate_that_beats_all_goes_live_and_the_others_stop, three_arms) {
  test({0.3, 0.3, 0.6});
  pass_seconds(5);
  BOOST_TEST((state_of(3) == version_state::live));
  BOOST_TEST((state_of(2) == version_state::rolled_back));
  BOOST_TEST(routed() == 3U);
  BOOST_TEST(runners_of(2) == 0U);
}

BOOST_FIXTURE_TEST_CASE(another_version_that_beats_all_goes_live, three_arms) {
  test({0.3, 0.6, 0.3});
  pass_seconds(5);
  BOOST_TEST((state_of(2) == version_state::live));
  BOOST_TEST((state_of(3) == version_state::rolled_back));
  BOOST_TEST((state_of(1) == version_state::rolled_back || state_of(1) == version_state::superseded));
  BOOST_TEST(reason_of(3).find("version 2 is better: reward") == 0U, reason_of(3));
  BOOST_TEST(routed() == 2U);
  BOOST_TEST(runners_of(2) == 2U);
  BOOST_TEST(runners_of(1) == 2U); // resident, for the way back
  BOOST_TEST(runners_of(3) == 0U);
}

BOOST_FIXTURE_TEST_CASE(a_live_version_that_beats_all_stays_and_the_others_stop, three_arms) {
  test({0.6, 0.3, 0.3});
  pass_seconds(5);
  BOOST_TEST((state_of(3) == version_state::rolled_back));
  BOOST_TEST(reason_of(3).find("the incumbent is better: reward") == 0U, reason_of(3));
  BOOST_TEST(routed() == 1U);
  BOOST_TEST(runners_of(2) + runners_of(3) == 0U);
}

BOOST_FIXTURE_TEST_CASE(while_two_are_as_good_the_test_goes_on_and_tells_who_is_out, three_arms) {
  BOOST_REQUIRE(view().rollout->figures.others.size() == 1U); // before anything was judged, too
  test({0.3, 0.6, 0.6});
  BOOST_TEST((state_of(3) == version_state::rolling_out));
  BOOST_TEST(view().rollout->figures.incumbent.is_out);
  BOOST_TEST(!view().rollout->figures.candidate.is_out);
  BOOST_TEST(!view().rollout->figures.others.at(0).did.is_out);
}

BOOST_FIXTURE_TEST_CASE(another_version_that_fails_more_often_ends_the_test, three_arms) {
  BOOST_REQUIRE(steer(rollout_command::abort));
  pass_seconds(3);
  BOOST_TEST(runners_of(2) + runners_of(3) == 0U);
  BOOST_REQUIRE(deploy_by(ab_test + "others = [2]\n[[check]]\nkind = \"error_rate\"\n"));
  pass_seconds(3);
  for (int second = 0; second < 8 && state_of(4) == version_state::rolling_out; ++second) {
    answers(2, 20, 20);
    answers(1, 400, 2);
  }
  pass_seconds(3);
  BOOST_TEST((state_of(4) == version_state::rolled_back));
  BOOST_TEST(reason_of(4).find("version 2: error rate ") == 0U, reason_of(4));
  BOOST_TEST(routed() == 1U);
}

BOOST_FIXTURE_TEST_CASE(a_person_may_choose_another_version_of_the_test, three_arms) {
  BOOST_REQUIRE(ask<deployed>(actors.catalog.get(), rollback{"digits", 2, 0, "anna"}));
  pass_seconds(5);
  BOOST_TEST((state_of(2) == version_state::live));
  BOOST_TEST(routed() == 2U);
  BOOST_TEST(runners_of(3) == 0U);
}

BOOST_FIXTURE_TEST_CASE(a_test_goes_on_with_all_its_versions_after_a_crash_of_the_deployments_actor, three_arms) {
  kill_deployment();
  pass_seconds(5);
  BOOST_TEST((state_of(3) == version_state::rolling_out));
  BOOST_TEST(routes.read()->at("digits").candidate->others.at(0).target != nullptr);
  test({0.3, 0.6, 0.3});
  pass_seconds(5);
  BOOST_TEST((state_of(2) == version_state::live));
}

BOOST_AUTO_TEST_CASE(a_stage_that_lacks_samples_holds) {
  BOOST_REQUIRE(
      deploy_by("strategy = \"canary\"\noverdue = \"1h\"\n[[canary.step]]\nweight = 10\nhold = \"2s\"\nsamples = 50\n"));
  pass_seconds(60);
  BOOST_TEST((state_of(2) == version_state::rolling_out));
  BOOST_TEST(view().rollout->missing == "there are 0 samples of 50");
  answers(2, 60);
  pass_seconds(3);
  BOOST_TEST((state_of(2) == version_state::live));
}

BOOST_AUTO_TEST_CASE(people_pause_resume_skip_promote_and_abort) {
  BOOST_REQUIRE(deploy_by(two_steps));
  BOOST_REQUIRE(steer(rollout_command::pause));
  pass_seconds(30);
  BOOST_TEST((weight() == std::optional<permille>(100)));
  BOOST_TEST(view().rollout->course.paused);
  BOOST_REQUIRE(steer(rollout_command::resume));
  BOOST_REQUIRE(steer(rollout_command::skip));
  settle();
  BOOST_TEST((weight() == std::optional<permille>(500)));
  BOOST_REQUIRE(steer(rollout_command::promote));
  pass_seconds(1);
  BOOST_TEST(routed() == 2U);
  BOOST_REQUIRE(deploy_by(two_steps));
  BOOST_REQUIRE(steer(rollout_command::abort));
  settle();
  BOOST_TEST(!weight());
  BOOST_TEST(routed() == 2U);
  BOOST_TEST((state_of(3) == version_state::rolled_back));
  BOOST_TEST(reason_of(3) == "aborted by ben");
}

BOOST_AUTO_TEST_CASE(blue_green_can_be_looked_at_and_is_switched_by_a_person) {
  BOOST_REQUIRE(deploy_by("strategy = \"blue_green\"\n[blue_green]\nasks = true\n"));
  pass_seconds(3);
  BOOST_TEST((weight() == std::optional<permille>(0)));
  BOOST_TEST((routes.read()->at("digits").candidate->target != nullptr));
  BOOST_TEST(view().rollout->course.asking);
  BOOST_TEST(events.named("rollout_asks").size() == 1U);
  BOOST_REQUIRE(steer(rollout_command::promote));
  pass_seconds(1);
  BOOST_TEST(routed() == 2U);
  BOOST_REQUIRE(ask<deployed>(actors.catalog.get(), rollback{"digits"}));
  BOOST_TEST(routed() == 1U); // it is resident
}

BOOST_AUTO_TEST_CASE(a_rollback_ends_a_rollout_by_stages) {
  BOOST_REQUIRE(deploy_by(two_steps));
  pass_seconds(2);
  BOOST_REQUIRE(ask<deployed>(actors.catalog.get(), rollback{"digits", 0, 0, "ben"}));
  settle();
  BOOST_TEST(!weight());
  BOOST_TEST((state_of(2) == version_state::rolled_back));
}

BOOST_AUTO_TEST_CASE(how_a_rollout_ends_is_told_once_whoever_ends_it) {
  BOOST_REQUIRE(deploy_by(two_steps));
  BOOST_REQUIRE(steer(rollout_command::promote));
  pass_seconds(1);
  BOOST_REQUIRE(deploy_by(two_steps));
  BOOST_REQUIRE(steer(rollout_command::abort));
  settle();
  BOOST_REQUIRE(deploy_by(two_steps));
  BOOST_REQUIRE(ask<deployed>(actors.catalog.get(), rollback{"digits"}));
  settle();
  std::vector<std::string> ends;
  for (const auto& each : events.named("rollout_ended"))
    ends.push_back(std::string(field(each, "version")) + " " + std::string(field(each, "outcome")));
  BOOST_TEST(ends == (std::vector<std::string>{"2 promoted", "3 rolled_back", "4 rolled_back"}),
             boost::test_tools::per_element());
}

/// A node that was away, or a fuse that is told of late, would take the one for the other.
BOOST_AUTO_TEST_CASE(no_split_of_a_rollout_has_the_number_of_one_of_the_rollout_before) {
  BOOST_REQUIRE(deploy_by(two_steps));
  pass_seconds(2);
  auto first = split_number();
  BOOST_REQUIRE(steer(rollout_command::skip));
  pass_seconds(1);
  auto second = split_number();
  BOOST_TEST(second > first);
  BOOST_REQUIRE(steer(rollout_command::abort));
  pass_seconds(1);
  BOOST_REQUIRE(deploy_by(two_steps));
  pass_seconds(2);
  BOOST_TEST(split_number() > second);
}

BOOST_AUTO_TEST_CASE(it_goes_on_where_it_was_though_its_actor_dies_at_any_moment) {
  for (int moment = 0; moment < 26; moment += 5) {
    auto number = deploy_by(two_steps)->version;
    pass_seconds(moment);
    kill_deployment();
    pass_seconds(45);
    BOOST_TEST(routed() == number, "killed after " << moment << " s");
    BOOST_TEST((state_of(number) == version_state::live));
  }
}

BOOST_AUTO_TEST_SUITE_END()
