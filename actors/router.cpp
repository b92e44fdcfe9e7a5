#include "actors/router.hpp"

namespace troupe {

router_actor::behavior_type router_state::publishing(const actor_environment& node) {
  node_ = &node;
  since_ = node.time.now();
  return {
      [this](get_status) { return status(); },
      [](await_ready) { return ready{}; },
      [this](const set_routes& ask) { return on_set(ask); },
  };
}

done router_state::on_set(const set_routes& ask) {
  node_->routes.publish(ask.table);
  return {};
}

actor_status router_state::status() const {
  actor_status own;
  own.kind = "router";
  own.state = "publishing";
  own.since = since_;
  own.detail = std::to_string(node_->routes.read()->size()) + " routes";
  return own;
}

router_actor::behavior_type router(router_state::self_pointer self, const actor_environment& node) {
  return self->state.publishing(node);
}

} // namespace troupe
