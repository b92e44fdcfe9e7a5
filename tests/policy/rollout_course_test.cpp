#define BOOST_TEST_MODULE rollout_course
#include "runtime/base/rng.hpp"
#include "runtime/base/rollout_toml.hpp"
#include "runtime/policy/rollout_course.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>

using namespace troupe;
using namespace std::chrono_literals;

namespace {

using news = course_news;
using act = course_act;
using outcome = course_outcome;
using judgement = check_judgement;

const wall_time noon{std::chrono::hours(12)};

/// Canary stages of 5 % and 50 %, a minute and 100 samples each, with two checks.
check_spec check_of(check_kind kind, double tolerance) {
  check_spec check;
  check.kind = kind;
  check.tolerance = tolerance;
  return check;
}

rollout_spec canary() {
  rollout_spec spec;
  for (permille weight : {50, 500}) {
    stage_spec stage;
    stage.weight = weight;
    stage.hold = 60s;
    stage.samples = 100;
    spec.stages.push_back(stage);
  }
  spec.checks = {check_of(check_kind::error_rate, 0.1), check_of(check_kind::latency_p99, 0.2)};
  spec.overdue = 10min;
  return spec;
}

/// One stage, half of the requests.
rollout_spec ab(bool asks) {
  auto spec = canary();
  spec.stages.resize(1);
  spec.stages[0].strategy = rollout_strategy::ab;
  spec.stages[0].weight = 500;
  spec.stages[0].asks = asks;
  return spec;
}

/// A rollout with its leader: stores, then does.
struct story {
  rollout_spec spec;
  rollout_course course{};
  rollout_course stored{};
  course_view view{};
  course_split split{};
  std::vector<course_step> steps{}; ///< of the last plan
  std::vector<course_line> history{};

  explicit story(rollout_spec of) : spec(std::move(of)) {
    view.now = noon;
    view.can_serve = true;
  }

  /// Everything is as it should be in this stage.
  void all_well() {
    view.evidence = {};
    view.evidence.split_number = course.split_number;
    view.evidence.candidate_samples = view.evidence.incumbent_samples = 100;
    view.evidence.checks.assign(spec.checks.size(), {judgement::fine, "as good", 100});
    view.can_serve = true;
    view.room = all_requests;
  }
  void tell(const course_event& event) {
    auto plan = plan_course(spec, course, view, event);
    BOOST_REQUIRE_MESSAGE(plan.ok(), (plan.ok() ? "" : plan.failure().message));
    course = plan->course;
    if (plan->stores)
      stored = course;
    steps = plan->steps;
    for (const auto& step : steps)
      if (step.act == act::set_split)
        split = step.split;
    if (plan->line)
      history.push_back(*plan->line);
  }
  void tell(news what, const std::string& who = "ann") { tell({what, who, {}, {}, 0}); }
  std::string refusal(news what) {
    auto plan = plan_course(spec, course, view, {what, "ann", {}, {}, 0});
    BOOST_REQUIRE(!plan.ok());
    BOOST_TEST((plan.failure().code == error_code::failed_precondition));
    return plan.failure().message;
  }
  void look() { tell(course_event{}); }
  /// Looks each second.
  void pass(std::chrono::seconds time) {
    for (auto until = view.now + time; view.now < until;) {
      view.now += 1s;
      look();
    }
  }
  story& begin() {
    tell({news::begun, "", {}, {}, 0});
    return *this;
  }
  bool did(act what) const {
    return std::any_of(steps.begin(), steps.end(), [&](const course_step& step) { return step.act == what; });
  }
  bool rolled_back() const { return course.outcome == outcome::rolled_back && split.weight == 0 && split.copies == 0; }
  bool promoted() const { return course.outcome == outcome::promoted && split.weight == all_requests; }
};

story begun(rollout_spec spec) {
  story told(std::move(spec));
  return told.begin();
}

constexpr news commands[] = {news::paused, news::resumed, news::skipped, news::promoted, news::aborted};

} // namespace

// -- what is refused --------------------------------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_command_before_the_rollout_has_begun_is_refused) {
  for (auto what : commands)
    BOOST_TEST(story(canary()).refusal(what) == "the rollout has not begun; wait until the candidate is ready");
}

BOOST_AUTO_TEST_CASE(a_command_after_the_end_is_refused_and_says_what_the_end_was) {
  auto bad = begun(canary());
  bad.tell({news::candidate_broken, "", "its model is gone", {}, 0});
  auto good = begun(canary());
  good.tell(news::promoted);
  for (auto what : commands) {
    BOOST_TEST(bad.refusal(what)
               == "the rollout is over, the candidate was rolled back (the candidate broke: its model is gone); deploy again to "
                  "try once more");
    BOOST_TEST(good.refusal(what) == "the rollout is over, the candidate is live; to go back use `troupe rollback`");
  }
}

