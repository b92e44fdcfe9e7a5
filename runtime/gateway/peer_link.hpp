#pragma once

#include "runtime/gateway/kj_loop.hpp"
#include "runtime/gateway/peer_channel.hpp"
#include "runtime/gateway/peer_trust.hpp"
#include "runtime/gateway/pending_question.hpp"

#include <memory>
#include <string>
#include <vector>

namespace troupe {

struct peer_client_options {
  std::uint64_t message_bytes_max = 64ULL << 20;
  std::chrono::milliseconds connect_timeout{1000}; ///< to resolve, connect, and greet
  /// After a connection that couldn't be made, questions are refused for so long before the next try; doubled each time up to `rest_max`.
  std::chrono::milliseconds rest_base{50};
  std::chrono::milliseconds rest_max{1000};
  std::uint32_t questions_max = 4096; ///< under way to one node; the next is overloaded
};

/// The way to one node at one address: at most one connection, made when something is asked. Lives on the loop's thread.
///
///     closed --asked--> connecting --greeted--> open --broke, or the node's certificate is over--> closed
///                          `--failed--> resting --asked after a while--> connecting
class peer_link {
public:
  /// All outlive it.
  peer_link(kj_loop& loop, const clock& time, const peer_self& self, const peer_trust& trust, const peer_dialler& dial,
            const peer_client_options& options, peer_address whom);

  const peer_address& whom() const { return whom_; }
  void ask(std::shared_ptr<pending_question> what);

private:
  enum class phase { closed, connecting, open, resting };

  /// Resolves when there is a channel, or with why there is none.
  kj::Promise<result<void>> opened();
  void connect();
  /// Until when the other end's certificate holds.
  kj::Promise<result<wall_time>> greet(kj::Own<kj::AsyncIoStream> stream);
  result<wall_time> judge(const peer_greeting& theirs) const;
  void on_connected(const result<wall_time>& until);
  void open_until(wall_time until);
  void rest(const error& why);
  void on_broken();
  kj::Promise<result<peer_answer>> send(pending_question& what);

  error unreachable(const std::string& why) const;
  error broke_off(const kj::Exception& why) const;
  kj::Timer& timer() { return loop_.io().provider->getTimer(); }

  kj_loop& loop_;
  const clock& time_;
  const peer_self& self_;
  const peer_trust& trust_;
  const peer_dialler& dial_;
  const peer_client_options& options_;
  const peer_address whom_;

  phase phase_ = phase::closed;
  error why_resting_;
  kj::TimePoint rested_ = kj::origin<kj::TimePoint>(); ///< from when on the next try may be made
  std::chrono::milliseconds next_rest_;
  std::uint32_t under_way_ = 0;
  kj::Own<peer_channel> channel_; ///< of open, and while it greets
  std::vector<kj::Own<kj::PromiseFulfiller<result<void>>>> waiting_;
  kj::TaskSet tasks_; ///< last: dropped before what it uses
};

} // namespace troupe
