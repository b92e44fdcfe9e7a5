#pragma once

#include "runtime/gateway/control_service.hpp"
#include "runtime/serving/routing_table.hpp"

namespace troupe {

/// What the doors of a node open onto.
struct gateway_view {
  const routing_cell& routes;
  const clock& time;
  control_backend control;
};

} // namespace troupe
