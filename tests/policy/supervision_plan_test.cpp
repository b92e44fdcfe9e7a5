#define BOOST_TEST_MODULE supervision_plan
#include "runtime/policy/restart_limits.hpp"
#include "runtime/policy/stop_ladder.hpp"
#include "runtime/policy/supervision_plan.hpp"

#include <boost/test/unit_test.hpp>

#include <sstream>

using namespace troupe;
using namespace std::chrono_literals;

namespace {

constexpr auto permanent = restart_type::permanent;
constexpr auto transient = restart_type::transient;
constexpr auto temporary = restart_type::temporary;

const steady_time noon{12h};

child_view child(restart_type restart, child_phase phase = child_phase::up, child_goal goal = child_goal::up,
                 steady_time not_before = {}) {
  return {restart, phase, goal, not_before};
}

std::string text(const std::vector<std::size_t>& indices) {
  std::ostringstream out;
  for (auto index : indices)
    out << index;
  return out.str();
}

/// "stop 21 start 012 forget " or "leave forget 1"
std::string text(const exit_plan& plan) {
  if (!plan.restart)
    return "leave forget " + text(plan.forget);
  return "stop " + text(plan.stop) + " start " + text(plan.start) + " forget " + text(plan.forget);
}

std::string text(const due_steps& steps) {
  return "stop " + text(steps.stop) + " start " + text(steps.start) + (steps.wake_at ? " wake" : "");
}

/// One letter a child: d(own) s(tarting) u(p) c(ondemned) x(stopping) f(inished) w(aiting, until one second past noon)
std::vector<child_view> children(const std::string& phases) {
  std::vector<child_view> made;
  for (char phase : phases) {
    switch (phase) {
    case 's': made.push_back(child(permanent, child_phase::starting)); break;
    case 'u': made.push_back(child(permanent, child_phase::up)); break;
    case 'c': made.push_back(child(permanent, child_phase::condemned)); break;
    case 'x': made.push_back(child(permanent, child_phase::stopping)); break;
    case 'f': made.push_back(child(permanent, child_phase::down, child_goal::done)); break;
    case 'w': made.push_back(child(permanent, child_phase::down, child_goal::up, noon + 1s)); break;
    default: made.push_back(child(permanent, child_phase::down)); break;
    }
  }
  return made;
}

} // namespace

// -- what follows from a death --------------------------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_restart_type_decides_whether_a_dead_child_comes_back) {
  struct {
    restart_type restart;
    bool abnormal;
    const char* plan;
  } const rows[] = {
      {permanent, true, "stop  start 0 forget "}, {permanent, false, "stop  start 0 forget "},
      {transient, true, "stop  start 0 forget "}, {transient, false, "leave forget "},
      {temporary, true, "leave forget 0"},        {temporary, false, "leave forget 0"},
  };
  for (const auto& row : rows)
    BOOST_TEST(text(plan_exit(restart_strategy::one_for_one, {child(row.restart)}, 0, row.abnormal)) == row.plan);
}

BOOST_AUTO_TEST_CASE(a_strategy_decides_who_goes_down_and_up_with_a_crashed_child) {
  struct {
    restart_strategy strategy;
    std::size_t dead;
    const char* plan;
  } const rows[] = {
      {restart_strategy::one_for_one, 1, "stop  start 1 forget "},
      {restart_strategy::one_for_all, 1, "stop 320 start 0123 forget "},
      {restart_strategy::rest_for_one, 1, "stop 32 start 123 forget "},
      {restart_strategy::rest_for_one, 3, "stop  start 3 forget "},
  };
  for (const auto& row : rows) {
    auto all = children("uuuu");
    all[row.dead].phase = child_phase::down;
    BOOST_TEST(text(plan_exit(row.strategy, all, row.dead, true)) == row.plan);
  }
}

BOOST_AUTO_TEST_CASE(a_group_restart_forgets_temporary_members) {
  std::vector<child_view> all{child(permanent, child_phase::down), child(temporary), child(permanent)};
  BOOST_TEST(text(plan_exit(restart_strategy::one_for_all, all, 0, true)) == "stop 21 start 02 forget 1");
}

BOOST_AUTO_TEST_CASE(a_group_restart_starts_transient_members_that_had_finished) {
  std::vector<child_view> all{child(permanent, child_phase::down), child(transient, child_phase::down, child_goal::done)};
  BOOST_TEST(text(plan_exit(restart_strategy::one_for_all, all, 0, true)) == "stop  start 01 forget ");
}

BOOST_AUTO_TEST_CASE(a_group_restart_leaves_out_a_child_on_its_way_out) {
  std::vector<child_view> all{child(permanent, child_phase::down), child(permanent, child_phase::stopping, child_goal::gone)};
  BOOST_TEST(text(plan_exit(restart_strategy::one_for_all, all, 0, true)) == "stop  start 0 forget ");
}

BOOST_AUTO_TEST_CASE(the_end_of_a_temporary_child_leaves_its_siblings_alone) {
  std::vector<child_view> all{child(permanent), child(temporary, child_phase::down)};
  BOOST_TEST(text(plan_exit(restart_strategy::one_for_all, all, 1, true)) == "leave forget 1");
}

