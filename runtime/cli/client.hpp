#pragma once

#include "runtime/cli/client_loop.hpp"
#include "runtime/cli/node_target.hpp"

#include "schemas/control.capnp.h"

#include <capnp/rpc-twoparty.h>
#include <capnp/schema.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace troupe {

/// The node's limits, as Session.limits tells them.
struct node_limits {
  std::uint64_t message_bytes_max = 0;
  std::uint64_t artifact_bytes_max = 0;
  std::uint64_t chunk_bytes_max = 0;
  std::chrono::microseconds default_deadline{0};
};

/// Who asks, for the node's records: "anna@laptop (troupe-cli 0.1.0)".
std::string client_text();
/// The user's name on this machine.
std::string user_name();

/// A session with a node. Used on its loop's thread only. Everything fails by command_failure.
class client {
public:
  /// The longest that a node may take to accept a connection and open a session.
  static constexpr std::chrono::seconds connect_timeout{5};
  /// The longest for a call that does nothing long.
  static constexpr std::chrono::seconds call_timeout{30};

  /// Connects and opens a session. bad_usage if the address is none; no_node if nobody answers there, or nobody who speaks our protocol; failed where
  /// either end doesn't trust the other.
  client(client_loop& loop, const node_target& target);
  /// The same, with a loop of its own.
  explicit client(const node_target& target);

  const std::string& address() const { return address_; }
  const node_limits& limits() const { return limits_; }
  schema::Control::Client& control() { return control_; }
  schema::Inference::Client& inference() { return inference_; }
  client_loop& loop() { return loop_; }
  kj::Timer& timer() { return loop_.timer(); }

  /// Runs the loop until the promise is done. no_node if the connection is lost, timed_out past `timeout`, interrupted by Ctrl-C
  /// after on_interrupt, failed if the node raises an exception.
  template <class T>
  T wait(kj::Promise<T> promise, std::chrono::nanoseconds timeout = call_timeout) {
    try {
      return loop_.wait(kj::mv(promise), timeout, address_);
    } catch (const kj::Exception& e) {
      throw failure_of(e, address_);
    }
  }

  /// Sends a call and waits for its answer; ends as `wait` does. failed, with both versions, if the node doesn't know the call.
  template <class Params, class Results>
  capnp::Response<Results> ask(capnp::Request<Params, Results> call, std::chrono::nanoseconds timeout = call_timeout) {
    try {
      return loop_.wait<capnp::Response<Results>>(call.send(), timeout, address_);
    } catch (const kj::Exception& e) {
      if (e.getType() == kj::Exception::Type::UNIMPLEMENTED)
        throw unknown_call(capnp::Schema::from<Params>().getShortDisplayName());
      throw failure_of(e, address_);
    }
  }

  void pause(std::chrono::nanoseconds length);

  /// The loop's: from now on Ctrl-C ends what is waited for, by command_failure (interrupted) with this message.
  void on_interrupt(std::string message) { loop_.on_interrupt(std::move(message)); }

private:
  client(std::unique_ptr<client_loop> loop, const node_target& target);
  command_failure unknown_call(kj::StringPtr params_name);
  void connect(const node_target& target);
  void open_session();
  capnp::Response<schema::Login::AnonymousResults>
  first_answer(kj::Promise<capnp::Response<schema::Login::AnonymousResults>> answer);

  std::unique_ptr<client_loop> own_loop_; ///< null: another's
  client_loop& loop_;
  std::string address_;
  kj::Own<kj::AsyncIoStream> stream_;
  std::optional<capnp::TwoPartyVatNetwork> network_;
  std::optional<capnp::RpcSystem<capnp::rpc::twoparty::VatId>> rpc_;
  schema::Session::Client session_ = nullptr;
  schema::Control::Client control_ = nullptr;
  schema::Inference::Client inference_ = nullptr;
  node_limits limits_;
};

} // namespace troupe
