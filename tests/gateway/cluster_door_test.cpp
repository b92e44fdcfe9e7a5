#define BOOST_TEST_MODULE cluster_door
#include "cluster/dial.hpp"
#include "schemas/join.capnp.h"
#include "storage/record_schema.hpp"
#include "tests/gateway/cluster_fixture.hpp"

#include <capnp/serialize-async.h>

using namespace troupe;

namespace {

cluster_door_options hasty() {
  cluster_door_options options;
  options.proof_timeout = 50ms;
  return options;
}

void say(const unique_fd& socket, const std::string& words) {
  BOOST_REQUIRE(::send(socket.get(), words.data(), words.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(words.size()));
}

/// The one KJ loop of the test's own thread.
kj::AsyncIoContext& own_io() {
  static auto io = new kj::AsyncIoContext(kj::setupAsyncIo()); // never destroyed: at the end there may be events in its queue
  return *io;
}

name_resolver names;

/// The word that the port says to who is proven; or why it can't be reached.
std::string word_of(const std::string& address, const tls_identity& own, connection_role role, const std::string& name) {
  auto& io = own_io();
  identity_holder identity(own);
  tls_endpoint tls(identity);
  std::string word;
  auto failed = kj::runCatchingExceptions([&] {
    auto proven = dial({*io.provider, names}, tls, address, role, name).wait(io.waitScope);
    auto read = proven.stream->readAllText().wait(io.waitScope);
    word = read.cStr();
  });
  KJ_IF_MAYBE (why, failed)
    return tls_trouble(*why);
  return word;
}

const std::string of_node_1 = dns_name_of_node(node_1);
const std::string of_cluster = dns_name_of_cluster(test::some_cluster);

} // namespace

BOOST_AUTO_TEST_SUITE(cluster_door_suite)

BOOST_AUTO_TEST_CASE(what_is_no_preface_is_closed_and_warned_of_once_a_host) {
  test_port port(test_cluster{});
  for (const char* garbage : {"GET / HTTP/1.1\r\n", "TROUPEX1", "TROUPEC2", "troupeC1"}) {
    auto client = connect_raw(port.port());
    say(client, garbage);
    BOOST_TEST(closes(client));
  }
  BOOST_TEST(port.refused_because("what it sends is no connection between nodes"));
  BOOST_TEST(port.events.count("cluster_connection_refused") == 1U);
  BOOST_TEST(port.events.last("cluster_connection_refused", "from") == "127.0.0.1");
}

BOOST_AUTO_TEST_CASE(a_client_that_stays_silent_is_closed) {
  test_port port(test_cluster{}, hasty());
  BOOST_TEST(closes(connect_raw(port.port())));
  BOOST_TEST(port.refused_because("it has not proven in time who it is"));
}

BOOST_AUTO_TEST_CASE(a_client_that_falls_silent_in_the_middle_is_closed) {
  test_port port(test_cluster{}, hasty());
  for (const char* words : {"TROU", "TROUPEC1", "TROUPEC1\x16\x03\x01\x02", "TROUPED1\x16\x03", "TROUPEJ1"}) {
    auto client = connect_raw(port.port());
    say(client, words);
    BOOST_TEST(closes(client));
  }
  BOOST_TEST(port.all_seen().empty());
}

BOOST_AUTO_TEST_CASE(a_client_that_hangs_up_in_the_middle_is_forgotten) {
  test_port port(test_cluster{});
  for (const char* words : {"TROU", "TROUPEC1", "TROUPEC1\x16\x03\x01\x02", "TROUPED1\x16\x03", "TROUPEA1"})
    say(connect_raw(port.port()), words);
  BOOST_TEST(eventually([&] { return port.events.count("cluster_connection_refused") == 1; }));
  BOOST_TEST(port.all_seen().empty());
}

BOOST_AUTO_TEST_CASE(what_speaks_no_tls_after_the_preface_is_closed) {
  test_port port(test_cluster{});
  auto client = connect_raw(port.port());
  say(client, "TROUPEC1GET / HTTP/1.1\r\n\r\n");
  BOOST_TEST(closes(client));
  BOOST_TEST(port.refused_because("it does not speak TLS as nodes do"));
}

BOOST_AUTO_TEST_CASE(only_so_many_may_be_unproven_at_once) {
  cluster_door_options options = hasty();
  options.unfinished_max = 2;
  options.proof_timeout = 10s;
  test_cluster cluster;
  test_port port(cluster, options);
  auto first = connect_raw(port.port());
  auto second = connect_raw(port.port());
  say(first, "TRO");
  BOOST_TEST(closes(connect_raw(port.port())));
  BOOST_TEST(port.refused_because("too many connections have not proven who they are yet"));
  second.reset();
  BOOST_TEST(eventually(
      [&] { return word_of(port.door.address(), cluster.identity_of(node_2), connection_role::control, of_node_1) == "hello"; }));
}

BOOST_AUTO_TEST_CASE(who_keeps_silence_on_many_connections_keeps_only_his_own_address_out) {
  cluster_door_options options = hasty();
  options.unfinished_host_max = 2;
  options.proof_timeout = 10s;
  test_port port(test_cluster{}, options);
  auto first = connect_raw(port.port());
  auto second = connect_raw(port.port());
  BOOST_TEST(closes(connect_raw(port.port())));
  BOOST_TEST(port.refused_because("too many connections from there have not proven who they are yet"));
  auto other = connect_raw(port.port(), 2);
  say(other, "TROUPEC1GET / HTTP/1.1\r\n\r\n");
  BOOST_TEST(closes(other));
  BOOST_TEST(port.refused_because("it does not speak TLS as nodes do"));
}

BOOST_AUTO_TEST_CASE(roles_that_nobody_serves_are_closed) {
  test_cluster cluster;
  test_port port(cluster, {}, false);
  for (const char* preface : {"TROUPEJ1", "TROUPED1"}) {
    auto client = connect_raw(port.port());
    say(client, preface);
    BOOST_TEST(closes(client));
  }
}

BOOST_AUTO_TEST_CASE(a_client_without_a_certificate_of_the_cluster_gets_nowhere) {
  test_cluster cluster;
  test_cluster other;
  for (auto role : {connection_role::control, connection_role::data}) {
    test_port port(cluster);
    auto tried = [&](const tls_identity& own) { return word_of(port.door.address(), own, role, of_node_1); };
    BOOST_TEST(tried(cluster.stranger()) == "it talks only to members of its cluster: this end shows no certificate");
    BOOST_TEST(tried(other.identity_of(node_2)) == "its certificate is not of this cluster");
    auto impostor = other.identity_of(node_2);
    impostor.authority = cluster.owner.certificate_pem();
    BOOST_TEST(tried(impostor) == "it refuses this node's certificate: it is of another cluster");
    BOOST_TEST(tried(cluster.identity_of(node_2, 24h, 25h))
               == "it refuses this node's certificate, which has ended; or its clock or this machine's is wrong");
    BOOST_TEST(port.all_seen().empty());
  }
}

BOOST_AUTO_TEST_CASE(a_node_that_can_not_prove_to_be_the_one_that_was_dialled_is_not_talked_to) {
  test_cluster cluster;
  test_port port(cluster);
  auto own = cluster.identity_of(node_2);
  auto tried = [&](const std::string& name) { return word_of(port.door.address(), own, connection_role::control, name); };
  BOOST_TEST(tried(dns_name_of_node(node_3)) == "another node answers there");
  port.identity.set(cluster.identity_of(node_1, 24h, 25h));
  BOOST_TEST(tried(of_node_1) == "its certificate has ended, or this machine's clock is wrong");
  port.identity.set(cluster.identity_of(node_1));
  BOOST_TEST(tried(of_node_1) == "hello");
}

BOOST_AUTO_TEST_CASE(anybody_is_told_the_authority_and_the_time) {
  test_cluster cluster;
  test_port port(cluster);
  auto& io = own_io();
  auto stream = dial_raw({*io.provider, names}, port.door.address(), connection_role::introduction).wait(io.waitScope);
  auto message = capnp::readMessage(*stream).wait(io.waitScope);
  auto told = message->getRoot<schema::Introduction>();
  BOOST_TEST(told.getAuthority().cStr() == cluster.owner.certificate_pem());
  auto difference = from_unix_ns(told.getUnixNs()) - port.time.wall_now();
  BOOST_TEST((difference <= 0s && difference > -10s));
  char more = 0;
  BOOST_TEST(stream->tryRead(&more, 1, 1).wait(io.waitScope) == 0U);
}

BOOST_AUTO_TEST_CASE(each_role_reaches_who_serves_it_on_its_loop) {
  test_cluster cluster;
  test_port port(cluster);
  auto own = cluster.identity_of(node_2);
  BOOST_TEST(word_of(port.door.address(), own, connection_role::control, of_node_1) == "hello");
  BOOST_TEST(word_of(port.door.address(), own, connection_role::data, of_cluster) == "hello");
  BOOST_TEST(word_of(port.door.address(), cluster.stranger(), connection_role::join, of_cluster) == "hello");
  auto seen = port.all_seen();
  BOOST_REQUIRE(seen.size() == 3U);
  BOOST_TEST((seen[0].role == "control" && seen[0].who == node_2));
  BOOST_TEST((seen[1].role == "data" && seen[1].who == node_2));
  BOOST_TEST((seen[2].role == "join" && seen[2].who == ""));
  BOOST_TEST((seen[0].on == seen[2].on && seen[0].on != seen[1].on));
  BOOST_TEST(port.events.count("cluster_connection_refused") == 0U);
}

BOOST_AUTO_TEST_CASE(many_clients_at_once_are_all_served) {
  test_cluster cluster;
  test_port port(cluster);
  auto own = cluster.identity_of(node_2);
  auto& io = own_io();
  identity_holder identity(own);
  tls_endpoint tls(identity);
  auto words = kj::heapArrayBuilder<kj::Promise<kj::String>>(40);
  for (int i = 0; i < 40; ++i)
    words.add(
        dial({*io.provider, names}, tls, port.door.address(), i % 2 ? connection_role::data : connection_role::control, of_node_1)
            .then([](proven_stream&& proven) {
              auto read = proven.stream->readAllText();
              return read.attach(kj::mv(proven.stream));
            }));
  for (auto& word : kj::joinPromises(words.finish()).wait(io.waitScope))
    BOOST_TEST(word.cStr() == "hello");
}

BOOST_AUTO_TEST_SUITE_END()
