#include "runtime/policy/rollout_plan.hpp"

#include <algorithm>

namespace troupe {

namespace {

using planned = result<std::optional<rollout_plan>>;

const std::optional<rollout_plan> nothing;

/// Nothing is changed yet.
rollout_plan from(const rollout_view& view) {
  rollout_plan plan;
  plan.current = view.current;
  plan.target = view.target;
  plan.previous = view.previous;
  plan.last = view.last;
  return plan;
}

const version_brief* find(const rollout_view& view, version_number number) {
  for (const auto& version : view.versions)
    if (version.number == number)
      return &version;
  return nullptr;
}

std::optional<version_state> state_of(const rollout_view& view, version_number number) {
  auto found = find(view, number);
  return found == nullptr ? std::nullopt : std::optional(found->state);
}

/// Whether a rollback could bring it back.
bool can_return(const version_brief& version) {
  return version.served && version.state != version_state::failed;
}

std::string name(version_number number) {
  return "version " + std::to_string(number);
}

bool contains(const std::vector<version_number>& all, version_number number) {
  return std::find(all.begin(), all.end(), number) != all.end();
}

std::string kept_versions(const rollout_view& view) {
  std::string list;
  for (const auto& version : view.versions)
    if (can_return(version) || contains(view.tested, version.number))
      list += (list.empty() ? "" : ", ") + std::to_string(version.number);
  return list.empty() ? "none is kept" : "kept are " + list;
}

/// The target makes its next move.
rollout_plan advance(const rollout_view& view, version_state to, rollout_act act) {
  auto plan = from(view);
  plan.changes.push_back({view.target, to, {}});
  plan.steps.push_back({act, view.target});
  return plan;
}

/// What goes on without anything to store.
rollout_plan only(const rollout_view& view, rollout_act act, version_number version) {
  auto plan = from(view);
  plan.stores = false;
  plan.steps.push_back({act, version});
  return plan;
}

/// Where a rollback goes that names no version: down from the current one, never to one that was itself rolled back.
version_number version_before(const rollout_view& view) {
  if (state_of(view, view.previous) == version_state::superseded)
    return view.previous;
  version_number best = 0;
  for (const auto& version : view.versions)
    if (version.state == version_state::superseded && (version.number < view.current || view.current == 0))
      best = std::max(best, version.number);
  return best;
}

/// The target is loaded, and with it what is tested beside it.
void start_target(const rollout_view& view, rollout_plan& plan) {
  plan.steps.push_back({rollout_act::start_pool, view.target});
  for (auto number : view.tested)
    plan.steps.push_back({rollout_act::start_pool, number});
}

/// A version that nobody goes back to is stopped, unless it is tested.
void stop_previous(const rollout_view& view, rollout_plan& plan) {
  if (view.target == 0 || !contains(view.tested, view.previous))
    plan.steps.push_back({rollout_act::stop_pool, view.previous});
}

/// With the target what was tested beside it ends, unless it is needed otherwise.
void stop_tested(const rollout_view& view, rollout_plan& plan) {
  if (plan.target == view.target)
    return;
  for (auto number : view.tested)
    if (number != plan.current && number != plan.previous && number != plan.target)
      plan.steps.push_back({rollout_act::stop_pool, number});
}

void erase_surplus(const rollout_view& view, rollout_plan& plan) {
  auto after = view;
  after.current = plan.current;
  after.target = plan.target;
  after.previous = plan.previous;
  for (auto& version : after.versions)
    for (const auto& change : plan.changes)
      if (change.number == version.number)
        version.state = change.state;
  plan.erased = versions_to_erase(after);
  for (const auto& change : plan.changes) // whose end is stored first; the next occasion takes it
    plan.erased.erase(std::remove(plan.erased.begin(), plan.erased.end(), change.number), plan.erased.end());
  if (!plan.erased.empty())
    plan.steps.push_back({rollout_act::collect, 0});
}

/// `number` answers requests from now on; who did so before stays resident.
void make_live(const rollout_view& view, version_number number, rollout_plan& plan) {
  plan.changes.push_back({number, version_state::live, {}});
  plan.current = number;
  if (view.target == number)
    plan.target = 0;
  if (view.current == 0 || view.current == number)
    return;
  bool has_won = contains(view.tested, number);
  if (view.current < number || has_won)
    plan.changes.push_back({view.current, version_state::superseded, has_won ? name(number) + " was better, or was chosen" : ""});
  else
    plan.changes.push_back({view.current, version_state::rolled_back, name(number) + " was brought back"});
  if (view.previous != 0 && view.previous != number)
    plan.steps.push_back({rollout_act::stop_pool, view.previous});
  plan.previous = view.current;
  plan.steps.push_back({rollout_act::begin_bake, plan.previous});
}

/// Ends the way up of the target. One that comes back by a rollback is what it was.
void give_up_target(const rollout_view& view, const std::string& reason, rollout_plan& plan) {
  auto target = find(view, view.target);
  bool served = target != nullptr && target->served;
  auto outcome = !served && !view.divided               ? version_state::failed
                 : served && view.target < view.current ? version_state::superseded
                                                        : version_state::rolled_back;
  plan.changes.push_back({view.target, outcome, reason});
  if (target != nullptr && target->state == version_state::rolling_out) // requests may go to it already
    plan.steps.push_back({view.current == 0 ? rollout_act::drop_route : rollout_act::switch_route, view.current});
  plan.steps.push_back({rollout_act::stop_pool, view.target});
  plan.target = 0;
}

planned on_deployed(const rollout_view& view) {
  if (view.target != 0) {
    auto state = state_of(view, view.target).value_or(version_state::validating);
    return error{error_code::failed_precondition, name(view.target) + " is on its way up (" + std::string(to_string(state))
                                                      + "); wait for it, or end it with `troupe rollback`, then deploy again"};
  }
  auto plan = from(view);
  plan.target = ++plan.last;
  plan.changes.push_back({plan.target, version_state::validating, {}});
  plan.steps.push_back({rollout_act::validate, plan.target});
  return std::optional(plan);
}

result<void> check_return_to(const rollout_view& view, version_number to) {
  auto found = find(view, to);
  if (found == nullptr)
    return error{error_code::not_found,
                 (to <= view.last ? name(to) + " was collected; " : "there is no " + name(to) + "; ") + kept_versions(view)};
  if (!can_return(*found) && !contains(view.tested, to))
    return error{error_code::failed_precondition, name(to) + " can't be gone back to: it "
                                                      + (found->served ? "failed" : "never was live") + "; "
                                                      + kept_versions(view)};
  return {};
}

planned on_undone(const rollout_view& view, version_number asked, const std::string& reason) {
  auto plan = from(view);
  if (view.target != 0 && asked != view.target)
    give_up_target(view, reason.empty() ? "ended by a rollback before it was live" : reason, plan);
  bool ends_rollout = view.target != 0;
  if (ends_rollout && (asked == 0 || asked == view.current)) {
    erase_surplus(view, plan);
    return std::optional(plan);
  }
  auto to = asked != 0 ? asked : version_before(view);
  if (to == 0)
    return error{error_code::failed_precondition,
                 "there is no version before the live one; " + kept_versions(view) + "; name one with `--to`"};
  if (to == view.target)
    return error{error_code::failed_precondition,
                 name(to) + " is on its way up; wait for it, or give it all requests with `troupe rollout NAME promote`"};
  if (to == view.current)
    return error{error_code::failed_precondition, name(to) + " is the one that answers now"};
  if (auto possible = check_return_to(view, to); !possible)
    return possible.failure();
  if ((to == view.previous && view.previous_ready) || contains(view.tested_ready, to)) {
    auto is_switch = [](const rollout_step& step) { return step.act == rollout_act::switch_route; };
    plan.steps.erase(std::remove_if(plan.steps.begin(), plan.steps.end(), is_switch), plan.steps.end()); // of the target's end
    make_live(view, to, plan);
    plan.steps.insert(plan.steps.begin(), {rollout_act::switch_route, to});
    return std::optional(plan);
  }
  plan.target = to;
  plan.changes.push_back({to, version_state::preparing, {}});
  if (to == view.previous)
    plan.previous = 0; // its pool is there, or on its way
  plan.steps.push_back({rollout_act::start_pool, to});
  return std::optional(plan);
}

planned on_resumed(const rollout_view& view) {
  auto plan = from(view);
  plan.stores = false;
  for (auto number : {view.current, view.previous})
    if (number != 0)
      plan.steps.push_back({rollout_act::start_pool, number});
  if (view.previous != 0)
    plan.steps.push_back({rollout_act::begin_bake, view.previous});
  auto state = state_of(view, view.target);
  if (!state)
    return std::optional(plan);
  if (*state == version_state::validating) {
    plan.steps.push_back({rollout_act::validate, view.target});
    return std::optional(plan);
  }
  if (*state != version_state::preparing) {
    plan.stores = true;
    plan.changes.push_back({view.target, version_state::preparing, {}});
  }
  start_target(view, plan);
  return std::optional(plan);
}

planned on_broken(const rollout_view& view, const rollout_event& event) {
  if (event.version == 0)
    return nothing;
  auto plan = from(view);
  if (event.version == view.target) {
    give_up_target(view, event.reason, plan);
    erase_surplus(view, plan);
    return std::optional(plan);
  }
  if (event.version == view.previous) {
    plan.previous = 0;
    plan.steps.push_back({rollout_act::stop_pool, event.version});
    return std::optional(plan);
  }
  if (event.version != view.current)
    return nothing;
  plan.changes.push_back({event.version, version_state::failed, event.reason});
  plan.current = view.previous; // it is up, or about to be
  plan.previous = 0;
  if (plan.current == 0) {
    plan.steps.push_back({rollout_act::drop_route, event.version});
  } else {
    plan.changes.push_back({plan.current, version_state::live, {}});
    plan.steps.push_back({rollout_act::switch_route, plan.current});
  }
  plan.steps.push_back({rollout_act::stop_pool, event.version});
  return std::optional(plan);
}

planned on_routed(const rollout_view& view) {
  auto plan = from(view);
  make_live(view, view.target, plan);
  erase_surplus(view, plan);
  return std::optional(plan);
}

planned on_bake_over(const rollout_view& view) {
  if (view.previous == 0)
    return nothing;
  auto plan = from(view);
  plan.previous = 0;
  stop_previous(view, plan);
  erase_surplus(view, plan);
  return std::optional(plan);
}

/// How a target that is ready gets its requests.
rollout_act takes_over(const rollout_view& view) {
  return view.staged ? rollout_act::begin_course : rollout_act::switch_route;
}

/// News of how far the target has come.
planned on_progress(const rollout_view& view, rollout_news what) {
  using state = version_state;
  auto now = state_of(view, view.target).value_or(state::failed);
  if (what == rollout_news::validated && now == state::validating) {
    auto plan = from(view);
    plan.changes.push_back({view.target, state::preparing, {}});
    start_target(view, plan);
    return std::optional(plan);
  }
  if (what == rollout_news::loaded && now == state::preparing)
    return std::optional(advance(view, state::starting, rollout_act::fork));
  if (what == rollout_news::started && now == state::starting) {
    auto plan = from(view);
    plan.changes.push_back({view.target, state::verifying, {}});
    return std::optional(plan);
  }
  // From preparing: its pool was resident and has been up all along.
  if (what == rollout_news::verified && (now == state::preparing || now == state::starting || now == state::verifying))
    return std::optional(advance(view, state::rolling_out, takes_over(view)));
  if (what == rollout_news::promoted && now == state::rolling_out)
    return std::optional(only(view, rollout_act::switch_route, view.target));
  if (what == rollout_news::routed && now == state::rolling_out)
    return on_routed(view);
  if (what == rollout_news::loaded && now != state::validating && is_rolling(now))
    return std::optional(only(view, rollout_act::fork, view.target)); // its pool died and came back
  if (what == rollout_news::verified && now == state::rolling_out)
    return std::optional(only(view, takes_over(view), view.target));
  return nothing;
}

/// News of a version that is, or was, live, or is tested beside the target.
planned on_news_of_served(const rollout_view& view, const rollout_event& event) {
  bool wanted = event.version == view.current || event.version == view.previous || contains(view.tested, event.version);
  if (event.what == rollout_news::loaded && wanted)
    return std::optional(only(view, rollout_act::fork, event.version));
  // While requests are being switched away from it they must not be switched back.
  bool leaves = state_of(view, view.target) == version_state::rolling_out && (!view.staged || view.promoted);
  if (event.what == rollout_news::verified && event.version == view.current && !leaves)
    return std::optional(only(view, rollout_act::switch_route, event.version));
  return nothing;
}

/// But for what is tested beside the target.
planned plan_for(const rollout_view& view, const rollout_event& event) {
  switch (event.what) {
  case rollout_news::deployed: return on_deployed(view);
  case rollout_news::undone: return on_undone(view, event.version, event.reason);
  case rollout_news::resumed: return on_resumed(view);
  case rollout_news::broken: return on_broken(view, event);
  case rollout_news::bake_is_over: return on_bake_over(view);
  case rollout_news::validated:
  case rollout_news::loaded:
  case rollout_news::started:
  case rollout_news::verified:
  case rollout_news::promoted:
  case rollout_news::routed: break;
  }
  if (event.version == 0)
    return nothing;
  return event.version == view.target ? on_progress(view, event.what) : on_news_of_served(view, event);
}

} // namespace

result<std::optional<rollout_plan>> plan_rollout(const rollout_view& view, const rollout_event& event) {
  auto plan = plan_for(view, event);
  if (plan && plan->has_value())
    stop_tested(view, **plan);
  return plan;
}

std::vector<version_number> versions_to_erase(const rollout_view& view) {
  std::vector<version_number> erased;
  std::uint32_t live_kept = view.current == 0 ? 0 : 1;
  std::uint32_t failed_kept = 0;
  auto before = version_before(view);
  for (auto version = view.versions.rbegin(); version != view.versions.rend(); ++version) {
    auto number = version->number;
    if (number == view.current || number == view.target || (view.target != 0 && contains(view.tested, number)))
      continue;
    auto& kept = can_return(*version) ? live_kept : failed_kept;
    if (number == view.previous || number == before || kept < view.keep)
      ++kept;
    else
      erased.push_back(number);
  }
  std::reverse(erased.begin(), erased.end());
  return erased;
}

} // namespace troupe
