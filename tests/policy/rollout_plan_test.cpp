#define BOOST_TEST_MODULE rollout_plan
#include "runtime/base/rng.hpp"
#include "runtime/policy/rollout_plan.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <set>

using namespace troupe;

namespace {

using state = version_state;
using news = rollout_news;
using act = rollout_act;

/// Applies a plan as the deployment's actor stores it.
void store(const rollout_plan& plan, rollout_view& view) {
  view.current = plan.current;
  view.target = plan.target;
  view.previous = plan.previous;
  view.last = plan.last;
  for (const auto& change : plan.changes) {
    auto found = std::find_if(view.versions.begin(), view.versions.end(),
                              [&](const version_brief& version) { return version.number == change.number; });
    if (found == view.versions.end())
      found = view.versions.insert(found, {change.number, change.state, false});
    found->state = change.state;
    found->served = found->served || change.state == state::live;
  }
  for (auto number : plan.erased)
    view.versions.erase(std::find_if(view.versions.begin(), view.versions.end(),
                                     [&](const version_brief& version) { return version.number == number; }));
}

/// A deployment of whose versions 1, 2… each was live in turn.
rollout_view with_live(version_number count) {
  rollout_view view;
  for (version_number number = 1; number <= count; ++number)
    view.versions.push_back({number, number == count ? state::live : state::superseded, true});
  view.current = view.last = count;
  return view;
}

rollout_view with_target(state at) {
  auto view = with_live(2);
  view.versions.push_back({3, at, false});
  view.target = view.last = 3;
  view.previous = 1;
  return view;
}

rollout_plan planned(const rollout_view& view, const rollout_event& event) {
  auto plan = plan_rollout(view, event);
  BOOST_REQUIRE(plan.ok());
  BOOST_REQUIRE(plan->has_value());
  return **plan;
}

bool is_stale(const rollout_view& view, const rollout_event& event) {
  auto plan = plan_rollout(view, event);
  return plan.ok() && !plan->has_value();
}

bool does(const rollout_plan& plan, act what, version_number version) {
  return std::any_of(plan.steps.begin(), plan.steps.end(),
                     [&](const rollout_step& step) { return step.act == what && step.version == version; });
}

state state_in(const rollout_view& view, version_number number) {
  for (const auto& version : view.versions)
    if (version.number == number)
      return version.state;
  BOOST_FAIL("no version " << number);
  return state::failed;
}

error refusal(const rollout_view& view, const rollout_event& event) {
  auto plan = plan_rollout(view, event);
  BOOST_REQUIRE(!plan.ok());
  return plan.failure();
}

} // namespace

// -- what is refused --------------------------------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_deploy_during_a_rollout_is_refused_at_each_of_its_states) {
  for (auto at : {state::validating, state::preparing, state::starting, state::verifying, state::rolling_out}) {
    auto why = refusal(with_target(at), {news::deployed, 0, {}});
    BOOST_TEST((why.code == error_code::failed_precondition));
    BOOST_TEST(why.message.find("version 3 is on its way up (" + std::string(to_string(at)) + ")") == 0U);
  }
}

BOOST_AUTO_TEST_CASE(a_rollback_that_leads_nowhere_says_which_versions_are_kept) {
  auto view = with_live(3);
  view.versions.erase(view.versions.begin());
  view.versions.push_back({4, state::failed, false});
  view.last = 4;
  BOOST_TEST(refusal(view, {news::undone, 1, {}}).message == "version 1 was collected; kept are 2, 3");
  BOOST_TEST(refusal(view, {news::undone, 9, {}}).message == "there is no version 9; kept are 2, 3");
  BOOST_TEST(refusal(view, {news::undone, 4, {}}).message == "version 4 can't be gone back to: it never was live; kept are 2, 3");
  BOOST_TEST(refusal(view, {news::undone, 3, {}}).message == "version 3 is the one that answers now");
  BOOST_TEST(refusal(with_live(1), {news::undone, 0, {}}).message
             == "there is no version before the live one; kept are 1; name one with `--to`");
}

