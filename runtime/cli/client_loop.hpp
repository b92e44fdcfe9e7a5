#pragma once

#include "runtime/cli/exit_code.hpp"
#include "runtime/cli/interrupt.hpp"

#include <kj/async-io.h>
#include <kj/exception.h>

#include <chrono>
#include <optional>
#include <string>

namespace troupe {

/// Keeps KJ's own log lines off stderr in this thread for as long as it lives, on the stack. What they say reaches the user as
/// errors.
class quiet_kj : public kj::ExceptionCallback {
public:
  void logMessage(kj::LogSeverity, const char*, int, int, kj::String&&) override {}
};

/// What the node at `address` said as it ended the connection, or why the two don't trust each other; nothing if that is not what happened.
std::optional<command_failure> refusal_in(const kj::Exception& e, const std::string& address);
/// What an exception from KJ, or from the node at `address`, means to the user.
command_failure failure_of(const kj::Exception& e, const std::string& address);
command_failure timeout_failure(std::chrono::nanoseconds timeout, const std::string& address);

/// This thread's KJ loop. One a thread; used on that thread only.
class client_loop {
public:
  client_loop() : io_(kj::setupAsyncIo()) {}
  client_loop(const client_loop&) = delete;
  client_loop& operator=(const client_loop&) = delete;

  kj::WaitScope& scope() { return io_.waitScope; }
  kj::Timer& timer() { return io_.provider->getTimer(); }
  kj::Network& network() { return io_.provider->getNetwork(); }
  kj::AsyncIoProvider& provider() { return *io_.provider; }
  kj::UnixEventPort& events() { return io_.unixEventPort; }

  /// Runs the loop until the promise is done. command_failure timed_out past `timeout`, interrupted by Ctrl-C after on_interrupt; else what the
  /// promise fails with. `address` is for messages.
  template <class T>
  T wait(kj::Promise<T> promise, std::chrono::nanoseconds timeout, const std::string& address) {
    auto outcome =
        promise.then([](T&& value) { return std::optional<T>(kj::mv(value)); })
            .exclusiveJoin(timer().afterDelay(timeout.count() * kj::NANOSECONDS).then([] { return std::optional<T>(); }))
            .exclusiveJoin(interrupted().then([] { return std::optional<T>(); }))
            .wait(scope());
    if (outcome)
      return std::move(*outcome);
    if (auto interruption = this->interruption())
      throw command_failure(*interruption);
    throw timeout_failure(timeout, address);
  }

  /// From now on Ctrl-C doesn't end the process but what is waited for: by command_failure (interrupted) with this message.
  void on_interrupt(std::string message);
  /// Done at Ctrl-C after on_interrupt; never before that. One at a time.
  kj::Promise<void> interrupted();
  /// What a wait ends with, once Ctrl-C has come.
  std::optional<command_failure> interruption() const;

private:
  kj::AsyncIoContext io_;
  std::optional<interrupt> interrupt_;
  std::string interrupt_message_;
};

} // namespace troupe