BOOST_AUTO_TEST_CASE(a_paused_rollout_cannot_be_paused_nor_one_resumed_that_is_not_paused) {
  auto told = begun(canary());
  BOOST_TEST(told.refusal(news::resumed) == "the rollout isn't paused; it goes on by itself");
  told.tell(news::paused);
  BOOST_TEST(told.refusal(news::paused) == "the rollout is paused already; resume it, or abort it");
  auto asking = begun(ab(true));
  asking.all_well();
  asking.pass(60s);
  BOOST_TEST(asking.refusal(news::resumed)
             == "the rollout isn't paused, it waits for an answer (no difference was found): skip, promote or abort");
}

BOOST_AUTO_TEST_CASE(nobody_brings_forward_a_candidate_that_is_worse_or_cannot_answer) {
  for (auto what : {news::skipped, news::promoted}) {
    auto told = begun(canary());
    told.all_well();
    told.view.can_serve = false;
    BOOST_TEST(told.refusal(what) == "the candidate can't answer just now; wait until it has replicas, or abort");
    told.view.evidence.checks[1] = {judgement::worse, "p99 latency 31 ms, the incumbent's 12 ms", 50};
    BOOST_TEST(told.refusal(what) == "the candidate is about to be rolled back: p99 latency 31 ms, the incumbent's 12 ms");
  }
}

// -- what is undone ---------------------------------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_worse_check_rolls_back_at_once_also_while_paused_or_asking) {
  auto asks = canary();
  asks.stages[0].asks = true;
  for (auto paused : {false, true})
    for (auto asking : {false, true}) {
      auto told = begun(asking ? asks : canary());
      told.all_well();
      if (asking)
        told.pass(60s);
      BOOST_TEST(told.course.asking == asking);
      if (paused)
        told.tell(news::paused);
      told.view.evidence.checks[0] = {judgement::worse, "errors 4.1%, the incumbent's 0.2%", 40};
      told.pass(1s);
      BOOST_TEST(told.rolled_back());
      BOOST_TEST(told.course.reason == "errors 4.1%, the incumbent's 0.2%");
      BOOST_TEST((!told.course.paused && !told.course.asking));
      BOOST_REQUIRE(told.steps.size() == 2U);
      BOOST_TEST((told.steps[0].act == act::set_split && told.steps[1].act == act::roll_back));
      BOOST_TEST(told.steps[1].words == "errors 4.1%, the incumbent's 0.2%");
      BOOST_TEST((told.history.back().what == "rolled back" && told.history.back().who.empty()));
    }
}

BOOST_AUTO_TEST_CASE(a_worse_check_without_words_is_named_and_counts_whatever_split_it_comes_from) {
  auto told = begun(canary());
  told.view.evidence.checks = {{}, {judgement::worse, {}, 3}};
  told.pass(1s);
  BOOST_TEST(told.course.reason == "the candidate is worse by the p99 latency");
}

BOOST_AUTO_TEST_CASE(a_broken_candidate_a_blown_fuse_and_an_abort_roll_back_with_their_reason) {
  struct row {
    course_event event;
    std::string reason;
  };
  for (const auto& each :
       {row{{news::candidate_broken, {}, "it gave up after 5 failed starts", {}, 0},
            "the candidate broke: it gave up after 5 failed starts"},
        row{{news::fuse_blown, {}, {}, "n2", 7}, "node n2 had 7 failures of the candidate in a row"},
        row{{news::aborted, "ann", {}, {}, 0}, "aborted by ann"}, row{{news::aborted, {}, {}, {}, 0}, "aborted by a person"}})
    for (auto paused : {false, true}) {
      auto told = begun(canary());
      if (paused)
        told.tell(news::paused);
      told.tell(each.event);
      BOOST_TEST(told.rolled_back());
      BOOST_TEST(told.course.reason == each.reason);
      BOOST_TEST(told.history.back().who == each.event.who);
    }
}