BOOST_AUTO_TEST_CASE(news_of_a_version_that_is_not_on_its_way_changes_nothing) {
  auto view = with_target(state::starting);
  for (auto what : {news::validated, news::started, news::routed})
    BOOST_TEST(is_stale(view, {what, 1, {}}));
  BOOST_TEST(is_stale(view, {news::validated, 3, {}})); // it is past that
  BOOST_TEST(is_stale(view, {news::broken, 7, {}}));
  BOOST_TEST(is_stale(with_live(2), {news::bake_is_over, 0, {}}));
}

// -- the way up -------------------------------------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_version_goes_up_move_by_move_and_the_one_before_stays_resident) {
  struct move {
    news what;
    state then;
    act does;
  };
  auto view = with_live(2);
  store(planned(view, {news::deployed, 0, {}}), view);
  BOOST_TEST((state_in(view, 3) == state::validating));
  for (const auto& each :
       {move{news::validated, state::preparing, act::start_pool}, move{news::loaded, state::starting, act::fork},
        move{news::verified, state::rolling_out, act::switch_route}}) {
    auto plan = planned(view, {each.what, 3, {}});
    BOOST_TEST(plan.stores);
    BOOST_TEST(does(plan, each.does, 3));
    store(plan, view);
    BOOST_TEST((state_in(view, 3) == each.then));
    BOOST_TEST(view.current == 2U);
  }
  auto last = planned(view, {news::routed, 3, {}});
  store(last, view);
  BOOST_TEST(does(last, act::begin_bake, 2));
  BOOST_TEST((state_in(view, 3) == state::live));
  BOOST_TEST((state_in(view, 2) == state::superseded));
  BOOST_TEST((view.current == 3U && view.target == 0U && view.previous == 2U));
}

BOOST_AUTO_TEST_CASE(a_version_that_breaks_fails_with_its_reason_and_the_live_one_goes_on) {
  for (auto at : {state::validating, state::preparing, state::starting, state::verifying, state::rolling_out}) {
    auto view = with_target(at);
    auto plan = planned(view, {news::broken, 3, "not a TorchScript file"});
    BOOST_TEST(does(plan, act::stop_pool, 3));
    BOOST_TEST(plan.changes.at(0).reason == "not a TorchScript file");
    store(plan, view);
    BOOST_TEST((state_in(view, 3) == state::failed));
    BOOST_TEST((view.current == 2U && view.target == 0U));
  }
}

BOOST_AUTO_TEST_CASE(requests_that_may_have_been_switched_are_switched_back_when_the_version_is_given_up) {
  auto view = with_target(state::rolling_out);
  BOOST_TEST(is_stale(view, {news::verified, 2, {}})); // not while it is being left
  BOOST_TEST(does(planned(view, {news::undone, 0, {}}), act::switch_route, 2));
  view.current = 0;
  BOOST_TEST(does(planned(view, {news::broken, 3, "x"}), act::drop_route, 0));
}

BOOST_AUTO_TEST_CASE(after_a_restart_validation_begins_again_and_all_else_from_preparing) {
  BOOST_TEST(does(planned(with_target(state::validating), {news::resumed, 0, {}}), act::validate, 3));
  for (auto at : {state::preparing, state::starting, state::verifying, state::rolling_out}) {
    auto view = with_target(at);
    auto plan = planned(view, {news::resumed, 0, {}});
    for (version_number number : {1, 2, 3})
      BOOST_TEST(does(plan, act::start_pool, number));
    store(plan, view);
    BOOST_TEST((state_in(view, 3) == state::preparing));
  }
}

