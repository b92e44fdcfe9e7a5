#include "runtime/serving/answer_watch.hpp"

#include "runtime/base/hashes.hpp"
#include "runtime/policy/answer_check.hpp"

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

std::size_t number_of(split_side side) {
  return static_cast<std::size_t>(side);
}

} // namespace

answer_watch::answer_watch(const std::vector<check_spec>& checks, const model_spec& incumbent, const model_spec& candidate) {
  for (const auto& check : checks) {
    looks_.push_back(look_of(check, incumbent, candidate));
    sees_single_answers_ = sees_single_answers_ || check.kind != check_kind::disagreement;
  }
}

std::unique_ptr<answer_watch::look> answer_watch::look_of(const check_spec& check, const model_spec& incumbent,
                                                          const model_spec& candidate) {
  auto made = std::make_unique<look>();
  made->check = check;
  made->of[number_of(split_side::incumbent)].outputs = looked_at(check, incumbent);
  made->of[number_of(split_side::candidate)].outputs = looked_at(check, candidate);
  if (check.kind == check_kind::output_drift)
    for (auto& side : made->of)
      side.bins = std::vector<counter>(bins_of(check, incumbent, candidate));
  for (auto output : looked_at(check, incumbent))
    if (auto same = index_of(candidate, incumbent.outputs[output].name))
      made->pairs.emplace_back(output, *same);
  return made;
}

std::shared_ptr<answer_observer> answer_watch::observer_of(split_side side) {
  if (!sees_single_answers_)
    return nullptr;
  return {shared_from_this(), side == split_side::candidate ? &candidate_observer_ : &incumbent_observer_};
}

void answer_watch::note(split_side side, const std::vector<tensor_view>& outputs) {
  for (auto& each : looks_)
    note(*each, each->of[number_of(side)], outputs);
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
    auto& seen = each->of[number_of(split_side::candidate)];
    auto same = [&](const auto& pair) {
      return pair.first < live.size() && pair.second < copy.size() && agree(live[pair.first], copy[pair.second], each->check);
    };
    count(seen.looked_at);
    if (!std::all_of(each->pairs.begin(), each->pairs.end(), same))
      count(seen.bad);
  }
}

bool answer_watch::reward(split_side side, std::uint64_t id, double value) {
  std::lock_guard lock(mutex_);
  if (!rewarded_.insert(id).second)
    return false;
  rewarded_order_.push_back(id);
  if (rewarded_order_.size() > rewarded_max) {
    rewarded_.erase(rewarded_order_.front());
    rewarded_order_.pop_front();
  }
  rewards_[number_of(side)].record(value);
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
answer_counters answer_watch::read(const look& from, split_side side) {
  const auto& seen = from.of[number_of(side)];
  answer_counters told;
  told.bad.failures = seen.bad.load(std::memory_order_acquire);
  told.bad.requests = std::max(told.bad.failures, seen.looked_at.load(std::memory_order_acquire));
  for (const auto& bin : seen.bins)
    told.bins.push_back(bin.load(std::memory_order_relaxed));
  return told;
}

watch_counters answer_watch::read() const {
  watch_counters told;
  for (const auto& each : looks_) {
    told.candidate.answers.push_back(read(*each, split_side::candidate));
    told.incumbent.answers.push_back(read(*each, split_side::incumbent));
  }
  told.copies = copies_.load(std::memory_order_relaxed);
  told.shed = shed_.load(std::memory_order_relaxed);
  std::lock_guard lock(mutex_);
  told.candidate.rewards = rewards_[number_of(split_side::candidate)];
  told.incumbent.rewards = rewards_[number_of(split_side::incumbent)];
  return told;
}

} // namespace troupe