BOOST_AUTO_TEST_CASE(a_stage_that_is_overdue_is_undone_or_asked_about_as_configured) {
  for (auto action : {overdue_action::roll_back, overdue_action::ask}) {
    auto spec = canary();
    spec.on_overdue = action;
    auto told = begun(spec);
    told.all_well();
    told.view.evidence.candidate_samples = 12;
    told.pass(60s + 10min - 1s);
    BOOST_TEST((told.course.outcome == outcome::under_way && !told.course.asking));
    told.pass(1s);
    std::string why = "stage 1 of 2 is overdue: after 11m there are 12 samples of 100";
    BOOST_TEST(told.course.reason == why);
    BOOST_TEST(told.steps.back().words == why);
    if (action == overdue_action::roll_back) {
      BOOST_TEST(told.rolled_back());
      continue;
    }
    BOOST_TEST((told.did(act::ask) && told.course.asking));
    BOOST_TEST(told.split.weight == 50U);
    told.all_well();
    told.pass(1h); // who is asked has time, and alone decides
    BOOST_TEST((told.course.asking && told.course.stage == 0U));
    told.tell(news::skipped);
    BOOST_TEST((!told.course.asking && told.course.stage == 1U));
  }
}

// -- what holds -------------------------------------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(whatever_is_missing_holds_the_stage) {
  struct row {
    void (*lacks)(course_view&);
    std::string words;
  };
  for (const auto& each :
       {row{[](course_view& view) { view.evidence.candidate_samples = 99; }, "there are 99 samples of 100"},
        row{[](course_view& view) { view.evidence.checks[0].samples = 0; }, "there is no data for the error rate"},
        row{[](course_view& view) { view.evidence.checks.resize(1); }, "there is no data for the p99 latency"},
        row{[](course_view& view) { view.evidence.incumbent_samples = 0; },
            "the incumbent had no requests that the error rate could be compared with"},
        row{[](course_view& view) { view.evidence.split_number += 1; }, "there are 0 samples of 100"},
        row{[](course_view& view) { view.evidence = {}; }, "there are 0 samples of 100"},
        row{[](course_view& view) { view.can_serve = false; }, "the candidate can't answer"},
        row{[](course_view& view) { view.room = 499; }, "the candidate has replicas for 49.9% of requests, not for 50%"}}) {
    auto told = begun(canary());
    told.all_well();
    each.lacks(told.view);
    told.pass(5min);
    BOOST_TEST(told.course.stage == 0U);
    BOOST_TEST(missing_to_leave(told.spec, told.course, told.view) == each.words);
    told.all_well();
    told.pass(1s);
    BOOST_TEST(told.course.stage == 1U);
  }
}

BOOST_AUTO_TEST_CASE(a_check_need_not_have_data_that_it_had_no_chance_of) {
  struct row {
    permille weight;
    permille copies;
    check_kind kind;
    std::uint64_t incumbent;
    bool waits;
  };
  for (const auto& each : {row{0, 0, check_kind::error_rate, 0, false}, row{50, 0, check_kind::error_rate, 9, true},
                           row{0, 50, check_kind::error_rate, 9, true}, row{0, 50, check_kind::latency_p99, 9, false},
                           row{50, 0, check_kind::disagreement, 9, false}, row{0, 50, check_kind::disagreement, 9, true}}) {
    auto spec = canary();
    spec.stages[0].weight = each.weight;
    spec.stages[0].copies = each.copies;
    spec.stages[0].samples = 0;
    spec.checks = {check_of(each.kind, 0.1)};
    auto told = begun(spec);
    told.view.evidence.split_number = told.course.split_number;
    told.view.evidence.incumbent_samples = each.incumbent;
    told.pass(60s);
    BOOST_TEST((told.course.stage == 0U) == each.waits);
  }
}

BOOST_AUTO_TEST_CASE(a_check_of_a_stage_that_leaves_the_incumbent_nothing_needs_the_candidates_data_only) {
  auto spec = canary();
  spec.stages[1].weight = all_requests;
  auto told = begun(spec);
  told.tell(news::skipped);
  told.all_well();
  told.view.evidence.incumbent_samples = 0;
  told.pass(60s);
  BOOST_TEST(told.promoted());
}

BOOST_AUTO_TEST_CASE(a_check_that_compares_nothing_with_the_incumbent_needs_none_of_its_requests) {
  for (auto kind : {check_kind::finite_outputs, check_kind::disagreement, check_kind::error_rate, check_kind::output_drift}) {
    auto spec = canary();
    spec.stages[0].copies = 100;
    spec.checks = {check_of(kind, 0)};
    auto told = begun(spec);
    told.all_well();
    told.view.evidence.incumbent_samples = 0;
    told.pass(60s);
    BOOST_TEST((told.course.stage == 1U) == (kind == check_kind::disagreement));
  }
}

