#include "runtime/serving/request.hpp"

#include "runtime/base/units.hpp"
#include "runtime/policy/blame.hpp"
#include "runtime/serving/kept_tensors.hpp"
#include "runtime/serving/traffic_split.hpp"

#include <algorithm>

namespace troupe {

namespace {

void give_outputs(inference_request& request, const std::vector<tensor_view>& outputs) {
  request.on_outputs(outputs);
  if (request.observer != nullptr)
    request.observer->on_outputs(request, outputs);
}

void give_error(inference_request& request, const error& failure) {
  request.on_error(failure);
  if (request.observer != nullptr)
    request.observer->on_error(request, failure.code);
}

} // namespace

void answer(request_ptr request, const std::vector<tensor_view>& outputs) {
  if (request->judged_by != nullptr)
    request->judged_by->note(false);
  auto loop = request->loop;
  if (loop == nullptr || loop->is_current()) {
    give_outputs(*request, outputs);
    return;
  }
  // std::function wants a copyable target, so ownership travels in shared pointers; moved, so that the last one dies on the loop.
  auto carried = std::make_shared<const kept_tensors>(outputs);
  auto shared = std::shared_ptr<inference_request>(std::move(request));
  loop->post([shared = std::move(shared), carried = std::move(carried)] { give_outputs(*shared, carried->views()); });
}

void refuse(request_ptr request, error failure) {
  if (request->judged_by != nullptr && speaks_against_version(failure.code))
    request->judged_by->note(true);
  auto loop = request->loop;
  if (loop == nullptr || loop->is_current()) {
    give_error(*request, failure);
    return;
  }
  auto shared = std::shared_ptr<inference_request>(std::move(request));
  loop->post([shared = std::move(shared), failure = std::move(failure)] { give_error(*shared, failure); });
}

error abandoned_by_client() {
  return {error_code::cancelled, "the client has gone"};
}

bool has_only_copies(const batch& work) {
  return std::all_of(work.requests.begin(), work.requests.end(), [](const auto& each) { return each->is_copy; });
}

error lost_in_trial(const std::string& reason, std::chrono::milliseconds batch_timeout) {
  if (reason == "batch_timeout")
    return {error_code::model_failed, "ran past limits.batch_timeout (" + human_duration(batch_timeout) + ")"};
  return {error_code::unavailable, "its host died (" + reason + ")"};
}

} // namespace troupe
