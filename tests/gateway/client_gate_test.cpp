#define BOOST_TEST_MODULE client_gate
#include "cluster/openssl_handles.hpp"
#include "cluster/read_certificate.hpp"
#include "tests/gateway/gate_fixture.hpp"
#include "tests/gateway/raw_http.hpp"
#include "tests/gateway/rpc_client.hpp"

#include <capnp/dynamic.h>

#include <openssl/ssl.h>

#include <algorithm>
#include <set>
#include <vector>

using namespace troupe;

namespace {

const std::string of_cluster = dns_name_of_cluster(test::some_cluster);

kj::Own<kj::AsyncIoStream> connect_tls(const std::string& address, const tls_identity& own) {
  auto& io = own_io();
  identity_holder identity(own);
  tls_endpoint tls(identity);
  auto raw = io.provider->getNetwork().parseAddress(address.c_str()).wait(io.waitScope)->connect().wait(io.waitScope);
  auto proven = tls.connect(kj::mv(raw), of_cluster).wait(io.waitScope);
  return kj::mv(proven.stream);
}

/// What a request by HTTP over TLS is answered; or why it isn't.
std::string ask_http(const std::string& address, const tls_identity& own, const std::string& request) {
  auto& io = own_io();
  std::string told;
  auto failed = kj::runCatchingExceptions([&] {
    auto stream = connect_tls(address, own);
    stream->write(request.data(), request.size()).wait(io.waitScope);
    auto whole = stream->readAllText().wait(io.waitScope);
    told = whole.cStr();
  });
  KJ_IF_MAYBE (why, failed)
    return tls_trouble(*why);
  return told;
}

std::string get(const std::string& path) {
  return "GET " + path + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
}

std::string post(const std::string& path, const std::string& body) {
  return "POST " + path + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: " + std::to_string(body.size())
         + "\r\n\r\n" + body;
}

const std::string infer =
    post("/v2/models/echo/infer", R"({"inputs":[{"name":"x","datatype":"FP32","shape":[1,2],"data":[1000,2]}]})");

int status_of(const std::string& answer) {
  return answer.rfind("HTTP/1.1 ", 0) == 0 ? std::stoi(answer.substr(9)) : 0;
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// The code of what logging in is answered.
schema::Code login_code(rpc_client& client) {
  return client.wait(client.bootstrap().castAs<schema::Login>().anonymousRequest()).getError().getCode();
}

/// Calls of the Control capability, without arguments, that are answered anything but `permission_denied`.
std::set<std::string> calls_allowed(rpc_client& client) {
  capnp::DynamicCapability::Client control = client.control();
  std::set<std::string> allowed;
  for (auto method : capnp::Schema::from<schema::Control>().getMethods()) {
    auto answer = control.newRequest(method).send().wait(client.io.waitScope);
    auto results = method.getResultType();
    bool denied = false;
    KJ_IF_MAYBE (field, results.findFieldByName("error"))
      denied = answer.get(*field).as<schema::Error>().getCode() == schema::Code::PERMISSION_DENIED;
    if (!denied)
      allowed.insert(method.getProto().getName().cStr());
  }
  return allowed;
}

/// A client on OpenSSL itself, which comes back with the session that it had, as curl does.
class resuming_client {
public:
  resuming_client(const tls_identity& own, int version) {
    must(SSL_CTX_set_max_proto_version(context_.get(), version));
    must(SSL_CTX_use_certificate(context_.get(), read_certificate(own.certificate).get()));
    must(SSL_CTX_use_PrivateKey(context_.get(), private_key::from_pem(own.key)->handle()));
  }

  /// The status of an answer; 0: there was none.
  int status(std::uint16_t port, const std::string& request) {
    auto socket = connect_raw(port);
    std::unique_ptr<SSL, openssl_free<SSL_free>> stream(must(SSL_new(context_.get())));
    must(SSL_set_fd(stream.get(), socket.get()));
    if (session_)
      must(SSL_set_session(stream.get(), session_.get()));
    char answer[4096];
    if (SSL_connect(stream.get()) != 1 || SSL_write(stream.get(), request.data(), static_cast<int>(request.size())) <= 0)
      return 0;
    auto size = SSL_read(stream.get(), answer, sizeof answer);
    session_.reset(SSL_get1_session(stream.get()));
    return size > 0 ? status_of(std::string(answer, static_cast<std::size_t>(size))) : 0;
  }

private:
  std::unique_ptr<SSL_CTX, openssl_free<SSL_CTX_free>> context_{must(SSL_CTX_new(TLS_client_method()))};
  std::unique_ptr<SSL_SESSION, openssl_free<SSL_SESSION_free>> session_;
};

client_gate_options hasty() {
  client_gate_options options;
  options.handshake_timeout = 50ms;
  return options;
}

/// Whether the other side has closed it by now, without a word.
bool is_closed(const unique_fd& socket) {
  char byte = 0;
  return ::recv(socket.get(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
}

void say(const unique_fd& socket, const std::string& words) {
  BOOST_REQUIRE(::send(socket.get(), words.data(), words.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(words.size()));
}

} // namespace

BOOST_AUTO_TEST_CASE(garbage_is_closed_and_warned_of_once_a_host) {
  gate_fixture node;
  for (auto port : {node.rpc_port(), node.http_port()})
    for (const auto& garbage :
         {std::string("\x16\x03\x01\xff\xff"), std::string("\x16\x03\x01\x00\x04\x01\x02\x03\x04", 9), std::string("garbage!")}) {
      auto client = connect_raw(port);
      say(client, garbage);
      BOOST_TEST(closes(client));
    }
  BOOST_TEST(node.events.count("client_refused") == 1U);
  BOOST_TEST(node.events.last("client_refused", "from") == "127.0.0.1");
  BOOST_TEST(node.events.last("client_refused", "door") == "rpc");
}

BOOST_AUTO_TEST_CASE(who_does_not_finish_the_handshake_in_time_is_closed) {
  gate_fixture node(hasty());
  for (const char* words : {"", "\x16", "\x16\x03\x01\x02"}) {
    auto client = connect_raw(node.http_port());
    say(client, words);
    BOOST_TEST(closes(client));
  }
  BOOST_TEST(node.refused_because("it has not proven in time who it is"));
}

BOOST_AUTO_TEST_CASE(only_so_many_may_be_at_their_handshake_at_once) {
  client_gate_options options;
  options.handshakes_max = 2;
  gate_fixture node(options);
  std::vector<unique_fd> clients;
  for (auto port : {node.rpc_port(), node.http_port(), node.rpc_port()})
    clients.push_back(connect_raw(port));
  // Loops take them in any order: which one is turned away isn't promised.
  BOOST_TEST(eventually([&] { return std::any_of(clients.begin(), clients.end(), is_closed); }));
  BOOST_TEST(node.refused_because("too many clients have not proven who they are yet"));
  clients.erase(std::remove_if(clients.begin(), clients.end(), is_closed), clients.end());
  BOOST_REQUIRE(clients.size() == 2U);
  clients.pop_back();
  BOOST_TEST(eventually([&] { return status_of(ask_http(node.http.address(), node.ben, infer)) == 200; }));
}

BOOST_AUTO_TEST_CASE(a_handshake_counts_as_a_connection) {
  auto few = small_limits();
  few.connections_max = 1;
  gate_fixture node({}, few);
  auto first = connect_raw(node.rpc_port());
  BOOST_TEST(eventually([&] { return node.clients.open(door_kind::rpc) == 1; }));
  BOOST_TEST(closes(connect_raw(node.http_port())));
}

BOOST_AUTO_TEST_CASE(who_speaks_http_in_clear_is_told_so_by_http) {
  gate_fixture node;
  http_client client(node.http_port());
  auto answer = client.get("/v2/health/live");
  BOOST_TEST(answer.status == 400);
  BOOST_TEST(contains(answer.error(), "this port speaks only TLS"), answer.error());
  BOOST_TEST(node.refused_because("it speaks no TLS"));
}

BOOST_AUTO_TEST_CASE(who_speaks_rpc_in_clear_is_told_so_by_rpc) {
  gate_fixture node;
  rpc_client client(node.rpc.address());
  auto failed = kj::runCatchingExceptions([&] { login_code(client); });
  BOOST_REQUIRE(failed != nullptr);
  KJ_IF_MAYBE (why, failed)
    BOOST_TEST(contains(why->getDescription().cStr(), "this port speaks only TLS"), why->getDescription().cStr());
}

BOOST_AUTO_TEST_CASE(who_speaks_tls_at_a_door_in_clear_learns_it) {
  gate_fixture node;
  rpc_server open(node.loop_pointers(), listen_on("127.0.0.1:0").value(), node.view(), node.options, node.clients);
  http_server open_http(node.loop_pointers(), listen_on("127.0.0.1:0").value(), node.view(), node.options, node.clients);
  for (const auto& address : {open.address(), open_http.address()})
    BOOST_TEST((kj::runCatchingExceptions([&] { connect_tls(address, node.anna); }) != nullptr));
  node.stop();
}

BOOST_AUTO_TEST_CASE(certificates_of_others_and_those_that_have_ended_are_refused) {
  gate_fixture node;
  auto stranger = test_cluster().identity_of_user("anna", cluster_role::admin);
  BOOST_TEST(ask_http(node.http.address(), stranger, infer) == "its certificate is not of this cluster");
  stranger.authority = node.anna.authority;
  BOOST_TEST(ask_http(node.http.address(), stranger, infer) == "it refuses this node's certificate: it is of another cluster");
  BOOST_TEST(node.refused_because("its certificate is not of this cluster, or does not hold now"));
  auto late = node.cluster.identity_of_user("anna", cluster_role::admin, 25h);
  BOOST_TEST(ask_http(node.http.address(), late, infer)
             == "it refuses this node's certificate, which has ended; or its clock or this machine's is wrong");
}

BOOST_AUTO_TEST_CASE(without_a_certificate_one_learns_only_whether_the_node_lives_and_is_ready) {
  gate_fixture node;
  // A node's own certificate is for the cluster port.
  for (const auto& own : {node.cluster.stranger(), node.cluster.identity_of(node_2)}) {
    auto status = [&](const std::string& request) { return status_of(ask_http(node.http.address(), own, request)); };
    BOOST_TEST(status(get("/v2/health/live")) == 200);
    BOOST_TEST(status(get("/v2/health/ready")) == 200);
    for (const auto& request : {infer, get("/v2"), get("/metrics"), get("/v2/models/echo"), get("/v2/models/echo/ready"),
                                post("/v2/repository/index", ""), post("/v2/repository/models/echo/unload", "")})
      BOOST_TEST(status(request) == 401, request);
    BOOST_TEST(contains(ask_http(node.http.address(), own, infer), "`troupe login` gets one"));
    rpc_client client(connect_tls(node.rpc.address(), own));
    BOOST_TEST((login_code(client) == schema::Code::UNAUTHENTICATED));
  }
}

BOOST_AUTO_TEST_CASE(a_client_asks_models_and_looks_and_changes_nothing) {
  gate_fixture node;
  auto status = [&](const std::string& request) { return status_of(ask_http(node.http.address(), node.ben, request)); };
  for (const auto& request :
       {infer, get("/v2"), get("/metrics"), get("/v2/models/echo/config"), post("/v2/repository/index", "")})
    BOOST_TEST(status(request) == 200, request);
  for (const char* action : {"load", "unload"})
    BOOST_TEST(status(post("/v2/repository/models/echo/" + std::string(action), "")) == 403);
  rpc_client client(connect_tls(node.rpc.address(), node.ben));
  BOOST_TEST((client.infer_code({1000}) == schema::Code::OK));
  BOOST_TEST(calls_allowed(client) == (std::set<std::string>{"awaitReady", "events", "nodes", "progress", "status", "tree"}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(an_admin_may_do_everything_and_is_named_in_what_was_done) {
  gate_fixture node;
  rpc_client client(connect_tls(node.rpc.address(), node.anna));
  auto login = client.bootstrap().castAs<schema::Login>().anonymousRequest();
  login.setClient("ben@laptop");
  auto control = login.send().getSession().controlRequest().send().getControl();
  client.upload_abc(control);
  BOOST_TEST((client.deploy_digits(control, small_toml).getError().getCode() == schema::Code::OK));
  auto told = client.wait(control.statusRequest());
  BOOST_REQUIRE(told.getDeployments().size() == 1U);
  BOOST_TEST(told.getDeployments()[0].getVersions()[0].getCreatedBy().cStr() == "anna: ben@laptop");
  BOOST_TEST(calls_allowed(client).size() == capnp::Schema::from<schema::Control>().getMethods().size());
  BOOST_TEST(status_of(ask_http(node.http.address(), node.anna, post("/v2/repository/models/digits/unload", ""))) == 200);
}

BOOST_AUTO_TEST_CASE(a_renewed_certificate_is_shown_to_new_clients_and_open_connections_go_on) {
  gate_fixture node;
  rpc_client client(connect_tls(node.rpc.address(), node.ben));
  auto inference = client.inference();
  auto code = [&] { return client.wait(client.request(inference, {1000})).getResponse().getError().getCode(); };
  BOOST_TEST((code() == schema::Code::OK));
  node.identity.set(node.cluster.identity_of(node_1, 24h, 25h));
  BOOST_TEST((code() == schema::Code::OK));
  BOOST_TEST(ask_http(node.http.address(), node.ben, infer) == "its certificate has ended, or this machine's clock is wrong");
  node.identity.set(node.cluster.identity_of(node_1));
  BOOST_TEST(status_of(ask_http(node.http.address(), node.ben, infer)) == 200);
}

BOOST_AUTO_TEST_CASE(a_client_that_would_go_on_with_an_earlier_session_proves_itself_anew_and_is_served) {
  gate_fixture node;
  for (auto version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    resuming_client client(node.ben, version);
    for (int i = 0; i < 3; ++i)
      BOOST_TEST(client.status(node.http_port(), infer) == 200);
  }
}

BOOST_AUTO_TEST_CASE(who_was_put_out_is_told_so_and_his_connections_end) {
  gate_fixture node;
  node.revoked.add({{"client:cleo", node.time.wall_now() + std::chrono::hours(1), node.time.wall_now() + std::chrono::hours(2)}},
                   node.time.wall_now());
  auto open = connect_tls(node.http.address(), node.ben);
  rpc_client asking(connect_tls(node.rpc.address(), node.ben));
  BOOST_TEST((asking.infer_code({1000, 2}) == schema::Code::OK));
  auto under_way = asking.request(asking.inference(), {held}).send();
  BOOST_REQUIRE(eventually([&] {
    asking.io.waitScope.poll();
    return node.echo->count().batches > 1;
  }));
  node.revoked.add({{"client:ben", node.time.wall_now(), node.time.wall_now() + std::chrono::hours(1)}}, node.time.wall_now());
  BOOST_TEST((kj::runCatchingExceptions([&] { under_way.wait(asking.io.waitScope); }) != nullptr));
  BOOST_TEST(open->readAllText().wait(own_io().waitScope).size() == 0U);

  auto told = ask_http(node.http.address(), node.ben, infer);
  BOOST_TEST(status_of(told) == 401);
  BOOST_TEST(contains(told, "an admin has put out the user 'ben'"), told);
  BOOST_TEST(status_of(ask_http(node.http.address(), node.ben, get("/v2/health/live"))) == 200);
  rpc_client again(connect_tls(node.rpc.address(), node.ben));
  auto refused = again.bootstrap().castAs<schema::Login>().anonymousRequest().send().wait(again.io.waitScope);
  BOOST_TEST(contains(refused.getError().getMessage().cStr(), "an admin has put out the user 'ben'"));
  BOOST_TEST(status_of(ask_http(node.http.address(), node.anna, infer)) == 200);
}

BOOST_AUTO_TEST_CASE(a_connection_ends_with_its_certificate) {
  gate_fixture node;
  auto brief = node.cluster.identity_of_user("ben", cluster_role::client, 0s, 2s);
  rpc_client client(connect_tls(node.rpc.address(), brief));
  BOOST_TEST((client.infer_code({1000}) == schema::Code::OK));
  client.network->onDisconnect().wait(client.io.waitScope);
  BOOST_TEST((real_clock().wall_now() > facts_of(brief.certificate)->not_after - 500ms)); // a loop's time may lag a little
}

BOOST_AUTO_TEST_CASE(large_requests_and_answers_pass_through_tls) {
  gate_fixture node;
  rpc_client client(connect_tls(node.rpc.address(), node.ben));
  std::vector<float> values(200'000, 1000);
  auto answer = client.wait(client.request(client.inference(), values));
  BOOST_TEST((answer.getResponse().getError().getCode() == schema::Code::OK));
  BOOST_TEST(answer.getResponse().getOutputs()[0].getData().size() == values.size() * sizeof(float));
}