BOOST_AUTO_TEST_CASE(less_than_it_has_needs_no_room) {
  auto spec = canary();
  std::swap(spec.stages[0], spec.stages[1]);
  auto told = begun(spec);
  told.all_well();
  told.view.room = 10;
  told.pass(60s);
  BOOST_TEST(told.course.stage == 1U);
}

// -- the way through --------------------------------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_rollout_goes_from_stage_to_stage_and_ends_with_the_candidate_live) {
  auto told = begun(canary());
  BOOST_TEST((told.split.weight == 50U && told.split.number == 1U));
  told.all_well();
  told.pass(59s);
  BOOST_TEST(told.course.stage == 0U);
  told.pass(1s);
  BOOST_TEST((told.split.weight == 500U && told.split.number == 2U));
  BOOST_TEST((told.course.since == noon + 60s && told.course.held == 0s));
  told.pass(60s);
  BOOST_TEST(told.course.stage == 1U); // what it knows is of the stage before
  told.all_well();
  told.pass(1s);
  BOOST_TEST(told.promoted());
  BOOST_REQUIRE(told.steps.size() == 2U);
  BOOST_TEST((told.steps[0].act == act::set_split && told.steps[1].act == act::finish));
  std::vector<std::string> lines;
  for (const auto& line : told.history)
    lines.push_back(line.what + " | " + line.why + " | " + line.who);
  std::vector<std::string> expected = {"stage 1 of 2 began: 5% of requests | the candidate is ready | ",
                                       "stage 2 of 2 began: 50% of requests | stage 1 of 2 went well: 100 samples in 1m | ",
                                       "promoted | stage 2 of 2 went well: 100 samples in 1m 1s | "};
  BOOST_TEST(lines == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(without_stages_the_candidate_takes_over_as_soon_as_it_can_answer) {
  auto at_once = begun({});
  BOOST_TEST(at_once.promoted());
  BOOST_TEST(at_once.did(act::finish));
  story later{rollout_spec{}};
  later.view.can_serve = false;
  later.begin();
  later.pass(5s);
  BOOST_TEST((later.course.outcome == outcome::under_way && later.split.weight == 0U));
  later.view.can_serve = true;
  later.pass(1s);
  BOOST_TEST(later.promoted());
  story never{rollout_spec{}};
  never.view.can_serve = false;
  never.begin();
  never.pass(1800s);
  BOOST_TEST(never.rolled_back());
  BOOST_TEST(never.course.reason == "the switch is overdue: after 30m the candidate can't answer");
}

BOOST_AUTO_TEST_CASE(a_stage_with_copies_says_so) {
  auto spec = canary();
  spec.stages[0].weight = 0;
  spec.stages[0].copies = 333;
  auto told = begun(spec);
  BOOST_TEST((told.split.weight == 0U && told.split.copies == 333U));
  BOOST_TEST(told.history.back().what == "stage 1 of 2 began: 0% of requests, copies of 33.3%");
}

BOOST_AUTO_TEST_CASE(a_stage_that_asks_waits_for_a_person) {
  auto spec = canary();
  spec.stages[0].asks = true;
  for (auto answer : {news::skipped, news::promoted, news::aborted}) {
    auto told = begun(spec);
    told.all_well();
    told.pass(60s);
    BOOST_TEST((told.did(act::ask) && told.course.asking));
    BOOST_TEST(told.steps.back().words == "stage 1 of 2 went well: 100 samples in 1m");
    told.pass(1s);
    BOOST_TEST(told.steps.empty()); // once
    told.pass(24h);
    BOOST_TEST(told.course.asking);
    told.tell(answer);
    BOOST_TEST((answer == news::skipped    ? told.split.weight == 500U && told.course.stage == 1U
                : answer == news::promoted ? told.promoted()
                                           : told.rolled_back()));
    BOOST_TEST((!told.course.asking && told.history.back().who == "ann"));
  }
}

BOOST_AUTO_TEST_CASE(skipping_the_last_stage_promotes) {
  auto told = begun(canary());
  told.tell(news::skipped);
  BOOST_TEST(told.history.back().why == "stage 1 of 2 was skipped by ann");
  told.tell(news::skipped);
  BOOST_TEST(told.promoted());
}

BOOST_AUTO_TEST_CASE(an_ab_stage_is_decided_by_the_difference) {
  struct row {
    bool asks;
    arm_judgement arm;
    std::string reason;
    bool promoted;
    bool asking;
  };
  for (const auto& each : {row{false, arm_judgement::better, "the candidate is better: 3.1% more clicks", true, false},
                           row{true, arm_judgement::better, "the candidate is better: 3.1% more clicks", false, true},
                           row{false, arm_judgement::undecided, "no difference was found", false, false},
                           row{true, arm_judgement::undecided, "no difference was found", false, true}}) {
    auto told = begun(ab(each.asks));
    told.all_well();
    told.view.evidence.arm = each.arm;
    told.view.evidence.arm_words = "3.1% more clicks";
    told.pass(59s);
    BOOST_TEST((told.course.outcome == outcome::under_way && !told.course.asking));
    told.pass(1s);
    BOOST_TEST(told.course.reason == each.reason);
    BOOST_TEST(told.promoted() == each.promoted);
    BOOST_TEST(told.course.asking == each.asking);
    BOOST_TEST(told.rolled_back() == (!each.promoted && !each.asking));
  }
}

BOOST_AUTO_TEST_CASE(another_version_that_wins_takes_the_candidates_place_after_the_hold) {
  for (bool can_serve : {true, false}) {
    auto told = begun(ab(false));
    told.all_well();
    told.view.can_serve = can_serve;
    told.view.evidence.winner = 4;
    told.view.evidence.arm_words = "3.1% more clicks";
    told.pass(59s);
    BOOST_TEST((told.course.outcome == outcome::under_way && !told.course.asking));
    told.pass(1s);
    BOOST_TEST(told.rolled_back());
    BOOST_TEST(told.course.winner == 4U);
    BOOST_TEST(told.course.reason == "version 4 is better: 3.1% more clicks");
    told.tell(news::leader_resumed);
    auto back =
        std::find_if(told.steps.begin(), told.steps.end(), [](const course_step& step) { return step.act == act::roll_back; });
    BOOST_REQUIRE((back != told.steps.end()));
    BOOST_TEST(back->winner == 4U);
  }
}

BOOST_AUTO_TEST_CASE(another_version_that_wins_is_only_told_where_a_person_decides) {
  auto told = begun(ab(true));
  told.all_well();
  told.view.evidence.winner = 4;
  told.pass(60s);
  BOOST_TEST((told.course.outcome == outcome::under_way && told.course.asking));
  BOOST_TEST(told.course.reason == "version 4 is better");
  BOOST_TEST(told.course.winner == 0U);
}

BOOST_AUTO_TEST_CASE(an_ab_stage_is_undone_as_soon_as_the_incumbent_is_better) {
  for (auto paused : {false, true}) {
    auto told = begun(ab(true));
    if (paused)
      told.tell(news::paused);
    told.view.evidence.arm = arm_judgement::worse;
    told.view.evidence.arm_words = "2% fewer clicks";
    told.pass(1s);
    BOOST_TEST((told.course.outcome == outcome::under_way)); // of another split
    told.view.evidence.split_number = told.course.split_number;
    told.pass(1s);
    BOOST_TEST(told.rolled_back());
    BOOST_TEST(told.course.reason == "the incumbent is better: 2% fewer clicks");
  }
  auto canary_told = begun(canary());
  canary_told.view.evidence.split_number = canary_told.course.split_number;
  canary_told.view.evidence.arm = arm_judgement::worse;
  canary_told.pass(1s);
  BOOST_TEST((canary_told.course.outcome == outcome::under_way)); // which no other stage is about
}

// -- time -------------------------------------------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_pause_stops_the_clock_of_the_stage) {
  auto told = begun(canary());
  told.all_well();
  told.pass(40s);
  told.tell(news::paused);
  BOOST_TEST(told.history.back().what == "paused");
  told.pass(2h); // nor is it overdue
  BOOST_TEST((told.course.stage == 0U && told.course.held == 40s));
  told.tell(news::resumed);
  told.pass(19s);
  BOOST_TEST(told.course.stage == 0U);
  told.pass(1s);
  BOOST_TEST(told.course.stage == 1U);
}

