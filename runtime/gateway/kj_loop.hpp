#pragma once

#include "runtime/serving/event_loop.hpp"
#include "runtime/serving/spread.hpp"

#include <kj/async-io.h>
#include <kj/async-unix.h>

#include <atomic>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

namespace troupe {

/// A gateway thread: one KJ event loop. What other threads want of it goes through an outbox (mutex, vector, eventfd), which is 2–3 times
/// cheaper than KJ's cross-thread fulfillers.
class kj_loop final : public event_loop {
public:
  /// Told, on the loop's thread, what KJ would write to stderr (mostly clients that hang up in the middle).
  using complaint_handler = std::function<void(const std::string& text)>;

  /// Starts the thread; returns when the loop runs.
  kj_loop(std::string name, complaint_handler on_complaint);
  ~kj_loop() override;

  /// A loop that is stopped runs on for so long, so that answers that were just given still reach their sockets.
  static constexpr kj::Duration linger = 20 * kj::MILLISECONDS;

  /// Stops the loop and joins its thread: promises and tasks that are left are dropped on it, later posts at once. Whoever may still post
  /// needs the object to live on. Any number of times, from one thread.
  void stop();

  bool is_current() const override;
  void post(std::function<void()> task) override;
  void call_after(std::chrono::nanoseconds delay, std::function<void()> task) override;
  void watch(int fd, std::function<void()> on_ready) override;
  void unwatch(int fd) override;

  // -- on the loop's thread only ------------------------------------------------------------------------------------------------------

  kj::AsyncIoContext& io() { return *io_; }
  /// `spread::dispatch` at the end of this turn of the loop: requests that arrived together run together.
  void dispatch_later(const std::shared_ptr<spread>& target);
  /// Runs until done or the loop stops; a failure is a complaint.
  void keep(kj::Promise<void> work);

private:
  struct watched;

  void run(std::promise<void>& started);
  void start_watching(int fd, std::function<void()> on_ready);
  kj::Promise<void> observe(std::shared_ptr<watched> target);
  /// Calls what somebody else gave us; what it throws is a complaint.
  void call(const std::function<void()>& task);
  void run_posted();
  void dispatch_now();

  const std::string name_;
  const complaint_handler on_complaint_;
  int doorbell_;
  std::mutex mutex_;
  std::vector<std::function<void()>> outbox_;
  bool rung_ = false;
  bool stopped_ = false;

  std::atomic<std::thread::id> id_{}; ///< of the loop's thread

  // Below: the loop thread's own.
  kj::AsyncIoContext* io_ = nullptr;
  kj::TaskSet* tasks_ = nullptr;
  kj::PromiseFulfiller<void>* stop_ = nullptr;
  std::unordered_map<int, std::shared_ptr<watched>> watched_;
  std::vector<std::shared_ptr<spread>> waiting_targets_;
  std::vector<std::shared_ptr<spread>> dispatching_;

  std::thread thread_; // last: it uses all of the above
};

} // namespace troupe
