#pragma once

#include "runtime/serving/pool.hpp"

#include <memory>
#include <utility>

namespace troupe {

/// A model that gives its inputs back at once, whatever they are, on whichever thread calls.
class plain_runner final : public batch_runner {
public:
  explicit plain_runner(const std::shared_ptr<pool>& of) : of_(of) {}

  void start(batch work) override {
    for (auto& request : work.requests) {
      auto outputs = request->inputs;
      answer(std::move(request), outputs);
    }
    if (auto of = of_.lock())
      of->release(this);
  }

private:
  std::weak_ptr<pool> of_;
};

} // namespace troupe
