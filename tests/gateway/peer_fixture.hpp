#pragma once

#include "runtime/gateway/acceptor.hpp"
#include "runtime/gateway/peer_client.hpp"
#include "runtime/gateway/peer_server.hpp"
#include "tests/gateway/raw_socket.hpp"
#include "tests/support/recorded_request.hpp"

#include <boost/test/unit_test.hpp>

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/send.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <atomic>
#include <future>
#include <memory>
#include <string>

namespace troupe {

using namespace std::chrono_literals;

/// An assignment of this revision is never answered; one of another is taken.
inline constexpr std::uint64_t never_answered = 666;

inline pools_actor::behavior_type obedient_pools(pools_actor::pointer self) {
  return {
      [](get_status) { return actor_status{}; },
      [](await_ready) { return ready{}; },
      [self](const assignment& what) -> caf::result<assignment_taken> {
        if (what.revision == never_answered)
          return self->make_response_promise<assignment_taken>();
        return assignment_taken{what.by, true};
      },
      [](get_report) { return node_report{}; },
      [](const pool_news&) {},
      [](const child_up&) {},
      [](const child_down&) {},
  };
}

inline assignment assignment_of(std::uint64_t revision, const std::string& leader_id) {
  return {{revision, leader_id, ""}, revision, {}, {}};
}

/// Trusts everybody, for a day; tests change what it says. A certificate is the node's id.
struct lenient_trust {
  std::atomic<bool> admits{true};
  std::atomic<bool> believes{true};
  std::atomic<std::int64_t> lasts_ms{24 * 3600 * 1000};
  std::atomic<std::uint64_t> epoch{0}; ///< in which the one leads that it follows
  std::atomic<std::uint64_t> heard{0}; ///< the same of the other end

  peer_trust of(const std::string& node_id) {
    return {[node_id] { return node_id; },
            [this](const std::string& certificate, const std::string& who) -> result<wall_time> {
              if (!believes || certificate != who)
                return error{error_code::permission_denied, "its certificate is not " + who + "'s"};
              return real_clock().wall_now() + std::chrono::milliseconds(lasts_ms);
            },
            [this](const std::string&) -> result<void> {
              if (!admits)
                return error{error_code::permission_denied, "it was removed from the cluster"};
              return {};
            },
            [this] { return leadership{epoch, "n7", "signed"}; }, [this](const leadership& lead) { heard = lead.epoch; }};
  }
};

inline void no_complaints(const std::string&) {}

/// A node that answers: its actors and its loop. Whoever connects is believed to be `client`.
struct answering_node {
  explicit answering_node(const std::string& id, peer_service_options options = {}, const std::string& client = "n2")
    : context(loop, system, desk, time, {id, "1.0"}, trust.of(id), options), client_id(client),
      door({&loop}, listen_on("127.0.0.1:0").value(), door_kind::rpc, clients,
           [this](std::size_t, kj::Own<kj::AsyncIoStream> stream) {
             ++accepted;
             return server.serve(kj::mv(stream), client_id);
           }) {
    pools = system.spawn(obedient_pools);
    actors.pools.set(pools);
  }
  ~answering_node() { stop(); }

  void stop() {
    loop.stop();
    caf::anon_send_exit(pools, caf::exit_reason::user_shutdown);
    actors.clear();
  }
  peer_address address() const { return {context.self.node_id, door.address()}; }

  real_clock time;
  lenient_trust trust;
  kj_loop loop{"answering", no_complaints};
  directory actors;
  caf::actor_system_config config;
  caf::actor_system system{config};
  pools_actor pools;
  peer_desk desk{system, actors};
  peer_context context;
  peer_server server{context};
  client_count clients{100};
  std::atomic<int> accepted{0};
  const std::string client_id;
  acceptor door;
};

/// What came of a question.
struct asked {
  std::shared_ptr<std::promise<result<peer_answer>>> told = std::make_shared<std::promise<result<peer_answer>>>();
  std::future<result<peer_answer>> answer = told->get_future();
  std::shared_ptr<std::atomic<int>> times = std::make_shared<std::atomic<int>>(0);

  std::function<void(result<peer_answer>)> listener() {
    return [told = told, times = times](result<peer_answer> outcome) {
      if (++*times == 1)
        told->set_value(std::move(outcome));
    };
  }
  bool is_open() const { return *times == 0; }
  result<peer_answer> wait() {
    BOOST_REQUIRE((answer.wait_for(10s) == std::future_status::ready));
    return answer.get();
  }
  error failure() {
    auto outcome = wait();
    BOOST_REQUIRE(!outcome);
    return outcome.failure();
  }
  std::uint64_t epoch() {
    auto outcome = wait();
    BOOST_REQUIRE_MESSAGE(outcome.ok(), (outcome ? "" : outcome.failure().message));
    return std::get<assignment_taken>(*outcome).by.epoch;
  }
};

} // namespace troupe
