#define BOOST_TEST_MODULE rollout_view
#include "runtime/base/rollout_toml.hpp"
#include "runtime/cli/rollout_heading.hpp"
#include "runtime/cli/rollout_status_json.hpp"
#include "runtime/cli/rollout_view.hpp"
#include "runtime/cli/status_view.hpp"

#include <boost/test/unit_test.hpp>
#include <capnp/message.h>
#include <nlohmann/json.hpp>

using namespace troupe;

namespace {

constexpr std::int64_t second = 1'000'000'000;
constexpr std::int64_t now = 1'000 * second;

/// digits, whose version 3 takes over from version 2: in stage 2 of the default canary, for 34 s.
struct told_rollout {
  capnp::MallocMessageBuilder message;
  schema::DeploymentStatus::Builder deployment = message.initRoot<schema::DeploymentStatus>();
  schema::RolloutStatus::Builder rollout = deployment.initRollout();

  told_rollout() {
    deployment.setName("digits");
    rollout.setCandidate(3);
    rollout.setIncumbent(2);
    rollout.setRolloutToml(default_rollout_toml(rollout_strategy::canary));
    rollout.setStage(1);
    rollout.setHeldUs(34'600'000);
    rollout.setOutcome("under_way");
    rollout.setMissing("it has held for 34.6 s of 1m");
    rollout.setWeight(50);
    fill(rollout.initCandidateDid(), 412, 3, 31'000);
    fill(rollout.initIncumbentDid(), 7'801, 0, 12'000);
  }

  static void fill(schema::RolloutStatus::Figures::Builder did, std::uint64_t requests, std::uint64_t failures,
                   std::uint64_t p99_us) {
    did.setRequests(requests);
    did.setFailures(failures);
    did.setP50Us(p99_us / 4);
    did.setP99Us(p99_us);
  }

  void judge() {
    auto checks = rollout.initChecks(2);
    checks[0].setKind("error_rate");
    checks[0].setName("error_rate");
    checks[0].setJudgement("fine");
    checks[0].setWords("0.7 % failed, 0.6 % of the incumbent's");
    checks[0].setSamples(412);
    checks[1].setKind("latency_p99");
    checks[1].setName("latency_p99");
    checks[1].setJudgement("undecided");
    checks[1].setWords("31 ms, the incumbent's 12 ms");
  }

  std::string text(bool colors = false) { return rollout_text(deployment.asReader(), now, colors); }
  std::string line() { return rollout_line(deployment.asReader(), now); }
};

/// digits without a rollout, whose version 3 made these moves.
struct told_version {
  struct move {
    const char* state;
    std::int64_t unix_s;
    const char* note = "";
  };

  capnp::MallocMessageBuilder message;
  schema::DeploymentStatus::Builder deployment = message.initRoot<schema::DeploymentStatus>();

  explicit told_version(const std::vector<move>& moves) {
    deployment.setName("digits");
    auto version = deployment.initVersions(1)[0];
    version.setNumber(3);
    version.setState(moves.empty() ? "failed" : moves.back().state);
    auto list = version.initMoves(static_cast<unsigned>(moves.size()));
    for (unsigned i = 0; i < list.size(); ++i) {
      list[i].setState(moves[i].state);
      list[i].setUnixNs(moves[i].unix_s * second);
      list[i].setNote(moves[i].note);
    }
  }
  std::string line() { return rollout_line(deployment.asReader(), now); }
};

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

} // namespace

// -- what goes wrong --------------------------------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(stages_that_only_a_newer_node_knows_are_told_of_and_all_else_is_shown) {
  told_rollout told;
  told.rollout.setRolloutToml("strategy = \"lunar\"\n");
  told.judge();
  BOOST_TEST(told.line() == "digits: version 3 takes over from version 2, stage 2 (5 % of requests), for 34 s\n");
  BOOST_TEST(contains(told.text(), "its stages can't be read here; this troupe may be older than the node:\nrollout.toml:1"),
             told.text());
  BOOST_TEST(contains(told.text(), "error_rate   fine"), told.text());
}

