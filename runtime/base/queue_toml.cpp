#include "runtime/base/queue_toml.hpp"

#include "runtime/base/units.hpp"

#include <algorithm>

namespace troupe {

namespace {

using namespace std::chrono_literals;

/// Refuses each of `keys` that is there.
void refuse_all(toml_section& section, std::initializer_list<std::string_view> keys, const std::string& text) {
  for (auto key : keys)
    if (section.has(key))
      section.refuse(key, text);
}

/// What a level that says nothing of its own does.
void read_level(toml_section& section, queue_level& level) {
  section.duration<std::chrono::microseconds>("default_timeout", level.timeout, 0us, model_queue_timeout_max);
  section.boolean("allow_timeout_override", level.may_override);
  std::string action = level.on_timeout == timeout_action::delay ? "delay" : "reject";
  section.text("timeout_action", action);
  if (action == "delay" || action == "reject")
    level.on_timeout = action == "delay" ? timeout_action::delay : timeout_action::reject;
  else
    section.refuse("timeout_action", "expected \"reject\" or \"delay\", found \"" + action + "\"");
  if (section.has("timeout_action") && level.timeout == 0us && !level.may_override)
    section.refuse("timeout_action",
                   "expected a default_timeout with it, because allow_timeout_override is false: nothing ever times out");
}

/// A delay that outlasts the timeout would let requests time out beside an idle replica.
void check_delay(toml_section& section, const queue_level& level, const batching_spec& batching) {
  if (level.timeout > 0us && batching.max_delay >= level.timeout)
    section.refuse("default_timeout", "expected more than batching.max_delay, which is " + human_duration(batching.max_delay)
                                          + ", found " + human_duration(level.timeout));
}

void read_priority(toml_section& section, const model_spec& spec, const queue_level& fallback, std::vector<queue_level>& levels,
                   std::vector<bool>& seen) {
  std::uint32_t number = 0;
  section.integer("level", number, 1, static_cast<std::uint32_t>(levels.size()));
  queue_level level = fallback;
  section.integer("rows", level.rows_max, std::max(spec.max_batch, 1U), spec.queue_rows_max);
  read_level(section, level);
  check_delay(section, level, spec.batching);
  section.refuse_unknown_keys();
  if (!section.has("level"))
    section.refuse("level", "missing; expected a whole number from 1, the highest, to " + std::to_string(levels.size())
                                + ", the number of [[queue.priority]] sections");
  else if (number > 0 && seen[number - 1])
    section.refuse("level", "expected each level once, found " + std::to_string(number) + " again");
  if (number == 0)
    return;
  seen[number - 1] = true;
  levels[number - 1] = level;
}

bool can_delay(const queue_level& level) {
  return level.on_timeout == timeout_action::delay;
}

/// What would let a request overtake another.
void check_order(toml_section& queue, const model_spec& spec) {
  if (!spec.batching.preserve_order)
    return;
  if (spec.queue_levels.size() > 1)
    queue.refuse("priority", "expected one level at most, because batching.preserve_order is true");
  if (std::any_of(spec.queue_levels.begin(), spec.queue_levels.end(), can_delay))
    queue.refuse("timeout_action", "expected \"reject\", because batching.preserve_order is true");
}

} // namespace

void read_batching(toml_section& batching, model_spec& spec) {
  auto& wish = spec.batching;
  batching.integers("preferred_batch", wish.preferred, 1, std::max(spec.max_batch, 1U), model_preferred_max);
  std::sort(wish.preferred.begin(), wish.preferred.end());
  batching.duration<std::chrono::microseconds>("max_delay", wish.max_delay, 0us, model_delay_max);
  if (spec.max_batch == 0)
    refuse_all(batching, {"preferred_batch", "max_delay"},
               "expected none, because max_batch is 0: each request is a call of its own");
  batching.boolean("preserve_order", wish.preserve_order);
  batching.refuse_unknown_keys();
}

void read_queue(toml_section& queue, model_spec& spec) {
  queue_level common;
  read_level(queue, common);
  check_delay(queue, common, spec.batching);
  refuse_all(queue, {"rows"}, "the size of the whole queue is limits.queue_rows; only [[queue.priority]] has rows of its own");
  auto sections = queue.sections("priority");
  if (sections.size() > model_levels_max) {
    queue.refuse("priority",
                 "expected at most " + std::to_string(model_levels_max) + " levels, found " + std::to_string(sections.size()));
    return;
  }
  std::vector<queue_level> levels(std::max<std::size_t>(sections.size(), 1), common);
  std::vector<bool> seen(levels.size());
  for (auto& section : sections)
    read_priority(section, spec, common, levels, seen);
  spec.queue_levels = std::move(levels);
  spec.default_priority = static_cast<std::uint32_t>(spec.queue_levels.size());
  queue.integer("default_level", spec.default_priority, 1, spec.default_priority);
  check_order(queue, spec);
  queue.refuse_unknown_keys();
}

} // namespace troupe
