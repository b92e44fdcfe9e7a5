#include "actors/child_slot.hpp"

namespace troupe {

namespace {

const char* state_of(const child_slot& slot) {
  switch (slot.phase) {
  case child_phase::down: return slot.goal == child_goal::up ? "waiting" : "finished";
  default: return "silent";
  }
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