// -- the way back -----------------------------------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_rollback_to_a_resident_version_is_one_write_and_one_switch) {
  auto view = with_live(2);
  view.previous = 1;
  view.previous_ready = true;
  auto plan = planned(view, {news::undone, 0, {}});
  BOOST_REQUIRE(!plan.steps.empty());
  BOOST_TEST((plan.steps[0].act == act::switch_route && plan.steps[0].version == 1U));
  store(plan, view);
  BOOST_TEST((view.current == 1U && view.previous == 2U && view.target == 0U));
  BOOST_TEST((state_in(view, 1) == state::live));
  BOOST_TEST((state_in(view, 2) == state::rolled_back));
}

BOOST_AUTO_TEST_CASE(a_rollback_beyond_the_live_version_during_a_rollout_ends_at_the_one_that_was_asked_for) {
  auto view = with_target(state::rolling_out);
  view.previous_ready = view.divided = true;
  auto plan = planned(view, {news::undone, 1, {}});
  version_number routed = 0;
  for (const auto& step : plan.steps)
    if (step.act == act::switch_route)
      routed = step.version;
  BOOST_TEST(routed == 1U);
  BOOST_TEST(does(plan, act::stop_pool, 3));
  store(plan, view);
  BOOST_TEST((view.current == 1U && view.previous == 2U && view.target == 0U));
  BOOST_TEST((state_in(view, 3) == state::rolled_back));
}

BOOST_AUTO_TEST_CASE(a_version_that_wins_an_ab_test_is_live_at_once_though_it_never_was) {
  auto view = with_live(1);
  view.versions.push_back({2, state::rolled_back, false});
  view.versions.push_back({3, state::rolling_out, false});
  view.target = view.last = 3;
  view.divided = view.staged = true;
  BOOST_TEST((plan_rollout(view, {news::undone, 2, {}}).failure().code == error_code::failed_precondition));
  view.tested = view.tested_ready = {2};
  auto plan = planned(view, {news::undone, 2, "version 2 is better"});
  BOOST_TEST((plan.steps[0].act == act::switch_route && plan.steps[0].version == 2U));
  store(plan, view);
  BOOST_TEST((view.current == 2U && view.previous == 1U && view.target == 0U));
  BOOST_TEST((state_in(view, 2) == state::live && state_in(view, 3) == state::rolled_back));
}

BOOST_AUTO_TEST_CASE(after_a_test_that_an_older_version_has_won_a_rollback_goes_to_the_one_that_was_live) {
  auto view = with_live(3);
  view.versions.push_back({4, state::rolling_out, false});
  view.target = view.last = 4;
  view.divided = view.staged = true;
  view.tested = view.tested_ready = {1, 2};
  store(planned(view, {news::undone, 2, "version 2 is better"}), view);
  view.tested.clear();
  view.tested_ready.clear();
  BOOST_TEST((view.current == 2U && view.previous == 3U && state_in(view, 3) == state::superseded));
  view.previous_ready = true;
  store(planned(view, {news::undone, 0, {}}), view);
  BOOST_TEST(view.current == 3U);
}

BOOST_AUTO_TEST_CASE(a_version_that_ends_is_not_erased_in_the_same_write) {
  auto view = with_live(2);
  view.keep = 1;
  view.target = 1;
  view.versions[0].state = state::preparing;
  for (const auto& event : {rollout_event{news::broken, 1, "its artifact is gone"}, rollout_event{news::undone, 0, {}}}) {
    auto plan = planned(view, event);
    BOOST_TEST(plan.changes.size() == 1U);
    BOOST_TEST(plan.erased.empty());
    BOOST_TEST(plan.target == 0U);
  }
}

BOOST_AUTO_TEST_CASE(a_winner_that_cannot_answer_just_now_is_started_first) {
  auto view = with_target(state::rolling_out);
  view.tested = {1};
  auto plan = planned(view, {news::undone, 1, {}});
  BOOST_TEST(does(plan, act::start_pool, 1));
  BOOST_TEST(plan.target == 1U);
}

