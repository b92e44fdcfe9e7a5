#pragma once

#include "actors/peer_desk.hpp"
#include "runtime/gateway/bridge.hpp"
#include "runtime/gateway/peer_trust.hpp"
#include "schemas/peer.capnp.h"

#include <chrono>
#include <cstdint>
#include <string>

namespace troupe {

struct peer_service_options {
  std::uint64_t message_bytes_max = 64ULL << 20;
  std::chrono::milliseconds hello_timeout{5000}; ///< who has not greeted by then is closed
  std::uint32_t questions_max = 4096;            ///< of one connection at once; the next is overloaded
};

/// What the connections of one loop share. Belongs to that loop, which must be stopped before it is destroyed.
struct peer_context {
  peer_context(kj_loop& loop_, caf::actor_system& system, const peer_desk& desk_, const clock& time_, peer_self self_,
               peer_trust trust_, peer_service_options options_)
    : loop(loop_), actors(system, loop_), desk(desk_), time(time_), self(std::move(self_)), trust(std::move(trust_)),
      options(options_) {}

  kj_loop& loop;
  bridge actors;
  const peer_desk& desk;
  const clock& time;
  const peer_self self;
  const peer_trust trust;
  const peer_service_options options;
};

/// The bootstrap capability of a control connection, whose other end has proven to be a certain node.
class peer_login final : public schema::PeerLogin::Server {
public:
  /// `greeted` hears, at the first greeting that is good, until when the other end's certificate holds.
  peer_login(peer_context& context, std::string who, kj::Own<kj::PromiseFulfiller<wall_time>> greeted)
    : context_(context), who_(std::move(who)), greeted_(kj::mv(greeted)) {}

protected:
  kj::Promise<void> hello(HelloContext call) override;

private:
  result<wall_time> judge(schema::Greeting::Reader theirs) const;

  peer_context& context_;
  const std::string who_;
  kj::Own<kj::PromiseFulfiller<wall_time>> greeted_;
};

/// Answers another node: each question goes to the desk.
class peer_service final : public schema::Peer::Server {
public:
  peer_service(peer_context& context, std::string who) : context_(context), who_(std::move(who)) {}

protected:
  kj::Promise<void> ask(AskContext call) override;

private:
  peer_context& context_;
  const std::string who_;
  std::uint32_t under_way_ = 0;
};

} // namespace troupe
