#pragma once

#include "runtime/base/clock.hpp"
#include "runtime/gateway/drain_gate.hpp"
#include "runtime/gateway/gateway_options.hpp"
#include "runtime/gateway/kj_loop.hpp"
#include "runtime/policy/request_check.hpp"
#include "runtime/serving/routing_table.hpp"
#include "schemas/inference.capnp.h"

namespace troupe {

/// What a loop's inference doors need. Belongs to the loop's thread.
struct inference_context {
  kj_loop& loop;
  routing_view routes;
  const clock& time;
  const gateway_options& options;
  const drain_gate& drain;
  std::vector<named_view> scratch; ///< reused, so that a request allocates no list
};

/// The Inference capability: decodes a request, routes it and puts it into its pool's queue, all on this thread.
class inference_service final : public schema::Inference::Server {
public:
  explicit inference_service(inference_context& context) : context_(context) {}

protected:
  kj::Promise<void> infer(InferContext call) override;
  kj::Promise<void> metadata(MetadataContext call) override;

private:
  inference_context& context_;
};

} // namespace troupe
