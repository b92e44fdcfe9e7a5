#pragma once

#include <array>
#include <cstdint>

namespace troupe {

class inference_request;

/// SHA-256 over the datatypes, shapes and bytes of a request's inputs.
using input_digest = std::array<std::uint8_t, 32>;

/// Reads every byte of the request: call it without holding a lock.
input_digest digest_of(const inference_request& request);

} // namespace troupe
