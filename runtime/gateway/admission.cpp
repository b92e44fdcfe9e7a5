#include "runtime/gateway/admission.hpp"

#include "runtime/policy/queue_policy.hpp"
#include "runtime/policy/request_check.hpp"

#include <algorithm>

namespace troupe {

namespace {

error no_route(std::string_view deployment) {
  return {error_code::not_found, "no deployment '" + quotable(deployment)
                                     + "' serves requests here; `troupe status` lists what there is, and why it doesn't serve"};
}

error not_told_yet() {
  return {error_code::unavailable,
          "this node has not heard yet what the cluster serves; send the request to another node, or again in a moment"};
}

} // namespace

std::optional<error> admission::closed() const {
  if (draining())
    return drain_gate::refusal();
  return routes_.published() ? std::nullopt : std::optional(not_told_yet());
}

result<std::shared_ptr<spread>> admission::find_target(std::string_view deployment, version_number version) {
  auto route = routes_.find(deployment);
  if (route == nullptr)
    return routes_.published() ? no_route(deployment) : not_told_yet();
  if (route->target == nullptr)
    return route->why_not;
  if (version != 0 && version != route->version.number)
    return error{error_code::not_found, "deployment '" + route->version.deployment + "' serves version "
                                            + std::to_string(route->version.number) + ", not " + std::to_string(version)};
  return route->target;
}

result<std::shared_ptr<spread>> admission::find_target_of_request(std::string_view deployment, version_number version) {
  if (draining())
    return drain_gate::refusal();
  return find_target(deployment, version);
}

void admission::submit(const std::shared_ptr<spread>& target, request_ptr next, std::chrono::microseconds patience) {
  next->arrived = time_.now();
  auto given = patience.count() == 0 ? options_.default_deadline : std::min(patience, options_.deadline_max);
  next->deadline = next->arrived + without_travel(given);
  next->timeout = without_travel(next->timeout);
  next->loop = &loop_;
  target->submit(std::move(next));
  loop_.dispatch_later(target);
}

} // namespace troupe
