#pragma once

#include "runtime/gateway/admission.hpp"
#include "runtime/policy/request_check.hpp"
#include "schemas/inference.capnp.h"

#include <string>
#include <utility>
#include <vector>

namespace troupe {

/// What a loop's Inference capabilities need. Belongs to the loop's thread.
struct inference_context {
  admission& door;
  std::vector<named_view> scratch; ///< reused, so that a request allocates no list
};

/// The Inference capability: decodes a request, routes it and gives it to its target, all on this thread.
class inference_service final : public schema::Inference::Server {
public:
  /// `caller`: whose requests they are, as far as is known.
  inference_service(inference_context& context, std::string caller) : context_(context), caller_(std::move(caller)) {}

protected:
  kj::Promise<void> infer(InferContext call) override;
  kj::Promise<void> metadata(MetadataContext call) override;
  kj::Promise<void> feedback(FeedbackContext call) override;

private:
  inference_context& context_;
  const std::string caller_;
};

} // namespace troupe
