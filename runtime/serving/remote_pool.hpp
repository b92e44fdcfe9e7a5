#pragma once

#include "runtime/base/clock.hpp"
#include "runtime/base/ids.hpp"
#include "runtime/base/model_spec.hpp"
#include "runtime/serving/peer_board.hpp"
#include "runtime/serving/request.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

namespace troupe {

class remote_pool;

/// Carries requests to other nodes. The gateway has a real one, tests a fake.
class forwarder {
public:
  struct outgoing {
    std::uint64_t ticket;
    const inference_request* request;
  };

  virtual ~forwarder() = default;
  /// Most bytes of inputs, and of outputs as far as they are known, in one call of several requests.
  virtual std::uint64_t call_bytes_max() const = 0;
  /// Sends the requests to the pool's node in one call; they are read before it returns. What becomes of each is told under its ticket, now or
  /// later, on the same loop: `remote_pool::answered` or `remote_pool::failed`. Until then it keeps `to`. Called on the thread of `from`, to
  /// which all of them belong.
  virtual void forward(const std::shared_ptr<remote_pool>& to, event_loop& from, const std::vector<outgoing>& requests) = 0;
  /// Nobody waits there for these any more: the node leaves those that it hasn't begun, as soon as it hears of it. What it says of them is told as always.
  /// Any thread.
  virtual void withdraw(const std::shared_ptr<remote_pool>& to, event_loop& from, std::set<std::uint64_t> tickets) = 0;
};

/// The replicas of one version on another node: what is under way to them. A request in it has a loop. Thread-safe.
class remote_pool : public std::enable_shared_from_this<remote_pool> {
public:
  /// Most requests that go out in one call.
  static constexpr std::size_t call_requests_max = 64;
  /// So long after a connection was lost, requests go to other places, if there are any. Until then a node that has died is suspected, in most cases.
  static constexpr std::chrono::milliseconds doubted_for{500};

  /// `carrier` outlives it.
  remote_pool(version_id id, const model_spec& spec, std::uint32_t replicas, std::shared_ptr<const peer_status> peer,
              forwarder& carrier);
  ~remote_pool() { close(); }

  const version_id& id() const { return id_; }
  const model_spec& spec() const { return spec_; }
  const peer_status& peer() const { return *peer_; }
  std::uint32_t replicas() const { return replicas_.load(std::memory_order_relaxed); }
  void set_replicas(std::uint32_t replicas) { replicas_.store(replicas, std::memory_order_relaxed); }
  /// Whether requests may go there.
  bool usable() const { return replicas() > 0 && peer_->usable(); }
  /// Whether a call to it was lost a moment ago.
  bool doubtful() const { return doubted_.load(std::memory_order_relaxed); }
  /// A call to it found no connection, or lost it.
  void doubt() { doubted_.store(true, std::memory_order_relaxed); }
  /// Requests under way, or waiting there as the node last told, for each replica. There must be replicas.
  double work_per_replica() const;

  /// Takes a checked request; it goes out with the next `dispatch` of its loop. Refused once closed.
  void submit(request_ptr request);
  /// Sends what was submitted for that loop. On its thread.
  void dispatch(event_loop& of);

  /// The outputs of a request that was forwarded; ignored if it isn't under way any longer. On its loop.
  void answered(std::uint64_t ticket, const std::vector<tensor_view>& outputs);
  /// Why it has none. `unavailable`: it is tried elsewhere. `crashes`: how many hosts died with it, in all.
  void failed(std::uint64_t ticket, std::uint32_t crashes, const error& why);

  /// Withdraws everything if the node isn't usable any longer, what is past its deadline and what nobody waits for, and ends a doubt. Called by a ticker.
  void expire(steady_time now);
  /// Refuses what is under way and what comes later.
  void close();
  /// Whether nothing is under way.
  bool quiet() const { return under_way_count_.load(std::memory_order_acquire) == 0; }

private:
  struct lane {
    event_loop* loop;
    std::vector<request_ptr> waiting; ///< for `dispatch`
  };
  struct taken_request {
    std::uint64_t ticket; ///< 0: it hasn't gone out
    request_ptr request;
  };

  lane& lane_of(event_loop* loop);
  /// The next that go out together, from `waiting[next]` on. Needs the lock.
  std::vector<forwarder::outgoing> next_call(std::vector<request_ptr>& waiting, std::size_t& next);
  /// The request under that ticket, or null.
  request_ptr take(std::uint64_t ticket);
  /// Moves out all requests for which `leaves(request)` holds.
  template <class Condition>
  std::vector<taken_request> take_if(const Condition& leaves);
  void take_back(steady_time now);
  void give_up(request_ptr request, const error& why);
  /// Counted until its answer has been given.
  void let_go() { under_way_count_.fetch_sub(1, std::memory_order_release); }
  error lost() const;

  const version_id id_;
  const model_spec spec_;
  const std::shared_ptr<const peer_status> peer_;
  forwarder& carrier_;
  std::atomic<std::uint32_t> replicas_;
  std::atomic<std::uint32_t> under_way_count_{0};
  std::atomic<bool> doubted_{false};
  steady_time doubted_until_{}; ///< the ticker's; of no doubt nothing
  std::mutex mutex_;
  bool closed_ = false;
  std::uint64_t last_ticket_ = 0;
  std::vector<lane> lanes_;
  std::unordered_map<std::uint64_t, request_ptr> under_way_;
};

} // namespace troupe
