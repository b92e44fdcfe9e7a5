#include "runtime/serving/request.hpp"

#include "runtime/base/units.hpp"
#include "runtime/policy/blame.hpp"
#include "runtime/serving/traffic_split.hpp"

#include <cstring>

namespace troupe {

namespace {

/// Outputs on their way to another thread, with the bytes that they point to.
struct carried_outputs {
  std::vector<tensor_view> views;
  std::unique_ptr<std::byte[]> bytes;
};

carried_outputs copy_of(const std::vector<tensor_view>& outputs) {
  std::uint64_t total = 0;
  for (const auto& output : outputs)
    total += output.size;
  carried_outputs copy{outputs, std::unique_ptr<std::byte[]>(new std::byte[total])};
  auto next = copy.bytes.get();
  for (auto& output : copy.views) {
    if (output.size > 0)
      std::memcpy(next, output.data, output.size);
    output.data = next;
    next += output.size;
  }
  return copy;
}

} // namespace

void answer(request_ptr request, const std::vector<tensor_view>& outputs) {
  if (request->judged_by != nullptr)
    request->judged_by->note(false);
  auto loop = request->loop;
  if (loop == nullptr || loop->is_current()) {
    request->on_outputs(outputs);
    return;
  }
  // std::function wants a copyable target, so ownership travels in shared pointers; moved, so that the last one dies on the loop.
  auto carried = std::make_shared<carried_outputs>(copy_of(outputs));
  auto shared = std::shared_ptr<inference_request>(std::move(request));
  loop->post([shared = std::move(shared), carried = std::move(carried)] { shared->on_outputs(carried->views); });
}

void refuse(request_ptr request, error failure) {
  if (request->judged_by != nullptr && speaks_against_version(failure.code))
    request->judged_by->note(true);
  auto loop = request->loop;
  if (loop == nullptr || loop->is_current()) {
    request->on_error(failure);
    return;
  }
  auto shared = std::shared_ptr<inference_request>(std::move(request));
  loop->post([shared = std::move(shared), failure = std::move(failure)] { shared->on_error(failure); });
}

error lost_in_trial(const std::string& reason, std::chrono::milliseconds batch_timeout) {
  if (reason == "batch_timeout")
    return {error_code::model_failed, "ran past limits.batch_timeout (" + human_duration(batch_timeout) + ")"};
  return {error_code::unavailable, "its host died (" + reason + ")"};
}

} // namespace troupe
