#pragma once

#include "runtime/gateway/control_service.hpp"
#include "runtime/gateway/metrics_reader.hpp"
#include "runtime/serving/routing_table.hpp"

namespace troupe {

/// What the doors of a node open onto.
struct gateway_view {
  const routing_cell& routes;
  const clock& time;
  control_backend control;
  metrics_reader& metrics;
};

} // namespace troupe