BOOST_AUTO_TEST_CASE(each_problem_of_stages_that_cant_be_read_has_its_line) {
  told_rollout told;
  told.rollout.setRolloutToml("fuse = -1\nalhpa = 1\n");
  BOOST_TEST(contains(told.text(), "\nrollout.toml:1: "), told.text());
  BOOST_TEST(contains(told.text(), "\nrollout.toml:2: "), told.text());
}

BOOST_AUTO_TEST_CASE(a_stage_that_is_not_in_the_list_has_no_name) {
  told_rollout told;
  told.rollout.setStage(~0U);
  BOOST_TEST(told.line() == "digits: version 3 takes over from version 2, stage 4294967296 (5 % of requests), for 34 s\n");
  BOOST_TEST(!contains(told.text(), ">"), told.text());
}

BOOST_AUTO_TEST_CASE(words_of_the_node_cant_steer_the_terminal) {
  told_rollout told;
  told.deployment.setName("dig\x1bits");
  told.rollout.setMissing("no\x1b[2Jdata");
  told.rollout.setAsking(true);
  told.rollout.setReason("so\x1bso");
  BOOST_TEST(!contains(told.text(), "\x1b"), told.text());
  told.rollout.setAsking(false);
  BOOST_TEST(contains(told.text(), "doesn't go on yet: no?[2Jdata\n"), told.text());
}

BOOST_AUTO_TEST_CASE(what_nothing_is_known_of_is_said_so) {
  told_rollout told;
  told_rollout::fill(told.rollout.initCandidateDid(), 0, 0, 0);
  BOOST_TEST(contains(told.text(), "digits@3         0       0     -      -\n"), told.text());
  BOOST_TEST(contains(told.text(), "no check has been judged yet\n"), told.text());
  told.rollout.setRolloutToml("strategy = \"blue_green\"\n");
  BOOST_TEST(contains(told.text(), "no checks: rollout.toml names none\n"), told.text());
}

