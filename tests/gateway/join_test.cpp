#define BOOST_TEST_MODULE join
#include "actors/cluster_identity.hpp"
#include "actors/registrar.hpp"
#include "cluster/join_client.hpp"
#include "cluster/join_token.hpp"
#include "runtime/gateway/join_service.hpp"
#include "storage/memory_store.hpp"
#include "tests/gateway/cluster_fixture.hpp"

#include <caf/scoped_actor.hpp>

using namespace troupe;

namespace {

/// The one KJ loop of the test's own thread.
kj::AsyncIoContext& own_io() {
  static auto io = new kj::AsyncIoContext(kj::setupAsyncIo()); // never destroyed: at the end there may be events in its queue
  return *io;
}

/// The machine's clock, set wrong.
class wrong_clock final : public troupe::clock {
public:
  explicit wrong_clock(std::chrono::nanoseconds ahead) : ahead_(ahead) {}
  steady_time now() const override { return real_clock().now(); }
  wall_time wall_now() const override { return real_clock().wall_now() + ahead_; }

private:
  const std::chrono::nanoseconds ahead_;
};

/// The node that founded a cluster, with its registrar and its port.
struct leading_node {
  leading_node() {
    tested = system.spawn(registrar, registrar_options{time, events, records, node_1});
    actors.registrar.set(tested);
  }
  ~leading_node() {
    loop.stop();
    caf::anon_send_exit(tested, caf::exit_reason::user_shutdown);
    actors.clear();
  }

  cluster_handlers handlers() {
    cluster_handlers only_join;
    only_join.join = [this](kj::Own<kj::AsyncIoStream> stream) { return joining.serve(kj::mv(stream)); };
    return only_join;
  }
  join_token token(cluster_role role = cluster_role::node) {
    caf::scoped_actor asker(system);
    std::string text;
    asker->request(tested, 10s, create_token{role, 1h, 1, "ben"})
        .receive([&](const token_made& made) { text = made.text; }, [](const caf::error&) {});
    return parse_join_token(text).value();
  }
  join_seed seed() { return seed_of(token()); }
  join_seed seed_of(const join_token& token) { return {door.address(), token.cluster_id, token.authority_sha256}; }

  real_clock time;
  collected_events events;
  memory_store disk;
  cluster_store records{disk};
  cluster_record own = found_cluster(records, {node_1, "n1", "127.0.0.1:7551", {}}, {time.wall_now(), 24h}).value();
  kj_loop loop{"cluster", no_complaints};
  directory actors;
  caf::actor_system_config config;
  caf::actor_system system{config};
  registrar_actor tested;
  peer_desk desk{system, actors};
  join_server joining{loop, system, desk, {own.cluster_id, "0.0.0.0:7550", ""}};
  identity_holder identity{{own.authority_pem, own.node_certificate_pem, own.node_key_pem}};
  cluster_door door{loop, {}, listen_on("127.0.0.1:0").value(), identity, time, events, handlers()};
};

struct joining_node {
  private_key key = private_key::make();

  join_request request(const std::string& secret) const {
    join_request who;
    who.token_secret = secret;
    who.node_id = node_2;
    who.name = "n2";
    who.address = ":7552";
    who.public_key = key.public_key();
    return who;
  }
  result<enrolled> join(const join_seed& seed, const std::string& secret, const troupe::clock& time) const {
    auto& io = own_io();
    return join_cluster(*io.provider, time, seed, request(secret), key).wait(io.waitScope);
  }
  error failure(const join_seed& seed, const std::string& secret, const troupe::clock& time) const {
    auto outcome = join(seed, secret, time);
    BOOST_REQUIRE(!outcome);
    return outcome.failure();
  }
};

const real_clock machine_clock;

} // namespace

BOOST_AUTO_TEST_SUITE(join_suite)

BOOST_AUTO_TEST_CASE(nobody_at_the_address_is_unavailable) {
  leading_node n1;
  auto seed = n1.seed();
  seed.address = [] { return listen_on("127.0.0.1:0").value().address; }(); // closed again
  auto why = joining_node().failure(seed, "", machine_clock);
  BOOST_TEST((why.code == error_code::unavailable));
  BOOST_TEST(why.message == "cannot join through " + seed.address + ": connect(): Connection refused");
}

