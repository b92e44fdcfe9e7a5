#pragma once

#include "runtime/base/clock.hpp"
#include "runtime/base/ids.hpp"
#include "runtime/base/model_spec.hpp"
#include "runtime/serving/pool.hpp"
#include "runtime/serving/remote_pool.hpp"
#include "runtime/serving/request.hpp"

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

namespace troupe {

/// All places where one version answers: the pool on this node, and pools on others. A request goes to the local pool while that is as good,
/// else to the one with less work a replica of two remote ones drawn at random (Mitzenmacher 2001). One whose place is lost, or answers
/// `unavailable`, is tried once in another. Thread-safe; a version that is only local takes no lock of the spread's.
class spread : public std::enable_shared_from_this<spread> {
public:
  /// `time` outlives it. `seed`: of the draws.
  spread(version_id id, model_spec spec, const clock& time, std::uint64_t seed);

  const version_id& id() const { return id_; }
  const model_spec& spec() const { return spec_; }

  /// The pool on this node; null: there is none. What waits in the one before stays there.
  void set_local(std::shared_ptr<pool> local);
  /// The pools on other nodes. What is under way to those that were there before still comes to its end.
  void set_remotes(std::vector<std::shared_ptr<remote_pool>> remotes);
  std::shared_ptr<pool> local() const;
  /// Running ones, of all places.
  std::uint32_t replicas() const;
  /// Whether there is a place that a request could be given to, and that is in no doubt.
  bool is_reachable() const;

  /// Gives a checked request, which has a loop, to a place. From now on it is answered, whatever happens, and keeps the spread alive.
  void submit(request_ptr request);
  /// After `submit`, once per turn of the calling loop, so that what arrived together runs together. On the thread of `of`.
  void dispatch(event_loop& of);
  /// For `try_elsewhere`. Any thread.
  request_ptr move_on(request_ptr request);

  /// Looks after what is under way to other nodes. Called by a ticker, at least every 50 ms.
  void expire(steady_time now);
  /// Nothing is forwarded, nor tried elsewhere, any longer; what is under way to other nodes is refused.
  void close();
  /// Whether nothing is under way to other nodes, or from one place to another.
  bool quiet() const;

private:
  /// An immutable snapshot.
  struct places {
    std::shared_ptr<pool> local;
    std::vector<std::shared_ptr<remote_pool>> remotes;
  };
  /// One of both; none: nobody can have the request.
  struct place {
    std::shared_ptr<pool> local;
    std::shared_ptr<remote_pool> remote;
    bool none() const { return local == nullptr && remote == nullptr; }
  };
  struct moving_request {
    request_ptr request;
    place to;
  };
  /// What a loop has to do yet.
  struct lane {
    event_loop* loop;
    std::vector<std::shared_ptr<remote_pool>> touched; ///< to be dispatched
    std::vector<moving_request> moving;                ///< to another place
  };

  std::shared_ptr<const places> read() const { return std::atomic_load_explicit(&places_, std::memory_order_acquire); }
  /// Needs the lock.
  void replace(places next);
  /// Where a request goes that was in the place `except` already.
  place choose(const places& from, const void* except) const;
  std::shared_ptr<remote_pool> choose_remote(const places& from, const void* except) const;
  /// The first usable one that isn't `except`, from a random one on, of those that are in no doubt if there are any; null: there is none.
  std::shared_ptr<remote_pool> draw(const places& from, const void* except, const void* and_except) const;
  void send(const place& to, request_ptr request);
  /// Sends what moves, on its loop.
  void carry_on(event_loop& of);
  lane& lane_of(event_loop* loop);
  std::vector<std::shared_ptr<remote_pool>> known() const;
  /// Why nobody can have a request.
  error nobody(const places& from) const;

  const version_id id_;
  const model_spec spec_;
  const clock& time_;
  const std::uint64_t seed_;
  mutable std::atomic<std::uint64_t> draws_{0};
  std::shared_ptr<const places> places_; ///< replaced under the lock, read without
  std::atomic<bool> closed_{false};
  std::atomic<std::uint32_t> moving_count_{0};
  std::atomic<std::uint32_t> touched_count_{0};
  mutable std::mutex mutex_;
  std::vector<lane> lanes_;
  std::vector<std::weak_ptr<remote_pool>> known_; ///< all that were remotes and live: something may be under way to each
};

} // namespace troupe