BOOST_AUTO_TEST_CASE(a_paused_rollout_can_be_led_by_hand_and_stays_paused) {
  auto told = begun(canary());
  told.tell(news::paused);
  told.tell(news::skipped);
  BOOST_TEST((told.course.paused && told.split.weight == 500U));
  told.all_well();
  told.pass(1h);
  BOOST_TEST(told.course.stage == 1U);
  told.tell(news::promoted);
  BOOST_TEST((told.promoted() && !told.course.paused));
}

BOOST_AUTO_TEST_CASE(a_clock_that_jumps_neither_brings_a_stage_forward_nor_holds_it) {
  for (auto jump : {-100h, 100h}) {
    auto told = begun(canary());
    told.all_well();
    told.pass(30s);
    told.view.now += jump;
    told.look();
    BOOST_TEST((told.course.held <= 30s + watch_gap_max));
    BOOST_TEST((told.course.held >= 30s));
    told.pass(24s);
    BOOST_TEST(told.course.stage == 0U);
    told.pass(6s);
    BOOST_TEST(told.course.stage == 1U);
  }
}

BOOST_AUTO_TEST_CASE(a_time_without_leader_does_not_count) {
  auto told = begun(canary());
  told.all_well();
  told.pass(48s);
  told.course = told.stored;
  BOOST_TEST((told.course.held == 45s));
  told.view.now += 2h;
  told.tell(news::leader_resumed, "");
  told.pass(14s);
  BOOST_TEST(told.course.stage == 0U);
  told.pass(1s);
  BOOST_TEST(told.course.stage == 1U);
}

