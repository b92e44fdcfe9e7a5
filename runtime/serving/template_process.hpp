#pragma once

#include "runtime/serving/host_context.hpp"
#include "runtime/serving/process_hosts_messages.hpp"

#include <deque>
#include <optional>

namespace troupe {

/// The one process that all version templates are forked from. Started at once and again whenever it dies, with growing
/// delays if it dies young without having forked anything. Everything runs on the watch's thread.
///
///     up --its end--> down --delay--> up            closed: after `close`, for good
class template_process : public std::enable_shared_from_this<template_process> {
public:
  static constexpr std::chrono::milliseconds restart_delay_min{100};
  static constexpr std::chrono::milliseconds restart_delay_max{10000};
  /// How long it may take to answer, its own start included.
  static constexpr std::chrono::milliseconds answer_timeout{15000};

  using on_forked = std::function<void(result<std::shared_ptr<child_process>>)>;

  explicit template_process(std::shared_ptr<host_context> context) : context_(std::move(context)) {}

  void launch();
  /// Forks a version template that talks over `control` and loads `model`. Answered once, by `unavailable` if the template is
  /// or goes down.
  void fork_version(const packet_bytes& load, const unique_fd& control, const unique_fd& model, on_forked answer);
  /// Kills it; it stays dead.
  void close();

private:
  struct waiting {
    on_forked answer;
    steady_time deadline;
  };

  void on_readable();
  void on_answer(packet& given);
  result<std::shared_ptr<child_process>> adopt(pid_t pid, packet& given);
  void end_silent();
  void on_tick(steady_time now);
  void on_exit(const std::string& reason);
  void plan_restart(const std::string& reason);
  void condemn(const std::string& reason);

  const std::shared_ptr<host_context> context_;
  bool closed_ = false;
  unique_fd control_;
  std::shared_ptr<child_process> child_; ///< none: down
  std::deque<waiting> waiting_;
  steady_time started_{};
  std::chrono::milliseconds delay_{0};
  std::optional<steady_time> restart_at_;
  std::string down_reason_;
  std::string doom_;
  std::optional<scoped_ticker> ticker_;
};

} // namespace troupe