BOOST_AUTO_TEST_CASE(the_version_that_a_rollback_goes_to_is_kept_however_many_were_tried_since) {
  auto view = with_live(2);
  view.keep = 3;
  for (version_number tried = 3; tried <= 9; ++tried)
    view.versions.push_back({tried, state::rolled_back, true});
  view.last = 9;
  auto erased = versions_to_erase(view);
  BOOST_TEST((std::find(erased.begin(), erased.end(), 1U) == erased.end()));
  BOOST_TEST((std::find(erased.begin(), erased.end(), 9U) == erased.end()));
  BOOST_TEST((std::find(erased.begin(), erased.end(), 3U) != erased.end()));
}

BOOST_AUTO_TEST_CASE(what_is_tested_is_started_with_the_target_and_stops_with_it) {
  auto view = with_target(state::validating);
  view.tested = {1};
  view.previous = 0;
  auto plan = planned(view, {news::validated, 3, {}});
  BOOST_TEST((does(plan, act::start_pool, 3) && does(plan, act::start_pool, 1)));
  store(plan, view);
  BOOST_TEST(does(planned(view, {news::resumed, 0, {}}), act::start_pool, 1));
  BOOST_TEST(does(planned(view, {news::loaded, 1, {}}), act::fork, 1));
  BOOST_TEST(does(planned(view, {news::broken, 3, "it fails"}), act::stop_pool, 1));
  view.versions.back().state = state::rolling_out;
  BOOST_TEST(does(planned(view, {news::routed, 3, {}}), act::stop_pool, 1));
}

BOOST_AUTO_TEST_CASE(a_version_before_that_is_tested_outlasts_its_bake_and_stays_resident_after_the_test_if_it_is_not_over) {
  auto view = with_target(state::rolling_out);
  view.tested = {1};
  BOOST_TEST(!does(planned(view, {news::broken, 3, "it is worse"}), act::stop_pool, 1));
  auto plan = planned(view, {news::bake_is_over, 0, {}});
  BOOST_TEST(plan.previous == 0U);
  BOOST_TEST(!does(plan, act::stop_pool, 1));
  store(plan, view);
  BOOST_TEST(does(planned(view, {news::broken, 3, "it is worse"}), act::stop_pool, 1));
}

BOOST_AUTO_TEST_CASE(versions_that_are_tested_are_kept_as_long_as_the_test) {
  auto view = with_live(9);
  view.keep = 2;
  view.target = view.last = 10;
  view.versions.push_back({10, state::rolling_out, false});
  view.tested = {3};
  auto erased = versions_to_erase(view);
  BOOST_TEST((std::find(erased.begin(), erased.end(), 3U) == erased.end()));
  view.target = 0;
  erased = versions_to_erase(view);
  BOOST_TEST((std::find(erased.begin(), erased.end(), 3U) != erased.end()));
}

BOOST_AUTO_TEST_CASE(a_rollback_to_another_version_starts_it_without_validation) {
  auto view = with_live(3);
  auto plan = planned(view, {news::undone, 1, {}});
  BOOST_TEST(does(plan, act::start_pool, 1));
  store(plan, view);
  BOOST_TEST((view.target == 1U && view.current == 3U));
  for (auto what : {news::loaded, news::verified, news::routed})
    store(planned(view, {what, 1, {}}), view);
  BOOST_TEST((state_in(view, 3) == state::rolled_back));
  BOOST_TEST(view.current == 1U);
}

BOOST_AUTO_TEST_CASE(a_rollback_never_goes_by_itself_to_a_version_that_was_rolled_back) {
  auto view = with_live(3);
  view.versions[1].state = state::rolled_back;
  auto plan = planned(view, {news::undone, 0, {}});
  BOOST_TEST(plan.target == 1U);
}