BOOST_AUTO_TEST_CASE(looking_is_seldom_worth_a_write) {
  auto told = begun(canary());
  int writes = 0;
  for (int second = 0; second < 600; ++second) {
    told.view.now += 1s;
    auto plan = plan_course(told.spec, told.course, told.view, {});
    BOOST_REQUIRE(plan.ok());
    told.course = plan->course;
    writes += plan->stores;
    BOOST_TEST_REQUIRE((plan->steps.empty() && !plan->line));
  }
  BOOST_TEST(writes == 120);
}

// -- a new leader -----------------------------------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_leader_that_resumes_does_again_what_the_stored_course_says) {
  auto asks = canary();
  asks.stages[0].asks = true;
  auto asking = begun(asks);
  asking.all_well();
  asking.pass(60s);
  auto good = begun(canary());
  good.tell(news::promoted);
  auto bad = begun(canary());
  bad.tell(news::aborted);
  struct row {
    story told;
    permille weight;
    std::vector<act> acts;
  };
  for (auto& each : std::vector<row>{{begun(canary()), 50, {act::set_split}},
                                     {asking, 50, {act::set_split, act::ask}},
                                     {good, 1000, {act::set_split, act::finish}},
                                     {bad, 0, {act::set_split, act::roll_back}},
                                     {story(canary()), 0, {}}})
    for (auto what : {news::leader_resumed, news::begun}) {
      auto told = each.told;
      if (told.course.split_number == 0 && what == news::begun)
        continue;
      auto before = told.split.number;
      told.split = {};
      told.tell(what, "");
      std::vector<act> acts;
      for (const auto& step : told.steps)
        acts.push_back(step.act);
      BOOST_TEST((acts == each.acts));
      BOOST_TEST((told.split.weight == each.weight && told.split.number == before));
    }
}

BOOST_AUTO_TEST_CASE(news_of_what_is_over_or_has_not_begun_change_nothing) {
  for (auto what : {news::looked, news::candidate_broken, news::fuse_blown}) {
    story early(canary());
    early.tell(what);
    BOOST_TEST((early.steps.empty() && early.course.split_number == 0U));
    auto late = begun(canary());
    late.tell(news::promoted);
    late.tell(what);
    BOOST_TEST((late.steps.empty() && late.promoted()));
  }
}

// -- always -----------------------------------------------------------------------------------------------------------------------

namespace {

/// Anything that can happen to a rollout, in random order; with what must hold after each.
struct storm {
  rng random;
  rollout_spec spec;
  rollout_course course{}; ///< the leader's
  rollout_course stored{};
  course_split split{}; ///< the nodes'
  course_view view{};
  std::chrono::nanoseconds watched{0}; ///< of this stage, by a clock that doesn't jump
  std::chrono::nanoseconds gained{0};  ///< by jumps, in this stage
  std::uint64_t seed;

  explicit storm(std::uint64_t of) : random(of), seed(of) {
    spec.stages.resize(random.below(5));
    for (auto& stage : spec.stages) {
      stage.strategy = random.chance(0.3) ? rollout_strategy::ab : rollout_strategy::canary;
      stage.weight = static_cast<permille>(random.below(1001));
      stage.copies = random.chance(0.3) ? static_cast<permille>(random.below(1001 - stage.weight)) : 0;
      stage.hold = std::chrono::seconds(random.below(20));
      stage.samples = random.below(30);
      stage.asks = random.chance(0.3);
    }
    for (auto count = random.below(4); count > 0; --count)
      spec.checks.push_back(check_of(static_cast<check_kind>(random.below(7)), 0.1));
    spec.overdue = std::chrono::seconds(random.below(60));
    spec.on_overdue = random.chance(0.5) ? overdue_action::ask : overdue_action::roll_back;
    view.now = noon;
  }

