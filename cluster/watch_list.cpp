#include "cluster/watch_list.hpp"

#include <algorithm>
#include <utility>

namespace troupe {
namespace {

using phase = probe_round::phase;

constexpr std::size_t favours_max =
    256; // enough for all who watch a few members; a node that is asked more often has other worries

} // namespace

// -- whom -----------------------------------------------------------------------------------------------------------------------------

void watch_list::retarget(const std::vector<node_id>& targets, steady_time now) {
  std::map<node_id, watch> kept;
  for (const auto& target : targets) {
    auto found = watches_.find(target);
    kept[target] = found != watches_.end() ? found->second : watch{now, some_time_within_an_interval(now), 0};
  }
  watches_ = std::move(kept);
  for (auto one = rounds_.begin(); one != rounds_.end();) {
    auto forget = one->second.purpose == probe_purpose::watch && watches_.count(one->second.target) == 0;
    one = forget ? rounds_.erase(one) : std::next(one);
  }
}

void watch_list::absolve(const node_id& target, steady_time now) {
  auto found = watches_.find(target);
  if (found == watches_.end())
    return;
  found->second.sign = now;
  found->second.failed = 0;
}

void watch_list::start_over(steady_time now) {
  doubt_.raise(now);
  for (const auto& [sequence, round] : rounds_)
    if (round.purpose == probe_purpose::favour)
      findings_.replies.push_back({round.asker, round.asker_sequence, help_outcome::not_tried});
  rounds_.clear();
  favours_ = 0;
  for (auto& [target, one] : watches_)
    one = {now, some_time_within_an_interval(now), 0};
}

std::vector<node_id> watch_list::targets() const {
  std::vector<node_id> ids;
  for (const auto& [id, one] : watches_)
    ids.push_back(id);
  return ids;
}

// -- rounds ---------------------------------------------------------------------------------------------------------------------------

std::vector<node_id> watch_list::due(steady_time now) {
  std::vector<node_id> found;
  for (auto& [target, one] : watches_) {
    if (one.next_probe > now)
      continue;
    found.push_back(target);
    auto factor = 1 + options_.probe_jitter * (2 * random_.unit() - 1);
    one.next_probe = now + std::chrono::nanoseconds(static_cast<std::int64_t>(factor * options_.probe_interval.count()));
  }
  return found;
}

std::uint64_t watch_list::begin(const node_id& target, probe_purpose purpose, steady_time now) {
  probe_round round;
  round.target = target;
  round.purpose = purpose;
  round.sent = round.phase_since = now;
  rounds_.emplace(++last_sequence_, std::move(round));
  return last_sequence_;
}

std::optional<std::uint64_t> watch_list::begin_favour(const node_id& target, const node_id& asker, std::uint64_t asker_sequence,
                                                      steady_time now) {
  if (favours_ >= favours_max)
    return std::nullopt;
  ++favours_;
  auto sequence = begin(target, probe_purpose::favour, now);
  auto& round = rounds_.at(sequence);
  round.asker = asker;
  round.asker_sequence = asker_sequence;
  return sequence;
}

void watch_list::ask(std::uint64_t sequence, std::size_t helpers) {
  auto found = rounds_.find(sequence);
  if (found == rounds_.end())
    return;
  found->second.asked = helpers;
}

std::optional<probe_round> watch_list::on_answer(std::uint64_t sequence, steady_time now) {
  auto found = rounds_.find(sequence);
  if (found == rounds_.end())
    return std::nullopt;
  auto round = std::move(found->second);
  rounds_.erase(found);
  if (round.purpose == probe_purpose::favour) {
    --favours_;
    findings_.replies.push_back({round.asker, round.asker_sequence, help_outcome::reached});
  }
  if (round.purpose == probe_purpose::watch && round.at == phase::direct)
    doubt_.lower(now);
  see_sign(round.target, round.sent);
  return round;
}

void watch_list::on_failed(std::uint64_t sequence, steady_time now) {
  auto found = rounds_.find(sequence);
  if (found != rounds_.end() && found->second.at == phase::direct)
    leave_direct(sequence, found->second, now);
}

void watch_list::on_help(std::uint64_t sequence, help_outcome outcome, steady_time now) {
  auto found = rounds_.find(sequence);
  if (found == rounds_.end() || found->second.asked == 0)
    return;
  auto& round = found->second;
  if (outcome == help_outcome::reached) {
    auto when = round.phase_since;
    auto target = round.target;
    rounds_.erase(found);
    return see_sign(target, when);
  }
  if (round.at != phase::indirect)
    return;
  ++(outcome == help_outcome::not_reached ? round.denied : round.untried);
  if (round.denied + round.untried == round.asked)
    fail(round, now);
}

void watch_list::on_tick(steady_time now) {
  for (auto one = rounds_.begin(); one != rounds_.end();) {
    auto next = std::next(one);
    if (deadline(one->second) <= now) {
      switch (one->second.at) {
      case phase::direct: leave_direct(one->first, one->second, now); break;
      case phase::indirect: fail(one->second, now); break;
      case phase::over: rounds_.erase(one); break;
      }
    }
    one = next;
  }
  doubt_.rest(now);
}

/// The direct probe of a round has failed. The round may be gone afterwards.
void watch_list::leave_direct(std::uint64_t sequence, probe_round& round, steady_time now) {
  if (round.purpose == probe_purpose::watch) {
    findings_.unanswered.push_back({sequence, round.target});
    round.at = phase::indirect;
    round.phase_since = now;
    return;
  }
  if (round.purpose == probe_purpose::favour) {
    --favours_;
    findings_.replies.push_back({round.asker, round.asker_sequence, help_outcome::not_reached});
  }
  rounds_.erase(sequence);
}

void watch_list::fail(probe_round& round, steady_time now) {
  round.at = phase::over;
  round.phase_since = now;
  auto& one = watches_.at(round.target);
  auto mute = round.asked - round.denied;
  if (2 * mute > round.asked) {
    auto certain = doubt_.at_most() || now - one.sign >= options_.dead_after;
    doubt_.raise(now);
    if (!certain)
      return;
  }
  if (++one.failed >= options_.rounds_to_suspect)
    findings_.silent.push_back(round.target);
}

void watch_list::see_sign(const node_id& target, steady_time when) {
  auto found = watches_.find(target);
  if (found == watches_.end())
    return;
  found->second.sign = std::max(found->second.sign, when);
  found->second.failed = 0;
  for (auto one = rounds_.begin(); one != rounds_.end() && one->second.sent <= when;) {
    auto outdated = one->second.purpose == probe_purpose::watch && one->second.target == target;
    one = outdated ? rounds_.erase(one) : std::next(one);
  }
}

// -- when -----------------------------------------------------------------------------------------------------------------------------

watch_findings watch_list::take_findings() {
  return std::exchange(findings_, {});
}

steady_time watch_list::deadline(const probe_round& round) const {
  if (round.at == phase::over)
    return round.phase_since + options_.dead_after;
  // a favour isn't stretched: the one who asked waits no longer than so
  if (round.purpose == probe_purpose::favour)
    return round.phase_since + options_.probe_timeout;
  return round.phase_since + doubt_.stretched(round.at == phase::direct ? options_.probe_timeout : options_.indirect_timeout);
}

steady_time watch_list::wakes_at() const {
  auto when = steady_time::max();
  for (const auto& [target, one] : watches_)
    when = std::min(when, one.next_probe);
  for (const auto& [sequence, round] : rounds_)
    when = std::min(when, deadline(round));
  return when;
}

std::optional<steady_time> watch_list::dead_at(const node_id& target) const {
  auto found = watches_.find(target);
  if (found == watches_.end())
    return std::nullopt;
  return found->second.sign + doubt_.stretched(options_.dead_after);
}

steady_time watch_list::some_time_within_an_interval(steady_time now) {
  return now + std::chrono::nanoseconds(random_.below(static_cast<std::uint64_t>(options_.probe_interval.count())));
}

} // namespace troupe
