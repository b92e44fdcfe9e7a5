#pragma once

#include "runtime/base/host_layout.hpp"
#include "runtime/serving/pool.hpp"
#include "runtime/serving/reply_check.hpp"
#include "runtime/serving/shared_memory.hpp"

#include <functional>
#include <string>

namespace troupe {

struct host_channel_options {
  std::shared_ptr<pool> target;
  const clock& time;
  event_loop& owner; ///< reads the replies
  shared_memory memory;
  host_geometry geometry;
  unique_fd work; ///< eventfd that wakes the host; non-blocking
  unique_fd done; ///< eventfd that the host rings; non-blocking
  /// The host lied: it must be killed, then `abandon` called. Any thread; once.
  std::function<void(std::string reason)> on_bad_reply;
};

/// A replica as its pool sees it: batches go into the host's shared memory, replies come back by doorbell, are checked and
/// answered.
///
///     idle --start--> busy --doorbell--> idle
///       |              |  `--bad reply--> broken
///       `--abandon-----`------abandon-----> dead <--abandon-- broken
///
/// Whoever moves it out of `busy` owns the batch, so a reply and a death that race answer it once. Thread-safe.
class host_channel final : public batch_runner, public std::enable_shared_from_this<host_channel> {
public:
  /// Idle shared memory above `trim_bytes_min` is given back after this long.
  static constexpr std::chrono::milliseconds trim_after{500};
  static constexpr std::uint64_t trim_bytes_min = 256 * 1024;

  /// A channel to a host that is up. It listens on `owner` until it is abandoned.
  static std::shared_ptr<host_channel> open(host_channel_options options);

  void start(batch work) override;

  /// Whether the batch under way has run longer than the version allows. Lock-free.
  bool overdue(steady_time now) const;
  /// This process stood still for so long, and saw no doorbell: the batch under way gets as much more. The thread that asks `overdue`.
  void extend(std::chrono::nanoseconds pause);
  /// The host is dead or condemned: the channel leaves its pool, and the batch under way, if there is one, goes to
  /// `pool::fail` (a trial's is answered with an error). Any number of calls, any thread.
  void abandon(const std::string& reason);
  /// Gives the memory of large tensors back once the channel has been idle for a while. Called every so often.
  void trim(steady_time now);

private:
  enum class phase { idle, busy, broken, dead };
  struct reply {
    batch work;
    done_status status = done_status::outputs;
  };

  explicit host_channel(host_channel_options options) : options_(std::move(options)) {}

  /// False if the batch doesn't fit. Needs the lock, as `take_reply` does not.
  bool write_work(const batch& work);
  void on_doorbell();
  /// Takes the batch out if the host answered it honestly; leaves `out` empty if it was abandoned. The error is the lie.
  result<void> take_reply(reply& out);
  /// The host was done at `done`.
  void answer_all(batch work, steady_time done);
  /// Each request its rows of `outputs_`.
  void give_outputs(batch& work);
  void fail_all(batch work, done_status status);
  void refuse_counted(batch work, const error& why);
  /// A batch that never began, on a host that is gone.
  void give_back(batch work);

  host_channel_options options_;
  std::mutex mutex_;
  phase phase_ = phase::idle;
  batch in_flight_;
  std::uint64_t sequence_ = 0;
  std::uint64_t touched_bytes_ = 0; ///< of the largest batch since the last trim
  std::uint64_t seen_sequence_ = 0; ///< at the last look for idleness
  steady_time idle_since_{};
  std::atomic<bool> answering_{false};                   ///< outputs are being read
  std::atomic<steady_time::rep> deadline_{0};            ///< 0: no batch under way
  std::atomic<steady_time::rep> waited_for_deadline_{0}; ///< of the same batch, if somebody waits for its replica

  // Only on the owner's thread; kept to save allocations.
  done_page page_;
  std::vector<tensor_view> outputs_;
  owned_strings strings_;
  std::vector<tensor_view> slice_;
};

} // namespace troupe