  void require(bool holds, const char* what) { BOOST_REQUIRE_MESSAGE(holds, "seed " << seed << ": " << what); }

  void look_around(double trouble) {
    view.evidence = {};
    view.evidence.split_number = course.split_number - static_cast<std::uint32_t>(random.chance(trouble) ? random.below(2) : 0);
    view.evidence.candidate_samples = random.below(40);
    view.evidence.incumbent_samples = random.chance(0.8) ? 5 : 0;
    view.evidence.checks.resize(spec.checks.size());
    for (auto& check : view.evidence.checks)
      check = {random.chance(trouble * 0.03) ? judgement::worse
               : random.chance(0.5)          ? judgement::fine
                                             : judgement::undecided,
               "", random.chance(0.8) ? 7U : 0U};
    if (random.chance(0.1) && !view.evidence.checks.empty())
      view.evidence.checks.pop_back();
    view.evidence.arm = random.chance(0.9)             ? arm_judgement::undecided
                        : random.chance(trouble * 0.3) ? arm_judgement::worse
                                                       : arm_judgement::better;
    if (view.evidence.arm == arm_judgement::undecided && random.chance(0.03))
      view.evidence.winner = 9;
    view.room = random.chance(0.7) ? all_requests : static_cast<permille>(random.below(1001));
    view.can_serve = random.chance(0.8);
  }

  bool worse() const {
    return std::any_of(view.evidence.checks.begin(), view.evidence.checks.end(),
                       [](const check_view& check) { return check.judgement == judgement::worse; });
  }
  /// Said once more, by other words than the code's.
  bool has_all_data(const stage_spec& stage) const {
    const auto& known = view.evidence;
    bool same = known.split_number == course.split_number;
    bool is_won = stage.strategy == rollout_strategy::ab && same && known.arm == arm_judgement::better;
    if ((same ? known.candidate_samples : 0) < stage.samples && !is_won)
      return false;
    for (std::size_t i = 0; i < spec.checks.size(); ++i) {
      bool of_copies = spec.checks[i].kind == check_kind::disagreement;
      if (of_copies ? stage.copies == 0 : stage.weight == 0 && (stage.copies == 0 || is_latency(spec.checks[i].kind)))
        continue;
      if (!same || i >= known.checks.size() || known.checks[i].samples == 0)
        return false;
    }
    return true;
  }

  void check_move(const rollout_course& before, const course_plan& plan, const course_event& event) {
    const auto& after = plan.course;
    bool moved = before.stage != after.stage || before.outcome != after.outcome || before.paused != after.paused
                 || before.asking != after.asking || before.reason != after.reason || before.split_number != after.split_number;
    require(plan.stores || !moved, "a move isn't stored");
    bool split_moved = before.split_number != after.split_number;
    require(split_moved || (before.stage == after.stage && before.outcome == after.outcome), "a split has no new number");
    require(after.stage == before.stage || after.stage == before.stage + 1, "a stage was left out");
    if (event.what == news::candidate_broken || event.what == news::fuse_blown || event.what == news::aborted)
      require(before.split_number == 0 || after.outcome != outcome::under_way, "it goes on after a rollback's reason");
    bool forward =
        before.split_number != 0
        && (after.stage != before.stage || (before.outcome != outcome::promoted && after.outcome == outcome::promoted));
    if (!forward)
      return;
    require(view.can_serve, "it went on with a candidate that can't answer");
    require(!worse(), "it went on with a worse check");
    if (event.what == news::skipped || event.what == news::promoted)
      return;
    require(event.what == news::looked && !before.paused && !before.asking, "it went on by itself");
    if (spec.stages.empty())
      return;
    const auto& stage = spec.stages[before.stage];
    require(has_all_data(stage), "it went on without data");
    require(watched + gained >= stage.hold, "it went on early");
    require(!stage.asks && (stage.strategy != rollout_strategy::ab || view.evidence.arm == arm_judgement::better),
            "it went on without being told to");
  }

  void check_split() {
    require(split.number == course.split_number, "the nodes have another split");
    auto limit = course.outcome == outcome::promoted      ? all_requests
                 : course.outcome == outcome::rolled_back ? 0
                 : course.split_number == 0               ? 0
                 : spec.stages.empty()                    ? 0
                                                          : spec.stages[course.stage].weight;
    require(split.weight == limit, "the split isn't the stage's");
    require(course.outcome != outcome::rolled_back || split.copies == 0, "copies go to what was rolled back");
    require(!(course.paused && course.outcome != outcome::under_way), "it is paused after its end");
  }

