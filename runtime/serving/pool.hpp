#pragma once

#include "runtime/base/clock.hpp"
#include "runtime/base/event.hpp"
#include "runtime/base/ids.hpp"
#include "runtime/base/model_spec.hpp"
#include "runtime/policy/batch_plan.hpp"
#include "runtime/policy/batch_time_estimate.hpp"
#include "runtime/serving/pool_statistics.hpp"
#include "runtime/serving/quarantine.hpp"
#include "runtime/serving/request.hpp"
#include "runtime/serving/request_queue.hpp"
#include "runtime/serving/response_cache.hpp"

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace troupe {

class pool;

/// What runs batches for a pool: one replica. A host_channel in a node, a fake in tests and simulation.
class batch_runner {
public:
  virtual ~batch_runner() = default;
  /// Runs the batch, then gives each request its answer and calls `pool::release`. Called only between `pool::attach` and
  /// `pool::detach` or `pool::remove`, and never while a batch is under way. A runner whose host is dead gives the batch to `pool::requeue`.
  /// A trial's batch may come while no pool has attached it, one at a time; nothing of the pool hears of it.
  virtual void start(batch work) = 0;
};

/// The replicas of one version on this node and the bounded queue that they draw from. Thread-safe; a request's path through it takes one
/// short lock, never held over a call outward.
class pool : public std::enable_shared_from_this<pool> {
public:
  pool(version_id id, model_spec spec, const clock& time, event_sink& events);
  ~pool();

  /// Puts a checked request into the queue, or refuses it (`overloaded`, `deadline_exceeded`, `poisoned`; `unavailable` once closed, if no
  /// other place of its target can have it). A deadline that can't be met, by what waits and by the time that batches took of late, counts as exceeded. One whose answer is cached is
  /// answered at once.
  void submit(request_ptr request);
  /// Hands what waits to idle replicas, unless the version has them wait for more; then it calls itself again from a request's loop. After `submit`, once per turn of the calling loop, so that what arrived together runs together.
  void dispatch();

  /// The runner is up and idle: it gets work from now on.
  void attach(std::shared_ptr<batch_runner> runner);
  /// No new batches for the runner, gracefully: true if none is under way (then it is gone), false if its `release` is still to come.
  bool detach(const batch_runner* runner);
  /// The runner's host is dead: it is gone from the pool at once. Its batch, if it had one, comes back through `fail` after this.
  void remove(const batch_runner* runner);
  /// The runner has answered its batch and can take the next.
  void release(batch_runner* runner);
  /// A batch that never began (its host was dead already): back to the front of the queue, no crash counted.
  void requeue(batch work);
  /// The host died with this batch. Each request is tried once more, alone; one that was in two crashes is answered `poisoned` and quarantined.
  void fail(batch work, const std::string& reason);

  /// The model raised an error on a batch of several requests: each runs again in a batch of its own, so that only the guilty one fails.
  void retry_alone(batch work);

  /// Refuses what is past its deadline, and does what the version says with what is past its timeout. Called by a ticker, at least every 50 ms.
  void expire(steady_time now);
  /// No new requests; what waits is still served, or refused, and then so is what comes back from a crash. Any number of times.
  void close(bool refuse_waiting);
  /// Whether nothing waits and nothing runs.
  bool quiet() const;
  /// Whether somebody waits for a replica: copies don't count.
  bool is_waited_for();
  /// Whether nobody shall wait for what runs: it was closed, and refuses.
  bool is_cut_short() const;

  const version_id& id() const { return id_; }
  const model_spec& spec() const { return spec_; }

  struct counters {
    std::uint64_t requests = 0; ///< answered with outputs
    std::uint64_t failures = 0; ///< answered with an error
    std::uint64_t batches = 0;
    std::uint32_t queued_rows = 0;
    std::uint32_t queued_requests = 0;
    std::uint32_t runners = 0;
  };
  counters count() const;

  /// For who chooses between this pool and another.
  struct load_view {
    std::uint32_t requests = 0; ///< waiting or running
    std::uint32_t runners = 0;  ///< 0, too, once closed
    bool takes_at_once = false; ///< what waits and one more fit into the next batches of idle runners
  };
  load_view load() const;
  pool_statistics statistics() const { return counted_.read(clock_); }
  work_counters work() const { return counted_.work(); }
  /// For the runner: where it counts what became of a batch's requests, before it tells them.
  statistics_counter& counted() { return counted_; }
  /// For the runner: the outputs that it is about to give the request, for those who ask the same, if the version caches.
  void remember(const inference_request& request, const std::vector<tensor_view>& outputs);

private:
  struct slot {
    std::shared_ptr<batch_runner> runner;
    bool busy = false;
    bool detached = false;
    std::uint32_t requests = 0; ///< of the batch under way
    std::uint32_t rows = 0;     ///< of that batch, which began then
    steady_time since{};
    bool measured = false; ///< it tells how long a batch takes
  };

  /// Why a request leaves the queue unserved.
  enum class drop_reason { late, timed_out, hopeless, abandoned };
  struct dropped_request {
    request_ptr request;
    drop_reason why = drop_reason::late;
  };
  using drop_list = std::vector<dropped_request>;

  /// What was decided under the lock and is done without it.
  struct turn {
    batch work; ///< empty if nothing is to be run
    drop_list dropped;
    event_loop* wake_on = nullptr; ///< who looks again after `wake_after`; null: nobody needs to
    std::chrono::nanoseconds wake_after{0};
  };

  /// What becomes of requests: `draining` serves those that are there, `refusing` none.
  enum class phase { open, draining, refusing };

  /// Why the request may not enter the queue. Needs the lock.
  result<void> admit(const inference_request& request, steady_time now) const;
  /// Answers the request if its answer is cached; else it stays.
  bool answer_from_cache(request_ptr& request, steady_time now);
  result<void> has_room(const inference_request& request) const;
  /// What the runner of an idle slot does next. Needs the lock, as do the four below.
  turn take(slot& idle, steady_time now);
  /// How many requests from the front run now; those that can't be in time are dropped.
  batch_start plan(steady_time now, drop_list& dropped);
  /// Lists in `scratch_` what the next batch may be made of.
  void look_at_front(steady_time now, drop_list& dropped);
  void drop_hopeless(std::size_t count, steady_time latest, drop_list& dropped);
  /// Asks for a look after that time, if none comes sooner.
  void wake_later(std::chrono::nanoseconds wait, steady_time now, turn& next);
  /// For `request_queue::walk`: what its deadline and its timeout make of a request.
  request_queue::step sift(request_ptr& request, steady_time now, drop_list& dropped) const;
  /// Carries out what `take` decided, without the lock.
  void carry_out(turn next, batch_runner* runner);
  void on_wake();
  /// Puts requests that were taken back to where they were, or refuses them if nobody will take them again.
  void put_back(std::vector<request_ptr> requests);
  /// Who may take a batch now, or null. Needs the lock.
  slot* find_idle();
  void put_into_quarantine(const std::vector<request_ptr>& poisoned, const std::string& reason);
  slot* find(const batch_runner* runner);
  void erase(const slot* gone);
  void refuse_counted(request_ptr request, const error& why);
  /// For what comes to a closed pool: another place has it, or it is refused.
  void turn_away(request_ptr request);
  void refuse_dropped(drop_list dropped);
  static error to_error(drop_reason why);

  const version_id id_;
  const model_spec spec_;
  const clock& clock_;
  event_sink& events_;
  mutable std::mutex mutex_;
  request_queue queue_;
  batch_time_estimate estimate_;
  std::optional<steady_time> wake_at_; ///< when somebody looks again, if somebody was asked to
  std::vector<slot> slots_;
  std::vector<waiting_request> scratch_;
  phase phase_ = phase::open;
  quarantine quarantine_;
  std::atomic<bool> has_quarantined_{false}; ///< so that no input is hashed while none is
  std::atomic<std::uint64_t> batches_{0};
  statistics_counter counted_;
  std::optional<response_cache> cache_; ///< if the version has one
};

} // namespace troupe
