#pragma once

#include "runtime/serving/process_hosts_messages.hpp"
#include "runtime/serving/replica_process.hpp"

#include <map>

namespace troupe {

/// One version template, from the wish for it to its end. Everything runs on the watch's thread unless it says otherwise.
///
///     starting --on_started--> loading --"ready"--> ready --its end--> gone
///        `--on_not_started-------`--its end, "failed", too late, cancelled--> gone
///
/// What it sends is not trusted: a packet that is wrong or unasked for condemns it.
class version_process : public std::enable_shared_from_this<version_process> {
public:
  version_process(std::shared_ptr<host_context> context, version_id id, model_spec spec, unique_fd control,
                  template_events events);

  void on_started(std::shared_ptr<child_process> child);
  void on_not_started(const error& why);

  // From here, any thread.

  void post_fork(replica_number number, std::shared_ptr<pool> target, replica_events events);
  /// If the load hasn't been answered yet: it never is, and the process is killed.
  void cancel_load();
  /// Kills it; `exited` never begins after this. Replicas being forked are answered with an error.
  void close();
  pid_t pid() const { return child_->pid(); } ///< once it is ready

private:
  enum class phase { starting, loading, ready, gone };

  void fork_replica(replica_number number, std::shared_ptr<pool> target, replica_events events);
  void on_readable();
  void on_packet(packet& given);
  void on_ready();
  void on_failed(const version_failed& message);
  void on_forked(const replica_forked& message, packet& given);
  void on_tick(steady_time now);
  void on_exit(const std::string& reason);
  void end();
  void end_silent();
  /// Kills it for a reason of the node's, which becomes the reason of its exit, and hears no more of it.
  void condemn(const std::string& reason);
  void answer_load(const error& why);
  error crash_while_loading(const std::string& reason) const;

  const std::shared_ptr<host_context> context_;
  const version_id id_;
  const model_spec spec_;
  phase phase_ = phase::starting;
  unique_fd control_;
  bool cancelled_ = false;
  std::shared_ptr<child_process> child_;
  steady_time load_deadline_{};
  std::map<replica_number, std::shared_ptr<replica_process>> forking_;
  std::optional<scoped_ticker> ticker_;
  std::optional<error> load_error_; ///< what the template, or the node on killing it, said of a load that failed
  std::string doom_;                ///< why the node killed it; "" if it did not
  std::mutex events_mutex_;
  template_events events_;
};

} // namespace troupe
