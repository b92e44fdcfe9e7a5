#pragma once

#include <chrono>
#include <optional>
#include <string>

namespace troupe {

/// Tells the service manager how the node is (sd_notify(3)). Without one, every call does nothing. Any thread.
class service_notifier {
public:
  /// By $NOTIFY_SOCKET (a path, or "@name" of an abstract socket) and $WATCHDOG_USEC, $WATCHDOG_PID; takes them out of the environment, so
  /// that no host speaks for the node. Before any other thread.
  static service_notifier from_environment();

  service_notifier() = default;
  explicit service_notifier(std::string socket, std::optional<std::chrono::microseconds> watchdog = {})
    : socket_(std::move(socket)), watchdog_(watchdog) {}

  void starting(std::chrono::microseconds patience) const { send("STATUS=starting\n" + extension(patience)); }
  void ready(const std::string& address) const { send("READY=1\nSTATUS=serves on " + address); }
  void stopping(std::chrono::microseconds patience) const {
    send("STOPPING=1\nSTATUS=finishes what it accepted\n" + extension(patience));
  }
  void alive() const { send("WATCHDOG=1"); }

  /// How often at least the manager wants to hear that the node is alive; nothing: never.
  std::optional<std::chrono::microseconds> watchdog() const { return watchdog_; }

private:
  static std::string extension(std::chrono::microseconds patience) {
    return "EXTEND_TIMEOUT_USEC=" + std::to_string(patience.count());
  }
  void send(const std::string& state) const;

  std::string socket_;
  std::optional<std::chrono::microseconds> watchdog_;
};

} // namespace troupe
