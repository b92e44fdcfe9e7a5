#pragma once

#include "runtime/base/clock.hpp"
#include "runtime/gateway/drain_gate.hpp"
#include "runtime/gateway/gateway_options.hpp"
#include "runtime/gateway/kj_loop.hpp"
#include "runtime/serving/routing_table.hpp"

#include <chrono>
#include <memory>
#include <optional>
#include <string_view>

namespace troupe {

/// What every door of a loop does with a request: finds its target before it is decoded, and gives it to it once it is checked.
/// Belongs to the loop's thread.
class admission {
public:
  admission(kj_loop& loop, const routing_cell& routes, const clock& time, const gateway_options& options, const drain_gate& drain)
    : loop_(loop), routes_(routes), time_(time), options_(options), drain_(drain) {}

  const gateway_options& options() const { return options_; }
  bool draining() const { return drain_.closed(); }
  /// Why every request is refused now, whatever it asks for; nothing: the node is ready.
  std::optional<error> closed() const;

  /// What serves a deployment, in that version (0: any), or why there is none.
  result<std::shared_ptr<spread>> find_target(std::string_view deployment, version_number version);
  /// The same for a request, which a node that is shutting down refuses.
  result<std::shared_ptr<spread>> find_target_of_request(std::string_view deployment, version_number version);

  /// Takes a request whose inputs and rows are the target's. It may run for `patience`; 0: the node's default. From now on it is answered,
  /// whatever happens.
  void submit(const std::shared_ptr<spread>& target, request_ptr next, std::chrono::microseconds patience);

private:
  kj_loop& loop_;
  routing_view routes_;
  const clock& time_;
  const gateway_options& options_;
  const drain_gate& drain_;
};

} // namespace troupe
