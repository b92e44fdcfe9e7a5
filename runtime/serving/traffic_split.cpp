#include "runtime/serving/traffic_split.hpp"

#include "runtime/base/hashes.hpp"

#include <algorithm>

namespace troupe {

namespace {

split_rule within_limits(split_rule rule) {
  rule.weight = std::min(rule.weight, all_requests);
  rule.copies = std::min(rule.copies, all_requests);
  if (rule.weight * (std::uint64_t{rule.others} + 1) > all_requests)
    rule.others = 0;
  return rule;
}

} // namespace

std::uint64_t split_hash(std::string_view deployment, std::string_view key) {
  using namespace std::string_view_literals;
  return mixed(fnv1a(key, fnv1a("\0"sv, fnv1a(deployment))));
}

traffic_split::traffic_split(const split_rule& rule, const traffic_split* before)
  : rule_(within_limits(rule)),
    turns_(before != nullptr && before->rule_.weight == rule_.weight && before->rule_.others == rule_.others
               ? before->turns_
               : std::make_shared<turns>()),
    copy_turns_(before != nullptr && before->rule_.copies == rule_.copies ? before->copy_turns_ : std::make_shared<turns>()),
    fuse_(before != nullptr && before->rule_.generation == rule_.generation ? before->fuse_ : std::make_shared<fuse_state>()) {}

split_arm traffic_split::choose(std::optional<std::uint64_t> key, bool always) const {
  if (fuse_->blown.load(std::memory_order_relaxed))
    return incumbent_arm;
  if (always)
    return candidate_arm;
  auto challengers = rule_.others + 1;
  if (key) {
    auto bucket = static_cast<std::uint32_t>(*key % split_buckets);
    return bucket < rule_.weight * challengers ? candidate_arm + bucket / rule_.weight : incumbent_arm;
  }
  auto turn = take_turn(*turns_, rule_.weight * challengers);
  return turn ? candidate_arm + *turn % challengers : incumbent_arm;
}

bool traffic_split::takes_copy() const {
  return !fuse_->blown.load(std::memory_order_relaxed) && take_turn(*copy_turns_, rule_.copies);
}

/// The error that is carried over from turn to turn is the rest of taken * share / 1000: a turn is taken if the quotient grows.
std::optional<std::uint32_t> traffic_split::take_turn(turns& of, permille share) {
  if (share == 0)
    return std::nullopt;
  auto turn = static_cast<std::uint32_t>(of.taken.fetch_add(1, std::memory_order_relaxed) % all_requests);
  auto before = turn * share / all_requests;
  return (turn + 1) * share / all_requests == before ? std::nullopt : std::optional(before);
}

bool traffic_split::note(bool failed) const {
  if (rule_.fuse == 0)
    return false;
  auto& in_row = fuse_->failures_in_row;
  if (!failed) {
    if (in_row.load(std::memory_order_relaxed) != 0) // most often it is, and the line stays shared
      in_row.store(0, std::memory_order_relaxed);
    return false;
  }
  // Each row of failures passes each number once, so one thread sees the fuse's.
  if (in_row.fetch_add(1, std::memory_order_relaxed) + 1 != rule_.fuse)
    return false;
  return !fuse_->blown.exchange(true, std::memory_order_relaxed);
}

std::optional<std::uint32_t> traffic_split::blown() const {
  return fuse_->blown.load(std::memory_order_relaxed) ? std::optional(rule_.fuse) : std::nullopt;
}

} // namespace troupe