BOOST_AUTO_TEST_CASE(a_rollback_during_a_rollout_ends_it) {
  auto view = with_target(state::starting);
  auto plan = planned(view, {news::undone, 0, {}});
  BOOST_TEST(does(plan, act::stop_pool, 3));
  store(plan, view);
  BOOST_TEST((state_in(view, 3) == state::failed));
  BOOST_TEST((view.current == 2U && view.target == 0U));
}

BOOST_AUTO_TEST_CASE(a_way_back_that_is_ended_leaves_the_version_what_it_was) {
  auto view = with_live(3);
  store(planned(view, {news::undone, 1, {}}), view);
  store(planned(view, {news::undone, 0, {}}), view);
  BOOST_TEST((state_in(view, 1) == state::superseded));
  BOOST_TEST(view.current == 3U);
}

BOOST_AUTO_TEST_CASE(a_live_version_that_is_lost_gives_its_place_to_a_resident_one) {
  auto view = with_live(2);
  view.previous = 1;
  auto plan = planned(view, {news::broken, 2, "its artifact is damaged"});
  BOOST_TEST(does(plan, act::switch_route, 1));
  store(plan, view);
  BOOST_TEST((view.current == 1U && view.previous == 0U));
  BOOST_TEST((state_in(view, 1) == state::live));
  BOOST_TEST((state_in(view, 2) == state::failed));
  auto alone = with_live(2);
  store(planned(alone, {news::broken, 2, "x"}), alone);
  BOOST_TEST(alone.current == 0U);
  BOOST_TEST(planned(alone, {news::undone, 0, {}}).target == 1U); // a person can go back
}

// -- what is kept -----------------------------------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(the_newest_that_were_live_are_kept_and_as_many_failed_ones) {
  auto view = with_live(6);
  view.keep = 3;
  for (version_number number = 7; number <= 11; ++number)
    view.versions.push_back({number, state::failed, false});
  BOOST_TEST(versions_to_erase(view) == (std::vector<version_number>{1, 2, 3, 7, 8}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(the_live_one_the_one_before_and_the_target_are_kept_however_old) {
  auto view = with_live(6);
  view.keep = 1;
  view.current = 1;
  view.previous = 2;
  view.target = 3;
  BOOST_TEST(versions_to_erase(view) == (std::vector<version_number>{4, 5, 6}), boost::test_tools::per_element());
}

// -- always -----------------------------------------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(whatever_happens_in_whatever_order_the_records_agree_with_each_other) {
  constexpr news all[] = {news::deployed, news::undone,   news::resumed, news::validated, news::loaded,
                          news::started,  news::verified, news::routed,  news::broken,    news::bake_is_over};
  rng chance(1);
  for (int life = 0; life < 500; ++life) {
    rollout_view view;
    view.keep = 1 + static_cast<std::uint32_t>(chance.below(4));
    for (int moment = 0; moment < 60; ++moment) {
      view.previous_ready = view.previous != 0 && chance.chance(0.5);
      rollout_event event{all[chance.below(std::size(all))], static_cast<version_number>(chance.below(view.last + 2)), "x"};
      if (view.target != 0 && chance.chance(0.5))
        event.version = view.target;
      auto plan = plan_rollout(view, event);
      if (!plan.ok() || !plan->has_value())
        continue;
      BOOST_TEST_REQUIRE(((*plan)->stores || (*plan)->changes.empty()));
      store(**plan, view);
      std::set<version_number> rolling;
      std::set<version_number> live;
      for (const auto& version : view.versions) {
        if (is_rolling(version.state))
          rolling.insert(version.number);
        if (version.state == state::live)
          live.insert(version.number);
      }
      BOOST_TEST_REQUIRE((rolling == (view.target == 0 ? std::set<version_number>{} : std::set<version_number>{view.target})));
      BOOST_TEST_REQUIRE((live == (view.current == 0 ? std::set<version_number>{} : std::set<version_number>{view.current})));
      BOOST_TEST_REQUIRE((view.previous == 0 || (view.previous != view.current && view.previous != view.target)));
    }
  }
}