// -- whose turn it is -------------------------------------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(in_turn_children_stop_last_first_and_then_start_first_first) {
  struct {
    const char* phases;
    const char* steps;
  } const rows[] = {
      {"ddd", "stop  start 0"}, {"sdd", "stop  start "},  {"udd", "stop  start 1"}, {"usd", "stop  start "},
      {"uuu", "stop  start "},  {"ccc", "stop 2 start "}, {"ccx", "stop  start "},  {"ccd", "stop 1 start "},
      {"dcu", "stop 1 start "}, {"xdd", "stop  start "},  {"fdd", "stop  start 1"}, {"uwd", "stop  start  wake"},
      {"dwd", "stop  start 0"}, {"scu", "stop 1 start "},
  };
  for (const auto& row : rows)
    BOOST_TEST(text(plan_steps(children(row.phases), step_order::in_turn, noon)) == row.steps, row.phases);
}

BOOST_AUTO_TEST_CASE(independent_children_do_not_wait_for_each_other) {
  struct {
    const char* phases;
    const char* steps;
  } const rows[] = {
      {"sdd", "stop  start 12"},     {"ccx", "stop 01 start "}, {"xdc", "stop 2 start 1"},
      {"wdf", "stop  start 1 wake"}, {"uuu", "stop  start "},
  };
  for (const auto& row : rows)
    BOOST_TEST(text(plan_steps(children(row.phases), step_order::independent, noon)) == row.steps, row.phases);
}

BOOST_AUTO_TEST_CASE(a_backoff_that_is_over_no_longer_holds_a_child_back) {
  for (auto order : {step_order::independent, step_order::in_turn})
    BOOST_TEST(text(plan_steps(children("w"), order, noon + 1s)) == "stop  start 0");
}

BOOST_AUTO_TEST_CASE(the_next_look_is_at_the_end_of_the_shortest_backoff) {
  auto all = children("ww");
  all[0].not_before = noon + 5s;
  BOOST_TEST((*plan_steps(all, step_order::independent, noon).wake_at == noon + 1s));
}

// -- how often ----------------------------------------------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_budget_allows_n_restarts_within_its_window_and_no_more) {
  restart_budget budget({3, 5s});
  BOOST_TEST(budget.spend(noon));
  BOOST_TEST(budget.spend(noon + 1s));
  BOOST_TEST(budget.spend(noon + 2s));
  BOOST_TEST(!budget.spend(noon + 4999ms));
  BOOST_TEST(budget.spend(noon + 5s));
  BOOST_TEST(!budget.spend(noon + 5s));
}

BOOST_AUTO_TEST_CASE(a_budget_of_none_allows_no_restart) {
  BOOST_TEST(!restart_budget({0, 5s}).spend(noon));
}

BOOST_AUTO_TEST_CASE(an_unlimited_budget_always_has_one_more) {
  restart_budget budget({restart_intensity::unlimited, 5s});
  for (int i = 0; i < 10'000; ++i)
    BOOST_REQUIRE(budget.spend(noon));
}

// -- how soon -----------------------------------------------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(delays_are_none_at_first_and_then_grow_to_the_maximum) {
  const std::chrono::nanoseconds ceilings[] = {0s, 1s, 2s, 4s, 8s, 10s, 10s};
  std::vector<std::chrono::nanoseconds> longest(std::size(ceilings), 0ns);
  for (std::uint64_t seed = 0; seed < 500; ++seed) {
    restart_backoff backoff({1s, 10s, 60s});
    rng random(seed);
    for (std::size_t i = 0; i < std::size(ceilings); ++i) {
      longest[i] = std::max(longest[i], backoff.next(59s, random));
      BOOST_TEST(backoff.attempt() == i + 1);
    }
  }
  for (std::size_t i = 0; i < std::size(ceilings); ++i) {
    BOOST_TEST((longest[i] <= ceilings[i]));
    BOOST_TEST((longest[i] >= ceilings[i] * 9 / 10), "delay " << i << " is drawn from its whole range");
  }
}

BOOST_AUTO_TEST_CASE(a_quiet_time_makes_the_next_restart_immediate_again) {
  restart_backoff backoff({1s, 10s, 60s});
  rng random(1);
  for (int i = 0; i < 5; ++i)
    (void)backoff.next(0s, random);
  BOOST_TEST((backoff.next(60s, random) == 0s));
  BOOST_TEST(backoff.attempt() == 1u);
}

BOOST_AUTO_TEST_CASE(delays_do_not_overflow_after_many_restarts) {
  restart_backoff backoff({1s, std::chrono::nanoseconds::max(), 60s});
  rng random(1);
  for (int i = 0; i < 200; ++i)
    BOOST_REQUIRE((backoff.next(0s, random) >= 0ns));
}

// -- how a child is stopped ---------------------------------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_child_is_asked_then_told_then_killed_then_left_behind) {
  shutdown_policy policy{false, 5s, 2s, 1s};
  auto rung = first_rung(policy);
  std::chrono::nanoseconds waited{};
  for (auto expected : {stop_rung::ask, stop_rung::exit, stop_rung::kill, stop_rung::abandon}) {
    BOOST_TEST((rung == expected));
    waited += patience_on(rung, policy);
    rung = rung_after(rung);
  }
  BOOST_TEST((waited == 8s));
}

BOOST_AUTO_TEST_CASE(a_brutal_shutdown_begins_with_the_kill) {
  BOOST_TEST((first_rung({true, 5s, 1s, 1s}) == stop_rung::kill));
}
