#pragma once

#include "runtime/cli/exit_code.hpp"

#include "schemas/control.capnp.h"

#include <capnp/rpc-twoparty.h>
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

  /// Runs the loop until the promise is done. no_node if the connection is lost, timed_out past `timeout`, failed if the node
  /// raises an exception.
  template <class T>
  T wait(kj::Promise<T> promise, std::chrono::nanoseconds timeout = call_timeout) {
    auto late = [] { return std::optional<T>(); };
    try {
      auto outcome = promise.then([](T&& value) { return std::optional<T>(kj::mv(value)); })
                         .exclusiveJoin(timer().afterDelay(timeout.count() * kj::NANOSECONDS).then(late))
                         .wait(wait_scope());
      if (outcome)
        return std::move(*outcome);
    } catch (const kj::Exception& e) {
      throw failure_of(e);
    }
    throw timeout_failure(timeout);
  }

  /// What an exception from KJ or from the node means to the user.
  command_failure failure_of(const kj::Exception& e) const;
  command_failure timeout_failure(std::chrono::nanoseconds timeout) const;

private:
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
};

} // namespace troupe
