#pragma once

#include "runtime/gateway/byte_budget.hpp"
#include "runtime/gateway/caller.hpp"
#include "runtime/gateway/counted.hpp"
#include "runtime/gateway/gathering_stream.hpp"
#include "runtime/gateway/http_input.hpp"
#include "runtime/gateway/http_service.hpp"
#include "runtime/gateway/sweep.hpp"

#include <kj/async-io.h>

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>

namespace troupe {

/// What the HTTP connections of a loop share. Belongs to the loop's thread, but for the count and the budget.
struct http_lane {
  kj_loop& loop;
  http_service service;
  sweep deadlines;
  byte_budget& bodies;
  std::atomic<std::uint32_t>& under_way; ///< requests that are at a model, and answers that are being sent
};

/// A client's connection: its requests, one after the other, each with its answer (RFC 9112). What the client sends ahead stays with it but for
/// a buffer's worth.
///
///     idle --first byte--> head --whole--> body --whole--> running --reply--> answering --sent--> idle, or leaving
///                            `--refused-------`-----------------------------------^
///     leaving: everything is said; until the client hangs up, so that it can read it
///
/// Each state but `running` has a time limit: past it the client hears 408 in `head` and `body`, and in the others it is hung up on. A client
/// that breaks the connection takes its request back. One that only stops sending may still read, and mostly doesn't: an interim answer makes
/// its machine tell which it is.
class http_connection final : public sweep::member {
public:
  http_connection(http_lane& lane, kj::Own<kj::AsyncIoStream> socket, caller who);
  ~http_connection() noexcept;

  /// Serves until the client has gone. Once.
  kj::Promise<void> serve();
  void look(kj::TimePoint now) override;

private:
  enum class state { idle, head, body, running, answering, leaving };

  kj::TimePoint now() const;
  void enter(state next, std::chrono::milliseconds patience);
  /// What the client hasn't taken is forgotten, by the kernel too, once the connection ends.
  void stop_sending();
  void end();
  /// Does this from now on, and nothing else; then ends.
  void work(kj::Promise<void> next);

  kj::Promise<void> serve_all(std::chrono::milliseconds patience);
  /// False: there is no further request.
  kj::Promise<bool> take_head();
  kj::Promise<void> serve_one();
  kj::Promise<received_body> receive();
  kj::Promise<http_reply> run(http_body body);
  kj::Promise<void> refuse_unread(http_reply why);
  kj::Promise<void> refuse(http_reply why);
  kj::Promise<void> send(http_reply reply);
  kj::Promise<void> leave();
  kj::Promise<void> discard(std::size_t left);
  void on_end_of_input();

  http_lane& lane_;
  const gateway_options& options_;
  const caller who_;
  gathering_stream stream_;
  http_input input_;
  state state_ = state::idle;
  std::optional<kj::TimePoint> until_;
  http_head_reader reader_;
  http_head head_;
  http_plan plan_;
  bool stays_ = true;                ///< after the answer
  std::optional<counted> under_way_; ///< the request
  kj::Own<kj::PromiseFulfiller<void>> ended_;
  kj::Promise<void> interim_ = kj::READY_NOW;
  kj::Promise<void> gone_ = kj::READY_NOW;
  kj::Promise<void> work_ = kj::READY_NOW; ///< last: dropped before what it uses
};

} // namespace troupe
