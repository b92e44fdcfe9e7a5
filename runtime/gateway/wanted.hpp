#pragma once

#include "runtime/serving/request.hpp"

#include <kj/async.h>

#include <atomic>
#include <memory>

namespace troupe {

/// The request is abandoned as soon as nobody waits for the promise any more, whoever has it then.
template <class T>
kj::Promise<T> wanted_as_long_as(kj::Promise<T> answered, inference_request& request) {
  auto abandoned = std::make_shared<std::atomic<bool>>(false);
  request.abandoned = abandoned;
  return answered.attach(kj::defer([abandoned] { abandoned->store(true, std::memory_order_relaxed); }));
}

} // namespace troupe
