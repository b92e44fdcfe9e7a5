#define BOOST_TEST_MODULE user_client
#include "runtime/cli/client.hpp"
#include "runtime/cli/http_door.hpp"
#include "tests/gateway/gate_fixture.hpp"

/// The command line's way into a node that speaks TLS, and into one that doesn't.
using namespace troupe;

namespace {

node_target target(const std::string& address, const tls_identity& who) {
  return {address, std::make_shared<const user_credentials>(user_credentials{test::some_cluster, who})};
}

/// What asking for the status ends with; "" if it is answered.
std::string trouble_with(const node_target& node, exit_code* code = nullptr) {
  try {
    client asking(node);
    asking.ask(asking.control().statusRequest());
    return {};
  } catch (const command_failure& failure) {
    if (code != nullptr)
      *code = failure.code();
    return failure.what();
  }
}

std::string http_trouble_with(const node_target& node) {
  try {
    http_door(node, tensor_form::json, 2).signature("echo");
    return {};
  } catch (const command_failure& failure) {
    return failure.what();
  }
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// Where the node's word may come while the client writes, and only that it is refused is known.
bool tells(const std::string& trouble, const std::string& reason) {
  return contains(trouble, reason) || contains(trouble, "it refuses your certificate; log in again");
}

} // namespace

BOOST_AUTO_TEST_CASE(who_has_not_logged_in_is_told_by_the_node_that_it_speaks_only_tls) {
  gate_fixture node;
  exit_code code{};
  BOOST_TEST(contains(trouble_with(node.rpc.address(), &code), "log in to the cluster with `troupe login`"));
  BOOST_TEST((code == exit_code::failed));
  BOOST_TEST(contains(http_trouble_with(node.http.address()), "`troupe login`"));
}

BOOST_AUTO_TEST_CASE(who_has_logged_in_is_served_by_tls) {
  gate_fixture node;
  BOOST_TEST(trouble_with(target(node.rpc.address(), node.ben)) == "");
  BOOST_TEST(http_trouble_with(target(node.http.address(), node.ben)) == "");
}

BOOST_AUTO_TEST_CASE(a_login_to_another_cluster_is_named_as_the_trouble) {
  gate_fixture node;
  auto other = test_cluster().identity_of_user("anna", cluster_role::admin);
  for (const auto& trouble :
       {trouble_with(target(node.rpc.address(), other)), http_trouble_with(target(node.http.address(), other))})
    BOOST_TEST(contains(trouble, "it is of another cluster than the one that you are logged in to"), trouble);
  auto half = node.anna;
  half.certificate = other.certificate;
  half.key = other.key;
  auto by_rpc = trouble_with(target(node.rpc.address(), half));
  BOOST_TEST(tells(by_rpc, "it is of another cluster than the one that you are logged in to"), by_rpc);
  auto by_http = http_trouble_with(target(node.http.address(), half));
  BOOST_TEST(contains(by_http, "it is of another cluster than the one that you are logged in to"), by_http);
}

BOOST_AUTO_TEST_CASE(a_certificate_that_has_ended_is_named_as_the_trouble) {
  gate_fixture node;
  exit_code code{};
  auto late = node.cluster.identity_of_user("anna", cluster_role::admin, 25h);
  BOOST_TEST(tells(trouble_with(target(node.rpc.address(), late), &code), "your certificate has ended; log in again"));
  BOOST_TEST((code == exit_code::failed));
  node.identity.set(node.cluster.identity_of(node_1, 24h, 25h));
  auto trouble = trouble_with(target(node.rpc.address(), node.anna));
  BOOST_TEST(contains(trouble, "its certificate has ended, or this machine's clock is wrong"), trouble);
}

BOOST_AUTO_TEST_CASE(a_node_on_loopback_that_speaks_in_clear_is_asked_in_clear) {
  gate_fixture node;
  rpc_server open(node.loop_pointers(), listen_on("127.0.0.1:0").value(), node.view(), node.options, node.clients);
  http_server open_http(node.loop_pointers(), listen_on("127.0.0.1:0").value(), node.view(), node.options, node.clients);
  BOOST_TEST(trouble_with(target(open.address(), node.anna)) == "");
  BOOST_TEST(http_trouble_with(target(open_http.address(), node.anna)) == "");
  node.stop();
}

BOOST_AUTO_TEST_CASE(nobody_at_the_port_is_told_alike_with_a_login) {
  gate_fixture node;
  auto closed = [] { return listen_on("127.0.0.1:0").value().address; }();
  exit_code code{};
  BOOST_TEST(contains(trouble_with(target(closed, node.anna), &code), "no node answers at " + closed));
  BOOST_TEST((code == exit_code::no_node));
  BOOST_TEST(contains(http_trouble_with(target(closed, node.anna)), "nobody answers HTTP at " + closed));
}
