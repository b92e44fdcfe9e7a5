#include "actors/child_slot.hpp"

#include <caf/event_based_actor.hpp>

#include <algorithm>
#include <exception>

namespace troupe {

namespace {

const char* state_of(const child_slot& slot) {
  switch (slot.phase) {
  case child_phase::down: return slot.goal == child_goal::up ? "waiting" : "finished";
  default: return "silent";
  }
}

supervised_actor stillborn(caf::local_actor& parent, const caf::error& reason) {
  return caf::actor_cast<supervised_actor>(parent.spawn([reason](caf::event_based_actor* self) { self->quit(reason); }));
}

bool is_gone(const child_slot& slot) {
  return slot.phase == child_phase::down && slot.goal == child_goal::gone;
}

void tell_those_who_wait(child_slot& slot) {
  for (auto& promise : slot.awaiting_up)
    promise.deliver(make_error(error_code::unavailable, "'" + slot.spec.id + "' was stopped"));
  for (auto& promise : slot.awaiting_down)
    promise.deliver(child_down{slot.spec.id, slot.last_reason});
}

} // namespace

void child_slot::condemn() {
  if (phase == child_phase::starting || phase == child_phase::up)
    phase = child_phase::condemned;
}

void child_slot::remember(std::string cause) {
  history.push_back(std::move(cause));
  if (history.size() > history_max)
    history.pop_front();
}

void child_slot::make_actor(caf::local_actor& parent) {
  auto why = make_error(error_code::internal, "the start of '" + spec.id + "' made no actor");
  try {
    handle = spec.start(parent);
  } catch (const std::exception& e) {
    why = make_error(error_code::internal, e.what());
  }
  if (!handle)
    handle = stillborn(parent, why);
}

actor_status child_slot::status() const {
  actor_status line;
  line.name = spec.id;
  line.kind = spec.kind;
  line.state = state_of(*this);
  line.since = since;
  line.restarts = restarts;
  for (const auto& cause : history)
    line.detail += (line.detail.empty() ? "restarted after: " : ", ") + cause;
  return line;
}

void child_list::forget_gone() {
  for (auto& slot : slots_)
    if (is_gone(slot))
      tell_those_who_wait(slot);
  slots_.erase(std::remove_if(slots_.begin(), slots_.end(), is_gone), slots_.end());
}

child_slot* child_list::find(const std::string& id) {
  auto found = std::find_if(slots_.begin(), slots_.end(), [&](const child_slot& slot) { return slot.spec.id == id; });
  return found == slots_.end() ? nullptr : &*found;
}

child_slot* child_list::find(const caf::actor_addr& address) {
  auto found = std::find_if(slots_.begin(), slots_.end(),
                            [&](const child_slot& slot) { return slot.handle && slot.handle.address() == address; });
  return found == slots_.end() ? nullptr : &*found;
}

std::vector<child_view> child_list::view() const {
  std::vector<child_view> views;
  views.reserve(slots_.size());
  for (const auto& slot : slots_)
    views.push_back(slot.view());
  return views;
}

bool child_list::all_up() const {
  return std::all_of(slots_.begin(), slots_.end(),
                     [](const child_slot& slot) { return slot.goal != child_goal::up || slot.phase == child_phase::up; });
}

std::optional<steady_time> child_list::next_rung() const {
  std::optional<steady_time> next;
  for (const auto& slot : slots_)
    if (slot.phase == child_phase::stopping && (!next || slot.rung_ends < *next))
      next = slot.rung_ends;
  return next;
}

actor_status merge_status(actor_status own, const actor_status& line) {
  own.name = line.name;
  own.kind = line.kind;
  own.since = line.since;
  own.restarts = line.restarts;
  if (!line.detail.empty())
    own.detail += (own.detail.empty() ? "" : "; ") + line.detail;
  return own;
}

} // namespace troupe