BOOST_AUTO_TEST_CASE(a_token_of_another_cluster_is_told_apart_before_anything_is_shown) {
  leading_node n1;
  leading_node other;
  auto token = other.token();
  auto why = joining_node().failure({n1.door.address(), token.cluster_id, token.authority_sha256}, token.secret, machine_clock);
  BOOST_TEST((why.code == error_code::permission_denied));
  BOOST_TEST(why.message.find("belongs to another cluster than this token") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_node_that_can_not_prove_that_it_is_of_the_cluster_is_not_joined) {
  leading_node n1;
  test_cluster impostor;
  auto forged = impostor.identity_of(node_1);
  n1.identity.set({n1.own.authority_pem, forged.certificate, forged.key});
  auto token = n1.token();
  auto why = joining_node().failure(n1.seed_of(token), token.secret, machine_clock);
  BOOST_TEST((why.code == error_code::unavailable));
  BOOST_TEST(why.message == "cannot join through " + n1.door.address() + ": its certificate is not of this cluster");
}

BOOST_AUTO_TEST_CASE(where_certificates_do_not_hold_because_a_clock_is_wrong_the_error_says_by_how_much) {
  leading_node n1;
  auto owner = authority::load(n1.own.authority_pem, n1.own.authority_key_pem).value();
  auto key = private_key::make();
  auto ended = owner.issue_node(node_1, key.public_key(), {machine_clock.wall_now() - 25h, 24h}).value();
  n1.identity.set({n1.own.authority_pem, ended, key.pem()});
  auto token = n1.token();
  auto why = joining_node().failure(n1.seed_of(token), token.secret, wrong_clock(2h));
  BOOST_TEST((why.code == error_code::failed_precondition));
  BOOST_TEST(why.message.find("ahead of that node's; set the one that is wrong") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(what_the_leader_refuses_is_told_in_its_words) {
  leading_node n1;
  joining_node n2;
  auto token = n1.token();
  auto seed = n1.seed_of(token);
  BOOST_TEST((n2.failure(seed, "", machine_clock).code == error_code::permission_denied));
  BOOST_TEST(n2.failure(seed, std::string(16, 'x'), machine_clock).message.find("the leader knows no such token") == 0U);
  BOOST_TEST(n2.failure(seed, token.secret, wrong_clock(1h)).message.find("the clock of this node is") == 0U);
  auto for_users = n1.token(cluster_role::admin);
  BOOST_TEST(n2.failure(seed, for_users.secret, machine_clock).message.find("this token is for an admin") == 0U);
}

BOOST_AUTO_TEST_CASE(without_a_registrar_joining_is_unavailable) {
  leading_node n1;
  auto token = n1.token();
  n1.actors.registrar.set({});
  BOOST_TEST((joining_node().failure(n1.seed_of(token), token.secret, machine_clock).code == error_code::unavailable));
}

BOOST_AUTO_TEST_CASE(a_node_joins_with_a_token_and_comes_back_without) {
  leading_node n1;
  joining_node n2;
  auto token = n1.token();
  auto given = n2.join(n1.seed_of(token), token.secret, machine_clock);
  BOOST_REQUIRE_MESSAGE(given.ok(), (given ? "" : given.failure().message));
  BOOST_TEST(given->cluster_id == n1.own.cluster_id);
  BOOST_TEST(given->authority_pem == n1.own.authority_pem);
  BOOST_TEST(given->lead.leader_id == node_1);
  BOOST_TEST(facts_of(given->certificate_pem)->common_name == node_2);
  BOOST_REQUIRE(given->members.size() == 2U);
  BOOST_TEST(given->members[1].address == "127.0.0.1:7552");
  BOOST_TEST(n2.join(n1.seed_of(token), "", machine_clock).ok());
  BOOST_TEST((joining_node().failure(n1.seed_of(token), "", machine_clock).code == error_code::already_exists));
}

BOOST_AUTO_TEST_CASE(a_user_gets_a_certificate_of_the_tokens_role) {
  leading_node n1;
  auto& io = own_io();
  auto token = n1.token(cluster_role::admin);
  user_request who{token.secret, "anna", private_key::make().public_key()};
  auto given = join_as_user(*io.provider, machine_clock, n1.seed_of(token), who).wait(io.waitScope);
  BOOST_REQUIRE_MESSAGE(given.ok(), (given ? "" : given.failure().message));
  BOOST_TEST((given->given.role == cluster_role::admin));
  BOOST_TEST(given->listen == "0.0.0.0:7550");
  BOOST_TEST(given->http == "");
  BOOST_TEST(facts_of(given->given.certificate_pem)->common_name == "admin:anna");
  who.name = "ben";
  BOOST_TEST((join_as_user(*io.provider, machine_clock, n1.seed_of(token), who).wait(io.waitScope).failure().code
              == error_code::permission_denied));
}

BOOST_AUTO_TEST_SUITE_END()
