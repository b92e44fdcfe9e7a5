#include "runtime/serving/answer_watch.hpp"

#include "runtime/base/hashes.hpp"
#include "runtime/policy/answer_check.hpp"
#include "runtime/policy/blame.hpp"

#include <algorithm>
#include <optional>
#include <string>

namespace troupe {

namespace {

std::optional<std::size_t> index_of(const model_spec& spec, const std::string& output) {
  for (std::size_t i = 0; i < spec.outputs.size(); ++i)
    if (spec.outputs[i].name == output)
      return i;
  return std::nullopt;
}

std::vector<std::size_t> looked_at(const check_spec& check, const model_spec& spec) {
  std::vector<std::size_t> outputs;
  for (std::size_t i = 0; i < spec.outputs.size(); ++i)
    if (check.output.empty() || spec.outputs[i].name == check.output)
      outputs.push_back(i);
  return outputs;
}

/// Both versions count by the same bins, also where one tells less of its shape.
std::size_t bins_of(const check_spec& check, const model_spec& incumbent, const model_spec& candidate) {
  std::size_t bins = 0;
  for (const auto* spec : {&incumbent, &candidate})
    for (auto output : looked_at(check, *spec))
      bins = std::max(bins, drift_bins(spec->outputs[output], check.by));
  return bins;
}

void count(std::atomic<std::uint64_t>& counter) {
  counter.fetch_add(1, std::memory_order_relaxed);
}

} // namespace

answer_watch::answer_watch(const clock& time, const std::vector<check_spec>& checks, const model_spec& incumbent,
                           const model_spec& candidate, std::uint32_t others)
  : time_(time), rewards_(first_other_arm + std::size_t{others}) {
  for (const auto& check : checks)
    looks_.push_back(look_of(check, incumbent, candidate));
  for (split_arm arm = 0; arm < rewards_.size(); ++arm) {
    outcomes_.emplace_back();
    observers_.emplace_back(*this, arm);
  }
}

std::unique_ptr<answer_watch::look> answer_watch::look_of(const check_spec& check, const model_spec& incumbent,
                                                          const model_spec& candidate) {
  auto made = std::make_unique<look>();
  made->check = check;
  made->of[incumbent_arm].outputs = looked_at(check, incumbent);
  made->of[candidate_arm].outputs = looked_at(check, candidate);
  if (check.kind == check_kind::output_drift)
    for (auto& side : made->of)
      side.bins = std::vector<counter>(bins_of(check, incumbent, candidate));
  for (auto output : looked_at(check, incumbent))
    if (auto same = index_of(candidate, incumbent.outputs[output].name))
      made->pairs.emplace_back(output, *same);
  return made;
}

std::shared_ptr<answer_observer> answer_watch::observer_of(split_arm arm) {
  return {shared_from_this(), &observers_.at(arm)};
}

void answer_watch::note(split_arm arm, const inference_request& of, const std::vector<tensor_view>& outputs) {
  auto& seen = outcomes_.at(arm);
  auto us = std::chrono::duration_cast<std::chrono::microseconds>(time_.now() - of.arrived).count();
  count(of.is_copy ? seen.copies : seen.latency[latency_bucket(static_cast<std::uint64_t>(std::max<std::int64_t>(us, 0)))]);
  if (arm < first_other_arm)
    for (auto& each : looks_)
      note(*each, each->of[arm], outputs);
}

void answer_watch::note_failure(split_arm arm, const inference_request& of, error_code why) {
  if (speaks_against_version(why) && !(of.is_copy && is_want_of_room(why)))
    count(outcomes_.at(arm).failed_as[static_cast<std::size_t>(why)]);
}

void answer_watch::note(look& by, side_seen& seen, const std::vector<tensor_view>& outputs) {
  if (by.check.kind == check_kind::disagreement || seen.outputs.empty())
    return;
  if (by.check.kind == check_kind::finite_outputs) {
    count(seen.looked_at);
    auto finite = [&outputs](std::size_t i) { return i >= outputs.size() || all_finite(outputs[i]); };
    if (!std::all_of(seen.outputs.begin(), seen.outputs.end(), finite))
      count(seen.bad);
    return;
  }
  auto draw = mixed(draws_.fetch_add(1, std::memory_order_relaxed));
  auto output = seen.outputs[(draw >> 32) % seen.outputs.size()];
  if (output < outputs.size())
    if (auto bin = draw_bin(outputs[output], by.check.by, seen.bins.size(), draw & UINT32_MAX))
      count(seen.bins[*bin]);
}

void answer_watch::compare(const std::vector<tensor_view>& live, const std::vector<tensor_view>& copy) {
  for (auto& each : looks_) {
    if (each->check.kind != check_kind::disagreement || each->pairs.empty())
      continue;
    auto& seen = each->of[candidate_arm];
    auto same = [&](const auto& pair) {
      return pair.first < live.size() && pair.second < copy.size() && agree(live[pair.first], copy[pair.second], each->check);
    };
    count(seen.looked_at);
    if (!std::all_of(each->pairs.begin(), each->pairs.end(), same))
      count(seen.bad);
  }
}

bool answer_watch::reward(split_arm arm, std::uint64_t id, double value) {
  std::lock_guard lock(mutex_);
  if (!rewarded_.insert(id).second)
    return false;
  rewarded_order_.push_back(id);
  if (rewarded_order_.size() > rewarded_max) {
    rewarded_.erase(rewarded_order_.front());
    rewarded_order_.pop_front();
  }
  rewards_.at(arm).record(value);
  return true;
}

bool answer_watch::begin_copy(std::uint32_t most, std::uint64_t bytes) {
  auto others = under_way_.fetch_add(1, std::memory_order_relaxed);
  auto others_bytes = bytes_under_way_.fetch_add(bytes, std::memory_order_relaxed);
  if (others < most && (others_bytes == 0 || others_bytes + bytes <= copied_bytes_max)) {
    count(copies_);
    return true;
  }
  end_copy(bytes);
  count(shed_);
  return false;
}

void answer_watch::end_copy(std::uint64_t bytes) {
  under_way_.fetch_sub(1, std::memory_order_relaxed);
  bytes_under_way_.fetch_sub(bytes, std::memory_order_relaxed);
}

/// Bad ones are read first, so that there are never more than were looked at.
answer_counters answer_watch::read(const look& from, split_arm arm) {
  const auto& seen = from.of[arm];
  answer_counters told;
  told.bad.failures = seen.bad.load(std::memory_order_acquire);
  told.bad.requests = std::max(told.bad.failures, seen.looked_at.load(std::memory_order_acquire));
  for (const auto& bin : seen.bins)
    told.bins.push_back(bin.load(std::memory_order_relaxed));
  return told;
}

arm_counters answer_watch::read(split_arm arm) const {
  const auto& seen = outcomes_.at(arm);
  arm_counters told;
  for (std::size_t i = 0; i < seen.failed_as.size(); ++i) {
    told.failed_as[i] = seen.failed_as[i].load(std::memory_order_relaxed);
    told.errors.failures += told.failed_as[i];
  }
  for (std::size_t i = 0; i < seen.latency.size(); ++i) {
    told.latency.counts[i] = seen.latency[i].load(std::memory_order_relaxed);
    told.latency.total += told.latency.counts[i];
  }
  told.errors.requests = told.latency.total + seen.copies.load(std::memory_order_relaxed) + told.errors.failures;
  if (arm < first_other_arm)
    for (const auto& each : looks_)
      told.answers.push_back(read(*each, arm));
  return told;
}

watch_counters answer_watch::read() const {
  watch_counters told;
  told.candidate = read(candidate_arm);
  told.incumbent = read(incumbent_arm);
  for (split_arm arm = first_other_arm; arm < rewards_.size(); ++arm)
    told.others.push_back(read(arm));
  told.copies = copies_.load(std::memory_order_relaxed);
  told.shed = shed_.load(std::memory_order_relaxed);
  std::lock_guard lock(mutex_);
  told.candidate.rewards = rewards_[candidate_arm];
  told.incumbent.rewards = rewards_[incumbent_arm];
  for (std::size_t i = 0; i < told.others.size(); ++i)
    told.others[i].rewards = rewards_[first_other_arm + i];
  return told;
}

} // namespace troupe
