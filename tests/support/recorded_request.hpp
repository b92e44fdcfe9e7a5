#pragma once

#include "runtime/serving/request.hpp"

#include <atomic>
#include <chrono>
#include <cstring>
#include <functional>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

namespace troupe {

/// Waits until `holds`; false once `limit` is over.
template <class Condition>
bool eventually(const Condition& holds, std::chrono::milliseconds limit = std::chrono::seconds(10)) {
  auto deadline = std::chrono::steady_clock::now() + limit;
  while (!holds()) {
    if (std::chrono::steady_clock::now() > deadline)
      return false;
    std::this_thread::yield();
  }
  return true;
}

/// What became of a request. Read the rest once `times` isn't 0.
struct outcome {
  std::vector<float> values; ///< of the first output
  std::optional<error> failure;
  std::atomic<int> times{0}; ///< how often it was answered

  bool wait(std::chrono::milliseconds limit = std::chrono::seconds(10)) const {
    return eventually([this] { return times.load() > 0; }, limit);
  }
};

/// A request for models that take one FP32 tensor [rows, columns], which remembers its answer.
class recorded_request final : public inference_request {
public:
  recorded_request(event_loop& answer_on, std::vector<float> given, std::uint32_t row_count, std::shared_ptr<outcome> result)
    : values_(std::move(given)), result_(std::move(result)) {
    tensor_view view;
    view.rank = 2;
    view.dims[0] = row_count;
    view.dims[1] = static_cast<std::int64_t>(values_.size()) / row_count;
    view.data = reinterpret_cast<const std::byte*>(values_.data());
    view.size = values_.size() * sizeof(float);
    inputs.push_back(view);
    rows = row_count;
    loop = &answer_on;
    arrived = std::chrono::steady_clock::now();
    deadline = arrived + std::chrono::minutes(1);
  }

  /// Called first thing in `on_outputs`.
  std::function<void()> before_outputs;

  void on_outputs(const std::vector<tensor_view>& outputs) override {
    if (before_outputs)
      before_outputs();
    result_->values.resize(outputs[0].size / sizeof(float));
    std::memcpy(result_->values.data(), outputs[0].data, outputs[0].size);
    ++result_->times;
  }
  void on_error(const error& failure) override {
    result_->failure = failure;
    ++result_->times;
  }

private:
  std::vector<float> values_;
  std::shared_ptr<outcome> result_;
};

} // namespace troupe
