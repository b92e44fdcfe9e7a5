#pragma once

#include "actors/peer_desk.hpp"
#include "runtime/gateway/bridge.hpp"
#include "schemas/join.capnp.h"

#include <kj/async-io.h>

#include <string>

namespace troupe {

/// What a node tells those who join of itself.
struct join_facts {
  std::string cluster_id;
  std::string listen; ///< where clients come in
  std::string http;   ///< likewise; "": nowhere
};

/// Serves those who want to join, on one loop, which must be stopped before it is destroyed.
class join_server {
public:
  join_server(kj_loop& loop, caf::actor_system& system, const peer_desk& desk, join_facts told)
    : loop_(loop), actors_(system, loop), desk_(desk), told_(std::move(told)) {}

  /// Serves a connection until it ends; half a minute at most. On the loop's thread.
  kj::Promise<void> serve(kj::Own<kj::AsyncIoStream> stream);

private:
  friend class join_service;

  kj_loop& loop_;
  bridge actors_;
  const peer_desk& desk_;
  const join_facts told_;
};

/// The bootstrap capability of a join connection: each call is a question to the registrar.
class join_service final : public schema::Join::Server {
public:
  explicit join_service(join_server& server);

protected:
  kj::Promise<void> begin(BeginContext call) override;
  kj::Promise<void> enrol(EnrolContext call) override;
  kj::Promise<void> user(UserContext call) override;

private:
  kj::Promise<result<peer_answer>> ask(peer_question what);

  join_server& server_;
  const std::string nonce_;
};

} // namespace troupe