BOOST_AUTO_TEST_CASE(a_version_that_was_rolled_back_or_failed_is_told_with_its_reason) {
  told_version rolled({{"rolling_out", 100}, {"rolled_back", 880, "p99 latency 31 ms"}});
  BOOST_TEST(rolled.line() == "digits: no rollout is under way; version 3 was rolled back 2m ago: p99 latency 31 ms\n");
  told_version failed({{"validating", 999}, {"failed", 1'001}});
  failed.deployment.getVersions()[0].setReason("the model raised an error");
  BOOST_TEST(failed.line() == "digits: no rollout is under way; version 3 failed 0 s ago: the model raised an error\n");
  told_version older({});
  BOOST_TEST(contains(older.line(), "version 3 failed 16m 40s ago\n"), older.line());
}

BOOST_AUTO_TEST_CASE(a_version_whose_pool_is_being_stopped_is_what_it_was_before) {
  told_version told({{"rolling_out", 100}, {"rolled_back", 940}});
  told.deployment.getVersions()[0].setState("draining");
  BOOST_TEST(told.line() == "digits: no rollout is under way; version 3 was rolled back 1m ago\n");
  BOOST_TEST(version_under_way(told.deployment.asReader()) == 0U);
}

// -- what is shown ----------------------------------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_rollout_is_shown_with_its_place_figures_checks_and_stages) {
  told_rollout told;
  told.judge();
  BOOST_TEST(told.text()
             == "digits: version 3 takes over from version 2, stage 2 of 4 (canary 5 %), for 34 s of 1m\n"
                "doesn't go on yet: it has held for 34.6 s of 1m\n"
                "\n"
                "since the stage began:\n"
                "VERSION   REQUESTS     FAILED      P50    P99\n"
                "digits@3       412  3 (0.7 %)  7.75 ms  31 ms\n"
                "digits@2      7801          0     3 ms  12 ms\n"
                "\n"
                "CHECK        VERDICT    WHY\n"
                "error_rate   fine       0.7 % failed, 0.6 % of the incumbent's\n"
                "latency_p99  undecided  31 ms, the incumbent's 12 ms\n"
                "\n"
                "   STAGE  STRATEGY  WEIGHT  HOLD  SAMPLES  THEN\n"
                "       1  canary       1 %    1m      100\n"
                ">      2  canary       5 %    1m      100\n"
                "       3  canary      25 %    1m      100\n"
                "       4  canary      50 %    1m      100\n");
  BOOST_TEST(contains(told.text(true), "\x1b[32mfine\x1b[0m       0.7 %"), told.text(true));
}

BOOST_AUTO_TEST_CASE(a_stage_whose_hold_is_over_says_how_long_it_has_been) {
  told_rollout told;
  told.rollout.setHeldUs(95'000'000);
  told.rollout.setMissing("");
  BOOST_TEST(contains(told.text(), "stage 2 of 4 (canary 5 %), for 1m 35s\ngoes on in a moment\n"), told.text());
}

BOOST_AUTO_TEST_CASE(a_paused_rollout_says_how_to_resume) {
  told_rollout told;
  told.rollout.setPaused(true);
  BOOST_TEST(contains(told.text(),
                      "digits: version 3 takes over from version 2, paused in stage 2 of 4 (canary 5 %) after 34 s of 1m\n"
                      "`troupe rollout digits resume` lets it go on, `troupe rollout digits abort` goes back to version 2\n"
                      "doesn't go on yet: it has held"),
             told.text());
}

BOOST_AUTO_TEST_CASE(a_question_is_asked_with_all_answers_that_make_sense) {
  told_rollout told;
  told.rollout.setAsking(true);
  told.rollout.setReason("stage 2 of 4 went well: 120 samples in 1m");
  BOOST_TEST(
      contains(told.text(),
               "digits: version 3 takes over from version 2, a person is asked in stage 2 of 4 (canary 5 %): stage 2 of 4 went "
               "well: 120 samples in 1m\n"
               "say what shall be: `troupe rollout digits promote` gives all requests to version 3, `troupe rollout digits skip` "
               "goes on to the next stage, `troupe rollout digits abort` gives them back to version 2\n"
               "\n"),
      told.text());
  told.rollout.setStage(3);
  told.rollout.setPaused(true);
  BOOST_TEST(contains(told.line(), "paused, and a person is asked in stage 4 of 4 (canary 50 %): "), told.line());
  BOOST_TEST(!contains(told.text(), "skip"), told.text());
}

BOOST_AUTO_TEST_CASE(stages_of_each_kind_are_named_by_what_the_candidate_gets) {
  told_rollout told;
  told.rollout.setRolloutToml("strategy = [\"shadow\", \"blue_green\"]\n[shadow]\nshare = 0.5\n[blue_green]\nasks = true\n"
                              "[[check]]\nkind = \"disagreement\"\ntolerance = 0.05\noutput = \"scores\"\n");
  auto check = told.rollout.initChecks(1)[0];
  check.setName("disagreement of scores");
  check.setJudgement("worse");
  BOOST_TEST(contains(told.line(), "stage 2 of 2 (blue_green, no requests), for 34 s\n"), told.line());
  BOOST_TEST(contains(told.text(), "disagreement of scores  worse\n"), told.text());
  BOOST_TEST(contains(told.text(), "   STAGE  STRATEGY             WEIGHT  HOLD  SAMPLES  THEN\n"
                                   "       1  shadow      copies of 0.5 %    1m      100\n"
                                   ">      2  blue_green             none   0 s        0  asks a person\n"),
             told.text());
  told.rollout.setStage(0);
  BOOST_TEST(contains(told.line(), "stage 1 of 2 (shadow, copies of 0.5 %), for 34 s of 1m\n"), told.line());
}

BOOST_AUTO_TEST_CASE(a_rolling_rollout_tells_its_bounds_instead_of_stages) {
  told_rollout told;
  told.rollout.setRolloutToml("[rolling]\nsurge = 2\n");
  told.rollout.setWeight(250);
  BOOST_TEST(contains(told.text(), "replica by replica: at most 2 more than wanted at a time, and 0 fewer that serve\n"),
             told.text());
  BOOST_TEST(contains(told.line(), "stage 2 (25 % of requests), for 34 s\n"), told.line());
}

BOOST_AUTO_TEST_CASE(copies_and_rewards_are_told_where_there_are_any) {
  told_rollout told;
  BOOST_TEST(!contains(told.text(), "REWARD"), told.text());
  BOOST_TEST(!contains(told.text(), "copies"));
  told.rollout.setCopies(40);
  told.rollout.setShed(4);
  told.rollout.getCandidateDid().setRewards(8);
  told.rollout.getCandidateDid().setRewardMean(0.75);
  BOOST_TEST(contains(told.text(), "REWARD\n"), told.text());
  BOOST_TEST(contains(told.text(), "0.750 of 8\n"), told.text());
  BOOST_TEST(contains(told.text(), "version 3 got 40 copies, 4 were shed, since it had enough to do\n"), told.text());
}

BOOST_AUTO_TEST_CASE(the_moment_of_its_end_is_told) {
  told_rollout told;
  told.rollout.setOutcome("promoted");
  told.rollout.setReason("promoted by anna");
  BOOST_TEST(contains(told.text(), "digits: version 3 is promoted and about to be live: promoted by anna\n\nsince"), told.text());
  told.rollout.setOutcome("rolled_back");
  told.rollout.setReason("aborted by anna");
  BOOST_TEST(told.line() == "digits: version 3 is being rolled back to version 2: aborted by anna\n");
}

BOOST_AUTO_TEST_CASE(without_a_rollout_it_is_told_how_the_newest_version_is) {
  told_version live({{"validating", 800}, {"live", 880}});
  BOOST_TEST(
      rollout_text(live.deployment.asReader(), now, false)
      == "digits: no rollout is under way; version 3 is live, since 2m\n`troupe history digits` tells all that happened\n");
  told_version coming({{"validating", 800}, {"preparing", 880}});
  BOOST_TEST(coming.line() == "digits: version 3 is on its way up (preparing), and has no requests by stages yet\n");
  BOOST_TEST(version_under_way(coming.deployment.asReader()) == 3U);
  told_version superseded({{"live", 880}, {"superseded", 940}});
  BOOST_TEST(superseded.line() == "digits: no rollout is under way; version 3 was superseded 1m ago\n");
  superseded.deployment.initVersions(0);
  BOOST_TEST(superseded.line() == "digits: no rollout is under way, and there is no version\n");
}

BOOST_AUTO_TEST_CASE(programs_are_told_all_of_a_rollout) {
  told_rollout told;
  told.judge();
  auto json = deployment_json(told.deployment.asReader())["rollout"];
  BOOST_TEST(json["candidate"] == 3);
  BOOST_TEST(json["incumbent"] == 2);
  BOOST_TEST(json["stage"] == 1);
  BOOST_TEST(json["held_us"] == 34'600'000);
  BOOST_TEST(json["weight_permille"] == 50);
  BOOST_TEST(json["outcome"] == "under_way");
  BOOST_TEST(
      json["checks"][0].dump()
      == R"({"kind":"error_rate","name":"error_rate","judgement":"fine","words":"0.7 % failed, 0.6 % of the incumbent's","samples":412})");
  BOOST_TEST(json["candidate_did"].dump()
             == R"({"requests":412,"failures":3,"p50_us":7750,"p99_us":31000,"rewards":0,"reward_mean":0.0,"out":false})");
  BOOST_TEST(json.size() == 18U);
  told_version none({{"live", 880, "by hand"}});
  auto without = deployment_json(none.deployment.asReader());
  BOOST_TEST(without["rollout"].is_null());
  BOOST_TEST(without["versions"][0]["moves"][0].dump() == R"({"state":"live","unix_ns":880000000000,"by":"","note":"by hand"})");
}
