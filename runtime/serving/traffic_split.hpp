#pragma once

#include "runtime/base/rollout_spec.hpp"

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

namespace troupe {

/// Which of a rollout's versions answers a request: the incumbent, the candidate, or, from 2 on, one of the others that an A/B test has.
using split_arm = std::uint32_t;
inline constexpr split_arm incumbent_arm = 0;
inline constexpr split_arm candidate_arm = 1;
inline constexpr split_arm first_other_arm = 2;

/// As the leader decided it.
struct split_rule {
  permille weight = 0;          ///< of the candidate
  std::uint64_t generation = 0; ///< another number: another fuse
  std::uint32_t fuse = 0;       ///< the candidate's failures in a row that blow it; 0: there is none
  permille copies = 0;          ///< of the incumbent's requests, so many go to the candidate as well
  std::uint32_t others = 0;     ///< versions that get as much as the candidate, each
};

/// What a request's key is to every split of that deployment: FNV-1a (Fowler, Noll & Vo 1991) of the deployment's name, a zero byte and the key, mixed by
/// SplitMix64's finalizer (Steele, Lea & Flood 2014). The same on every node and build for ever, else callers would change sides in the middle of a rollout.
/// Not against an adversary.
std::uint64_t split_hash(std::string_view deployment, std::string_view key);

/// The keys' buckets.
inline constexpr std::uint64_t split_buckets = all_requests;

/// Chooses an arm for each request of one node. Immutable but for two counters, thread-safe, without locks; choose() and note() take some nanoseconds and
/// allocate nothing.
///
/// With a key, the request's bucket decides: buckets below the weight are the candidate's, so who is there once stays while the weight rises; the others follow,
/// with as many each. Without, requests take turns: of the first n, the candidate and the others get n * weight / 1000 each, off by less than one for each of them,
/// however many threads ask. So do copies, with a key or without.
class traffic_split {
public:
  /// In place of `before` (null: of none): with the same weight the turns go on where they are, with the same generation the fuse stays what it is. Both may be
  /// used side by side for a while.
  explicit traffic_split(const split_rule& rule, const traffic_split* before = nullptr);

  const split_rule& rule() const { return rule_; }

  /// `key`: split_hash() of the request's; none: it has no key. `always`: the candidate's whatever the weight, and no turn.
  split_arm choose(std::optional<std::uint64_t> key, bool always = false) const;

  /// Whether a request that the incumbent answers is to be copied.
  bool takes_copy() const;

  /// The candidate's answer to a request; true: this one blew the fuse, which happens once a generation. What counts as a failure is the caller's to say.
  bool note(bool failed) const;

  /// The failures in a row that blew the fuse: the incumbent gets everything. None: it is whole.
  std::optional<std::uint32_t> blown() const;

private:
  /// A cache line each: loops that take turns don't disturb those that note answers.
  struct alignas(64) turns {
    std::atomic<std::uint64_t> taken{0};
  };
  struct alignas(64) fuse_state {
    std::atomic<std::uint32_t> failures_in_row{0};
    std::atomic<bool> blown{false};
  };

  /// Nothing: the turn belongs to somebody else; else how many turns there were before in this thousand.
  static std::optional<std::uint32_t> take_turn(turns& of, permille share);

  const split_rule rule_;
  const std::shared_ptr<turns> turns_;
  const std::shared_ptr<turns> copy_turns_;
  const std::shared_ptr<fuse_state> fuse_;
};

} // namespace troupe
