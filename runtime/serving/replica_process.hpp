#pragma once

#include "runtime/serving/host_channel.hpp"
#include "runtime/serving/host_context.hpp"

#include <array>
#include <chrono>
#include <optional>

namespace troupe {

/// One replica host, from the wish for it to its end. Everything runs on the watch's thread unless it says otherwise.
///
///     forking --on_forked--> starting --its first ring--> serving --its end--> gone
///        `--on_not_forked------`--its end, or too late--> gone
class replica_process : public std::enable_shared_from_this<replica_process> {
public:
  /// A fork takes milliseconds: a version template that hasn't reported one after this long (or the load_timeout, if that is shorter) hangs.
  static constexpr std::chrono::seconds fork_patience{10};

  /// Shared memory and doorbells for a replica that serves `target`. It must be forked by `fork_deadline`, and up within the load_timeout.
  static result<std::shared_ptr<replica_process>> prepare(std::shared_ptr<host_context> context, replica_number number,
                                                          std::shared_ptr<pool> target, replica_events events);

  replica_number number() const { return number_; }
  steady_time fork_deadline() const { return fork_deadline_; }
  /// What the host gets: shared memory, work eventfd, done eventfd.
  std::array<int, 3> descriptors() const { return {memory_->fd(), work_.get(), done_.get()}; }
  std::uint64_t memory_bytes() const { return memory_->size(); }

  void on_forked(std::shared_ptr<child_process> child);
  void on_not_forked(const error& why);

  pid_t pid() const { return child_->pid(); }
  /// Out of the pool and killed, at once. Any thread, once it has been ready.
  void kill();
  /// As `kill`; `exited` never begins after this. Any thread, once it has been ready.
  void close();
  std::shared_ptr<batch_runner> runner() const { return channel_; }

private:
  enum class phase { forking, starting, serving, gone };

  replica_process(std::shared_ptr<host_context> context, replica_number number, std::shared_ptr<pool> target,
                  replica_events events, shared_memory memory);

  void on_first_ring();
  void serve();
  void on_tick(steady_time now);
  void on_exit(const std::string& reason);
  /// Kills it for a reason of the node's, which becomes the reason of its exit.
  void condemn(const std::string& reason);
  void fail_start(const error& why);
  void stop_listening();

  const std::shared_ptr<host_context> context_;
  const replica_number number_;
  const std::shared_ptr<pool> target_;
  const host_geometry geometry_;
  const steady_time fork_deadline_;
  const steady_time deadline_;
  phase phase_ = phase::forking;
  std::optional<shared_memory> memory_; ///< the channel's, once it serves
  unique_fd work_;
  unique_fd done_;
  std::shared_ptr<child_process> child_;
  std::shared_ptr<host_channel> channel_;
  std::optional<scoped_ticker> ticker_;
  steady_time last_tick_{};
  std::string doom_; ///< why the node killed it; "" if it did not
  std::mutex events_mutex_;
  replica_events events_;
};

} // namespace troupe
