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
bool eventually(const Condition& holds, std::chrono::milliseconds limit = std::chrono::seconds(30)) {
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
  std::vector<float> values;    ///< of the first output
  std::vector<std::byte> bytes; ///< of the first output
  std::optional<error> failure;
  std::atomic<int> times{0}; ///< how often it was answered

  bool wait(std::chrono::milliseconds limit = std::chrono::seconds(30)) const {
    return eventually([this] { return times.load() > 0; }, limit);
  }
};

/// A request for models that take one FP32 tensor [rows, columns], which remembers its answer.
class recorded_request final : public inference_request {
public:
  recorded_request(event_loop& answer_on, std::vector<float> given, std::uint32_t row_count, std::shared_ptr<outcome> result)
    : values_(std::move(given)), result_(std::move(result)) {
    shape dims = {row_count, static_cast<std::int64_t>(values_.size()) / row_count};
    inputs.push_back(
        make_view(datatype::fp32, dims, reinterpret_cast<const std::byte*>(values_.data()), values_.size() * sizeof(float)));
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
    const auto& first = outputs[0];
    result_->bytes.assign(first.data, first.data + first.size);
    result_->values.resize(first.size / sizeof(float));
    if (!result_->values.empty())
      std::memcpy(result_->values.data(), first.data, result_->values.size() * sizeof(float));
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