  void carry_out(const std::vector<course_step>& steps) {
    for (const auto& step : steps)
      if (step.act == act::set_split)
        split = step.split;
  }

  void restart() {
    course = stored;
    auto plan = plan_course(spec, course, view, {news::leader_resumed, {}, {}, {}, 0});
    require(plan.ok(), "a leader can't resume");
    course = plan->course;
    carry_out(plan->steps);
    auto again = plan_course(spec, stored, view, {news::leader_resumed, {}, {}, {}, 0});
    auto twice = split;
    carry_out(again->steps);
    require(twice.weight == split.weight && twice.copies == split.copies && twice.number == split.number,
            "a stored course has two splits");
  }

  void tell(const course_event& event, double crash) {
    auto before = course;
    auto plan = plan_course(spec, course, view, event);
    if (!plan.ok()) {
      require(plan.failure().code == error_code::failed_precondition && !plan.failure().message.empty(), "a bad refusal");
      return;
    }
    check_move(before, *plan, event);
    bool fresh = before.split_number != plan->course.split_number;
    if (random.chance(crash) && (!plan->stores || random.chance(0.3))) {
      restart(); // before it was stored
      return;
    }
    course = plan->course;
    if (plan->stores)
      stored = course;
    if (fresh)
      watched = gained = 0s;
    if (random.chance(crash))
      restart(); // before it was done
    else
      carry_out(plan->steps);
    check_split();
    require(course.outcome != outcome::under_way || course.held <= watched + gained, "it held for longer than it was watched");
  }

  void pass(bool jumps) {
    auto time = std::chrono::milliseconds(jumps ? random.below(2000) : 1000);
    view.now += time;
    if (!course.paused && !course.asking)
      watched += time;
    if (!jumps || !random.chance(0.05))
      return;
    auto jump = std::chrono::seconds(random.below(100000)) - 50000s;
    view.now += jump;
    if (jump > 0s)
      gained += watch_gap_max;
  }

  void step() {
    pass(true);
    look_around(1);
    constexpr news seldom[] = {news::paused,           news::resumed,    news::resumed,        news::skipped, news::begun,
                               news::candidate_broken, news::fuse_blown, news::leader_resumed, news::aborted, news::promoted};
    auto what = random.chance(0.9) ? news::looked : seldom[random.below(random.chance(0.1) ? std::size(seldom) : 5)];
    tell({what, "ann", "x", "n1", 3}, 0.05);
  }

  /// Nothing goes wrong any longer: with data, or without.
  void calm(bool data) {
    pass(false);
    view.evidence = {};
    view.evidence.split_number = course.split_number;
    if (data) {
      view.evidence.candidate_samples = view.evidence.incumbent_samples = 1000;
      view.evidence.checks.assign(spec.checks.size(), {judgement::fine, "", 1000});
    }
    view.room = all_requests;
    view.can_serve = true;
    if (course.paused)
      tell({news::resumed, "ann", {}, {}, 0}, 0);
    if (course.asking) {
      constexpr news answers[] = {news::skipped, news::promoted, news::aborted};
      tell({answers[random.below(3)], "ann", {}, {}, 0}, 0);
    }
    tell({}, 0);
  }
};

} // namespace

BOOST_AUTO_TEST_CASE(whatever_happens_nobody_gets_more_than_the_stage_says_and_every_rollout_ends) {
  int ends[3] = {};
  for (std::uint64_t seed = 1; seed <= 3000; ++seed) {
    storm weather(seed);
    weather.tell({news::begun, {}, {}, {}, 0}, 0.05);
    for (int i = 0; i < 100; ++i)
      weather.step();
    ++ends[static_cast<int>(weather.course.outcome)];
    if (weather.course.split_number == 0)
      weather.tell({news::begun, {}, {}, {}, 0}, 0);
    bool data = weather.random.chance(0.5);
    std::int64_t longest = 1;
    for (const auto& stage : weather.spec.stages)
      longest += 2 + (stage.hold + weather.spec.overdue).count();
    for (std::int64_t second = 0; second < longest && weather.course.outcome == outcome::under_way; ++second)
      weather.calm(data);
    weather.require(weather.course.outcome != outcome::under_way, "it doesn't end");
    auto last = weather.course.outcome;
    for (int i = 0; i < 20; ++i)
      weather.step();
    weather.require(weather.course.outcome == last, "it ended twice");
  }
  for (int count : ends)
    BOOST_TEST(count > 50); // the storm leaves no kind of end out
}
