#pragma once

#include "runtime/cli/exit_code.hpp"
#include "runtime/cli/interrupt.hpp"

#include "schemas/control.capnp.h"

#include <capnp/rpc-twoparty.h>
#include <capnp/schema.h>
#include <kj/async-io.h>
#include <kj/exception.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace troupe {

/// Keeps KJ's own log lines off stderr in this thread for as long as it lives, on the stack. What they say reaches the user as
/// errors.
class quiet_kj : public kj::ExceptionCallback {
public:
  void logMessage(kj::LogSeverity, const char*, int, int, kj::String&&) override {}
};

/// The node's limits, as Session.limits tells them.
struct node_limits {
  std::uint64_t message_bytes_max = 0;
  std::uint64_t artifact_bytes_max = 0;
  std::uint64_t chunk_bytes_max = 0;
  std::chrono::microseconds default_deadline{0};
};

/// Who asks, for the node's records: "anna@laptop (troupe-cli 0.1.0)".
std::string client_text();

/// A session with a node, and this thread's KJ loop. One a thread; used on that thread only. Everything fails by command_failure.
class client {
public:
  /// The longest that a node may take to accept a connection and open a session.
  static constexpr std::chrono::seconds connect_timeout{5};
  /// The longest for a call that does nothing long.
  static constexpr std::chrono::seconds call_timeout{30};

  /// Connects to "HOST:PORT" and opens an anonymous session. bad_usage if that is no address; no_node if nobody answers there, or
  /// nobody who speaks our protocol.
  explicit client(const std::string& address);

  const std::string& address() const { return address_; }
  const node_limits& limits() const { return limits_; }
  schema::Control::Client& control() { return *control_; }
  schema::Inference::Client& inference() { return *inference_; }
  kj::WaitScope& wait_scope() { return io_.waitScope; }
  kj::Timer& timer() { return io_.provider->getTimer(); }

  /// Runs the loop until the promise is done. no_node if the connection is lost, timed_out past `timeout`, interrupted by Ctrl-C
  /// after on_interrupt, failed if the node raises an exception.
  template <class T>
  T wait(kj::Promise<T> promise, std::chrono::nanoseconds timeout = call_timeout) {
    try {
      return run(kj::mv(promise), timeout);
    } catch (const kj::Exception& e) {
      throw failure_of(e);
    }
  }

  /// Sends a call and waits for its answer; ends as `wait` does. failed, with both versions, if the node doesn't know the call.
  template <class Params, class Results>
  capnp::Response<Results> ask(capnp::Request<Params, Results> call, std::chrono::nanoseconds timeout = call_timeout) {
    try {
      return run<capnp::Response<Results>>(call.send(), timeout);
    } catch (const kj::Exception& e) {
      if (e.getType() == kj::Exception::Type::UNIMPLEMENTED)
        throw unknown_call(capnp::Schema::from<Params>().getShortDisplayName());
      throw failure_of(e);
    }
  }

  void pause(std::chrono::nanoseconds length);

  /// From now on Ctrl-C doesn't end the process but what is waited for: by command_failure (interrupted) with this message.
  void on_interrupt(std::string message);

  /// What an exception from KJ or from the node means to the user.
  command_failure failure_of(const kj::Exception& e) const;
  command_failure timeout_failure(std::chrono::nanoseconds timeout) const;

private:
  template <class T>
  T run(kj::Promise<T> promise, std::chrono::nanoseconds timeout) {
    auto nothing = [] { return std::optional<T>(); };
    auto outcome = promise.then([](T&& value) { return std::optional<T>(kj::mv(value)); })
                       .exclusiveJoin(timer().afterDelay(timeout.count() * kj::NANOSECONDS).then(nothing))
                       .exclusiveJoin(interrupted().then(nothing))
                       .wait(wait_scope());
    if (outcome)
      return std::move(*outcome);
    if (interrupt_ && interrupt_->happened())
      throw command_failure(exit_code::interrupted, interrupt_message_);
    throw timeout_failure(timeout);
  }

  kj::Promise<void> interrupted();
  command_failure unknown_call(kj::StringPtr params_name);
  void connect();
  void open_session();
  capnp::Response<schema::Login::AnonymousResults>
  first_answer(kj::Promise<capnp::Response<schema::Login::AnonymousResults>> answer);

  std::string address_;
  kj::AsyncIoContext io_;
  kj::Own<kj::AsyncIoStream> stream_;
  std::optional<capnp::TwoPartyVatNetwork> network_;
  std::optional<capnp::RpcSystem<capnp::rpc::twoparty::VatId>> rpc_;
  std::optional<schema::Session::Client> session_;
  std::optional<schema::Control::Client> control_;
  std::optional<schema::Inference::Client> inference_;
  node_limits limits_;
  std::optional<interrupt> interrupt_;
  std::string interrupt_message_;
};

} // namespace troupe
