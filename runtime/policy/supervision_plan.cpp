#include "runtime/policy/supervision_plan.hpp"

namespace troupe {

namespace {

bool alive(const child_view& child) {
  return child.phase != child_phase::down;
}

bool is_leaving(const child_view& child) {
  return child.phase == child_phase::condemned || child.phase == child_phase::stopping;
}

bool waits_to_start(const child_view& child) {
  return child.phase == child_phase::down && child.goal == child_goal::up;
}

bool is_restarted(restart_type restart, bool abnormal) {
  return restart == restart_type::permanent || (restart == restart_type::transient && abnormal);
}

bool is_restarted_with(restart_strategy strategy, std::size_t dead, std::size_t other) {
  switch (strategy) {
  case restart_strategy::one_for_one: return other == dead;
  case restart_strategy::rest_for_one: return other >= dead;
  case restart_strategy::one_for_all: return true;
  }
  return false;
}

void offer_start(due_steps& steps, const child_view& child, std::size_t index, steady_time now) {
  if (child.not_before <= now)
    steps.start.push_back(index);
  else if (!steps.wake_at || child.not_before < *steps.wake_at)
    steps.wake_at = child.not_before;
}

due_steps steps_apart(const std::vector<child_view>& children, steady_time now) {
  due_steps steps;
  for (std::size_t i = 0; i < children.size(); ++i) {
    if (children[i].phase == child_phase::condemned)
      steps.stop.push_back(i);
    else if (waits_to_start(children[i]))
      offer_start(steps, children[i], i, now);
  }
  return steps;
}

due_steps steps_in_turn(const std::vector<child_view>& children, steady_time now) {
  due_steps steps;
  for (std::size_t i = children.size(); i-- > 0;) {
    if (!is_leaving(children[i]))
      continue;
    if (children[i].phase == child_phase::condemned)
      steps.stop.push_back(i);
    return steps;
  }
  for (std::size_t i = 0; i < children.size(); ++i) {
    if (children[i].phase == child_phase::starting)
      return steps;
    if (!waits_to_start(children[i]))
      continue;
    offer_start(steps, children[i], i, now);
    return steps;
  }
  return steps;
}

} // namespace

exit_plan plan_exit(restart_strategy strategy, const std::vector<child_view>& children, std::size_t index, bool abnormal) {
  exit_plan plan;
  plan.restart = is_restarted(children[index].restart, abnormal);
  if (!plan.restart) {
    if (children[index].restart == restart_type::temporary)
      plan.forget.push_back(index);
    return plan;
  }
  for (std::size_t i = 0; i < children.size(); ++i) {
    if (!is_restarted_with(strategy, index, i) || children[i].goal == child_goal::gone)
      continue;
    if (i != index && alive(children[i]))
      plan.stop.insert(plan.stop.begin(), i);
    (children[i].restart == restart_type::temporary ? plan.forget : plan.start).push_back(i);
  }
  return plan;
}

due_steps plan_steps(const std::vector<child_view>& children, step_order order, steady_time now) {
  return order == step_order::in_turn ? steps_in_turn(children, now) : steps_apart(children, now);
}

} // namespace troupe
