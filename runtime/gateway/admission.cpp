#include "runtime/gateway/admission.hpp"

#include "runtime/policy/queue_policy.hpp"
#include "runtime/policy/request_check.hpp"
#include "runtime/serving/shadow_copy.hpp"

#include <algorithm>
#include <charconv>

namespace troupe {

namespace {

error no_route(std::string_view deployment) {
  return {error_code::not_found, "no deployment '" + quotable(deployment)
                                     + "' serves requests here; `troupe status` lists what there is, and why it doesn't serve"};
}

error not_told_yet() {
  return {error_code::unavailable,
          "this node has not heard yet what the cluster serves; send the request to another node, or again in a moment"};
}

/// What a name stands for.
struct asked_version {
  std::string_view deployment;
  version_number version = 0; ///< 0: the live one
  bool candidate = false;
};

/// Nothing: no deployment is called so.
std::optional<asked_version> asked_for(std::string_view name, version_number version) {
  auto at = name.find('@');
  if (at == std::string_view::npos)
    return asked_version{name, version, false};
  auto which = name.substr(at + 1);
  name = name.substr(0, at);
  if (which == "candidate" && version == 0)
    return asked_version{name, 0, true};
  version_number number = 0;
  auto end = which.data() + which.size();
  if (auto read = std::from_chars(which.data(), end, number); read.ec != std::errc() || read.ptr != end || number == 0)
    return std::nullopt;
  if (version != 0 && version != number)
    return std::nullopt;
  return asked_version{name, number, false};
}

bool matches(const always_rule& rule, const request_marks& marks) {
  return (rule.caller.empty() || rule.caller == marks.caller)
         && (rule.header.empty() || field_in(marks.fields, rule.header) == rule.header_value);
}

std::optional<std::uint64_t> key_of(const candidate_route& to, const request_marks& marks) {
  std::string_view key;
  switch (to.key.kind) {
  case split_key_kind::none: break;
  case split_key_kind::caller: key = marks.caller; break;
  case split_key_kind::header: key = field_in(marks.fields, to.key.header); break;
  case split_key_kind::request_id: key = marks.id; break;
  }
  return key.empty() ? std::nullopt : std::optional(split_hash(to.version.deployment, key));
}

std::string name_of(const split_key& key) {
  switch (key.kind) {
  case split_key_kind::caller: return "the caller's name";
  case split_key_kind::header: return "the HTTP header " + key.header;
  default: return "the request's id";
  }
}

/// Who answers; the incumbent's target is the route's.
struct arm_choice {
  split_arm arm = incumbent_arm;
  std::shared_ptr<spread> target;
};

/// What can be reached nowhere leaves its requests to the live version.
arm_choice choice_of(const candidate_route& to, std::optional<std::uint64_t> key, const request_marks& marks) {
  auto arm = to.split->choose(key, to.always && matches(*to.always, marks));
  if (arm == incumbent_arm)
    return {};
  auto other = std::size_t{arm} - first_other_arm;
  auto target = arm == candidate_arm ? to.target : other < to.others.size() ? to.others[other].target : nullptr;
  if (target == nullptr || !target->is_reachable())
    return {};
  return {arm, std::move(target)};
}

} // namespace

std::optional<error> admission::closed() const {
  if (draining())
    return drain_gate::refusal();
  return routes_.published() ? std::nullopt : std::optional(not_told_yet());
}

result<admission::located> admission::locate(std::string_view deployment, version_number version) {
  auto asked = asked_for(deployment, version);
  if (!asked)
    return no_route(deployment);
  if (auto route = routes_.find(asked->deployment); route != nullptr)
    return located{route, asked->version, asked->candidate};
  return routes_.published() ? no_route(asked->deployment) : not_told_yet();
}

result<std::shared_ptr<spread>> admission::target_of(const located& found) {
  const auto& route = *found.at;
  const auto& candidate = route.candidate;
  if (found.candidate && !candidate)
    return error{error_code::not_found,
                 "no version takes over requests of deployment '" + route.version.deployment + "' just now"};
  if (candidate && (found.candidate || found.version == candidate->version.number)) {
    if (candidate->target == nullptr)
      return error{error_code::unavailable, to_string(candidate->version) + " can't answer just now; retry"};
    return candidate->target;
  }
  if (candidate && found.version != 0)
    for (const auto& other : candidate->others)
      if (other.version.number == found.version) {
        if (other.target == nullptr)
          return error{error_code::unavailable, to_string(other.version) + " can't answer just now; retry"};
        return other.target;
      }
  if (route.target == nullptr)
    return route.why_not;
  if (found.version != 0 && found.version != route.version.number)
    return error{error_code::not_found, "deployment '" + route.version.deployment + "' serves version "
                                            + std::to_string(route.version.number) + ", not " + std::to_string(found.version)};
  return route.target;
}

const candidate_route* admission::divided(const located& found) {
  const auto& candidate = found.at->candidate;
  bool any = found.version == 0 && !found.candidate && candidate;
  return any ? &*candidate : nullptr;
}

result<std::shared_ptr<spread>> admission::find_target(std::string_view deployment, version_number version) {
  auto found = locate(deployment, version);
  return found ? target_of(*found) : found.failure();
}

result<std::shared_ptr<spread>> admission::find_target_of_request(std::string_view deployment, version_number version) {
  if (draining())
    return drain_gate::refusal();
  return find_target(deployment, version);
}

result<destination> admission::choose(std::string_view deployment, version_number version, const request_marks& marks) {
  if (draining())
    return drain_gate::refusal();
  auto found = locate(deployment, version);
  if (!found)
    return found.failure();
  auto target = target_of(*found);
  if (!target)
    return target.failure();
  if (auto shared_with = divided(*found); shared_with != nullptr)
    return shared_destination(std::move(*target), *shared_with, marks);
  return destination{std::move(*target), nullptr};
}

destination admission::shared_destination(std::shared_ptr<spread> live, const candidate_route& with, const request_marks& marks) {
  auto [arm, target] = choice_of(with, key_of(with, marks), marks);
  auto observer = with.watch == nullptr ? nullptr : with.watch->observer_of(arm);
  if (arm != incumbent_arm)
    return {std::move(target), arm == candidate_arm ? with.split : nullptr, std::move(observer)}; // the fuse is the candidate's
  destination to{std::move(live), nullptr, std::move(observer)};
  if (with.watch != nullptr && with.target != nullptr && with.copies_max > 0 && with.split->takes_copy()) {
    to.copies_to = with.target;
    to.watch = with.watch;
    to.copies_max = with.copies_max;
  }
  return to;
}

bool admission::chooses_by_id(std::string_view deployment, version_number version) {
  auto found = locate(deployment, version);
  auto shared_with = found ? divided(*found) : nullptr;
  return shared_with != nullptr && shared_with->key.kind == split_key_kind::request_id;
}

void admission::submit(const destination& to, request_ptr next, std::chrono::microseconds patience) {
  next->arrived = time_.now();
  auto given = patience.count() == 0 ? options_.default_deadline : std::min(patience, options_.deadline_max);
  next->deadline = next->arrived + without_travel(given);
  next->timeout = without_travel(next->timeout);
  next->loop = &loop_;
  next->judged_by = to.judged_by;
  next->observer = to.observer;
  bool is_copied = to.copies_to != nullptr && next->rows <= to.copies_to->spec().max_batch;
  auto copy = is_copied ? shadow_copy(*next, to.watch, to.copies_max) : nullptr;
  to.target->submit(std::move(next));
  loop_.dispatch_later(to.target);
  if (copy == nullptr)
    return;
  to.copies_to->submit(std::move(copy));
  loop_.dispatch_later(to.copies_to);
}

result<bool> admission::reward(std::string_view deployment, const request_marks& marks, double value) {
  if (marks.id.empty() || marks.id.size() > request_id_bytes_max)
    return error{error_code::invalid_argument,
                 "the feedback names no request: its id is 1 to " + std::to_string(request_id_bytes_max) + " bytes"};
  if (!(value >= 0 && value <= 1)) // NaN, too
    return error{error_code::invalid_argument, "a reward is a number from 0 to 1"};
  auto found = locate(deployment, 0);
  if (!found)
    return found.failure();
  const auto& candidate = found->at->candidate;
  if (!candidate || !candidate->takes_rewards || candidate->watch == nullptr)
    return error{error_code::failed_precondition,
                 "no A/B test of '" + quotable(deployment) + "' is under way; its rewards are not wanted"};
  auto key = key_of(*candidate, marks);
  if (!key)
    return error{error_code::invalid_argument,
                 "the A/B test is split by " + name_of(candidate->key)
                     + ": send feedback with the one that the request came with, or split by \"request_id\", which feedback has"};
  return candidate->watch->reward(choice_of(*candidate, key, marks).arm, split_hash(deployment, marks.id), value);
}

} // namespace troupe
