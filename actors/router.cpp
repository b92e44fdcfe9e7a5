#include "actors/router.hpp"

#include <memory>

namespace troupe {

router_actor::behavior_type router_state::publishing(const actor_environment& node) {
  node_ = &node;
  since_ = node.time.now();
  return {
      [this](get_status) { return status(); },
      [](await_ready) { return ready{}; },
      [this](const set_route& ask) { return on_set(ask); },
      [this](const drop_route& ask) { return on_drop(ask); },
  };
}

done router_state::on_set(const set_route& ask) {
  auto table = std::make_shared<routing_table>(*node_->routes.read());
  (*table)[ask.deployment] = ask.where;
  node_->routes.publish(std::move(table));
  return {};
}

done router_state::on_drop(const drop_route& ask) {
  auto table = std::make_shared<routing_table>(*node_->routes.read());
  table->erase(ask.deployment);
  node_->routes.publish(std::move(table));
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
