#pragma once

#include "runtime/gateway/admission.hpp"
#include "runtime/gateway/caller.hpp"
#include "runtime/gateway/control_service.hpp"
#include "runtime/gateway/http_body.hpp"
#include "runtime/gateway/http_head.hpp"
#include "runtime/gateway/http_plan.hpp"
#include "runtime/gateway/http_reply.hpp"
#include "runtime/gateway/http_route.hpp"
#include "runtime/gateway/metrics_reader.hpp"

#include <kj/async.h>

#include <optional>
#include <string>
#include <variant>

namespace troupe {

/// Answers requests, whichever connection they came by. Belongs to a loop's thread.
class http_service {
public:
  http_service(const routing_cell& routes, admission& door, control_context& control, metrics_reader& metrics)
    : routes_(routes), door_(door), control_(control), metrics_(metrics) {}

  const gateway_options& options() const { return door_.options(); }
  /// Whether connections are to be closed once they have their answers.
  bool draining() const { return door_.draining(); }

  /// What to do, or the answer to a request that fails whatever its body is.
  std::variant<http_plan, http_reply> plan(const http_head& head, const caller& who);
  /// The answer; `body` is empty unless the plan takes one. Never rejected. Who drops the promise takes the request back if it still waits.
  kj::Promise<http_reply> answer(http_plan plan, http_body body, const caller& who);

private:
  kj::Promise<http_reply> answer_with_body(http_plan plan, http_body body, const caller& who);
  http_reply answer_at_once(const http_route& route);
  /// What `write` makes of what the route leads to.
  http_reply of_model(const http_route& route, std::string (*write)(const spread&));
  http_reply model_ready(const http_route& route);
  http_reply statistics(const http_route& route);
  kj::Promise<http_reply> metrics();

  const routing_cell& routes_;
  admission& door_;
  control_context& control_;
  metrics_reader& metrics_;
};

} // namespace troupe
