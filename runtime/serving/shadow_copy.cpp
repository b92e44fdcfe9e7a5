#include "runtime/serving/shadow_copy.hpp"

#include "runtime/serving/kept_tensors.hpp"

#include <optional>
#include <utility>

namespace troupe {

namespace {

/// Both answers to one request, of which the first waits for the second. One loop's.
class answer_pair {
public:
  explicit answer_pair(std::shared_ptr<answer_watch> watch) : watch_(std::move(watch)) {}

  void on_live(const inference_request& of, const std::vector<tensor_view>& outputs) {
    watch_->note(incumbent_arm, of, outputs);
    if (copy_)
      watch_->compare(outputs, copy_->views());
    else if (!lost_)
      live_.emplace(outputs);
  }
  void on_copy(const inference_request& of, const std::vector<tensor_view>& outputs) {
    watch_->note(candidate_arm, of, outputs);
    if (live_)
      watch_->compare(live_->views(), outputs);
    else if (!lost_)
      copy_.emplace(outputs);
  }
  /// One of both failed: there is nothing to be compared.
  void lose(split_arm arm, const inference_request& of, error_code why) {
    watch_->note_failure(arm, of, why);
    lost_ = true;
    live_.reset();
    copy_.reset();
  }

private:
  const std::shared_ptr<answer_watch> watch_;
  std::optional<kept_tensors> live_;
  std::optional<kept_tensors> copy_;
  bool lost_ = false;
};

class live_half final : public answer_observer {
public:
  explicit live_half(std::shared_ptr<answer_pair> pair) : pair_(std::move(pair)) {}
  void on_outputs(const inference_request& of, const std::vector<tensor_view>& outputs) override { pair_->on_live(of, outputs); }
  void on_error(const inference_request& of, error_code why) override { pair_->lose(incumbent_arm, of, why); }

private:
  const std::shared_ptr<answer_pair> pair_;
};

class copied_request final : public inference_request {
public:
  copied_request(const inference_request& live, std::shared_ptr<answer_watch> watch, std::shared_ptr<answer_pair> pair)
    : kept_(live.inputs), watch_(std::move(watch)), pair_(std::move(pair)) {
    inputs = kept_.views();
    rows = live.rows;
    is_copy = true;
    arrived = live.arrived;
    deadline = live.deadline;
    loop = live.loop;
  }
  ~copied_request() override { watch_->end_copy(bytes_of(kept_.views())); }

  void on_outputs(const std::vector<tensor_view>& outputs) override { pair_->on_copy(*this, outputs); }
  void on_error(const error& why) override { pair_->lose(candidate_arm, *this, why.code); }

private:
  const kept_tensors kept_;
  const std::shared_ptr<answer_watch> watch_;
  const std::shared_ptr<answer_pair> pair_;
};

} // namespace

request_ptr shadow_copy(inference_request& live, const std::shared_ptr<answer_watch>& watch, std::uint32_t most) {
  if (!watch->begin_copy(most, bytes_of(live.inputs)))
    return nullptr;
  auto pair = std::make_shared<answer_pair>(watch);
  live.observer = std::make_shared<live_half>(pair);
  return std::make_unique<copied_request>(live, watch, std::move(pair));
}

} // namespace troupe
