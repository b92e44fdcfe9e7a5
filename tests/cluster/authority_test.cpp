#define BOOST_TEST_MODULE authority
#include "cluster/authority.hpp"
#include "cluster/certificates.hpp"
#include "cluster/openssl_handles.hpp"
#include "cluster/read_certificate.hpp"
#include "tests/cluster/cluster_ids.hpp"

#include <boost/test/unit_test.hpp>

using namespace troupe;
using namespace troupe::test;
using namespace std::chrono_literals;

namespace {

struct fixture {
  authority owner = authority::make(some_cluster, some_day);
  private_key key = private_key::make();
  certificate_term day{some_day, 24h};

  std::string node() { return owner.issue_node(node_1, key.public_key(), day).value(); }
  std::string user() { return owner.issue_user("anna", cluster_role::client, key.public_key(), day).value(); }
};

template <class T>
error_code code_of(const result<T>& outcome) {
  BOOST_REQUIRE(!outcome);
  return outcome.failure().code;
}

/// What OpenSSL says of a chain when a connection asks it: 0 is good.
int verdict(const std::string& pem, const std::string& authority_pem, int purpose, wall_time now, const char* host = nullptr) {
  auto certificate = read_certificate(pem), trusted = read_certificate(authority_pem);
  std::unique_ptr<X509_STORE, openssl_free<X509_STORE_free>> roots(must(X509_STORE_new()));
  std::unique_ptr<X509_STORE_CTX, openssl_free<X509_STORE_CTX_free>> context(must(X509_STORE_CTX_new()));
  must(X509_STORE_add_cert(roots.get(), trusted.get()));
  must(X509_STORE_CTX_init(context.get(), roots.get(), certificate.get(), nullptr));
  auto* wanted = X509_STORE_CTX_get0_param(context.get());
  must(X509_VERIFY_PARAM_set_purpose(wanted, purpose));
  X509_VERIFY_PARAM_set_time(wanted, std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count());
  X509_VERIFY_PARAM_set_flags(wanted, X509_V_FLAG_X509_STRICT);
  if (host != nullptr)
    must(X509_VERIFY_PARAM_set1_host(wanted, host, 0));
  return X509_verify_cert(context.get()) == 1 ? 0 : X509_STORE_CTX_get_error(context.get());
}

} // namespace

BOOST_FIXTURE_TEST_CASE(what_is_no_authority_is_not_loaded, fixture) {
  auto pem = owner.certificate_pem(), key_pem = owner.key_pem();
  BOOST_TEST((code_of(authority::load("", key_pem)) == error_code::invalid_argument));
  BOOST_TEST((code_of(authority::load(pem, "")) == error_code::invalid_argument));
  BOOST_TEST((code_of(authority::load(pem, key.pem())) == error_code::invalid_argument));
  BOOST_TEST((code_of(authority::load(node(), key.pem())) == error_code::invalid_argument));
  BOOST_TEST((code_of(facts_of(pem.substr(0, 200))) == error_code::invalid_argument));
  BOOST_TEST((code_of(facts_of(std::string(certificate_bytes_max + 1, ' ') + pem)) == error_code::invalid_argument));
  BOOST_TEST((code_of(certificate_sha256("no certificate")) == error_code::invalid_argument));
}

BOOST_FIXTURE_TEST_CASE(no_certificate_is_issued_for_what_is_no_key_or_no_id, fixture) {
  BOOST_TEST((code_of(owner.issue_node(node_1, "no key", day)) == error_code::invalid_argument));
  for (auto id : {"", "anna", "a,DNS:b", "*"})
    BOOST_TEST((code_of(owner.issue_node(id, key.public_key(), day)) == error_code::invalid_argument));
  BOOST_TEST((code_of(owner.issue_user("anna", cluster_role::node, key.public_key(), day)) == error_code::invalid_argument));
}

BOOST_FIXTURE_TEST_CASE(a_user_can_not_be_named_like_a_node, fixture) {
  for (const auto& name : {node_1, std::string(), std::string(57, 'a'), std::string("admin:anna"), std::string("anna bell"),
                           std::string("anna\n"), std::string("a\0b", 3), std::string("CN=anna,O=admin")})
    BOOST_TEST((code_of(owner.issue_user(name, cluster_role::client, key.public_key(), day)) == error_code::invalid_argument));
}

BOOST_FIXTURE_TEST_CASE(an_authority_whose_certificate_has_ended_issues_none, fixture) {
  auto refused = owner.issue_node(node_1, key.public_key(), {some_day + authority::lifetime, 24h});
  BOOST_TEST((code_of(refused) == error_code::failed_precondition));
  BOOST_TEST(refused.failure().message.find("found a new cluster") != std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(no_certificate_holds_longer_than_its_authority, fixture) {
  auto late = owner.issue_node(node_1, key.public_key(), {some_day + authority::lifetime - 1h, 24h}).value();
  BOOST_TEST((facts_of(late)->not_after == facts_of(owner.certificate_pem())->not_after));
}

BOOST_FIXTURE_TEST_CASE(a_certificate_of_another_authority_of_the_same_name_is_not_issued_by_this_one, fixture) {
  auto other = authority::make(some_cluster, some_day);
  BOOST_TEST(is_issued_by(node(), owner.certificate_pem()));
  BOOST_TEST(!is_issued_by(node(), other.certificate_pem()));
  BOOST_TEST(!is_issued_by(owner.certificate_pem(), node()));
  BOOST_TEST(!is_issued_by("", owner.certificate_pem()));
  BOOST_TEST(!is_issued_by(node(), ""));
}

BOOST_FIXTURE_TEST_CASE(a_node_can_not_issue_certificates, fixture) {
  auto posing = authority::load(node(), key.pem());
  BOOST_TEST(!posing.ok());
  BOOST_TEST(!is_issued_by(node(), node()));
}

BOOST_FIXTURE_TEST_CASE(openssl_takes_a_nodes_certificate_for_both_sides_under_its_names_and_in_its_time, fixture) {
  auto pem = node(), root = owner.certificate_pem();
  BOOST_TEST(verdict(pem, root, X509_PURPOSE_SSL_SERVER, some_day, dns_name_of_node(node_1).c_str()) == 0);
  BOOST_TEST(verdict(pem, root, X509_PURPOSE_SSL_SERVER, some_day, dns_name_of_cluster(some_cluster).c_str()) == 0);
  BOOST_TEST(verdict(pem, root, X509_PURPOSE_SSL_CLIENT, some_day) == 0);
  BOOST_TEST(verdict(pem, root, X509_PURPOSE_SSL_SERVER, some_day, dns_name_of_node(node_2).c_str())
             == X509_V_ERR_HOSTNAME_MISMATCH);
  BOOST_TEST(verdict(pem, root, X509_PURPOSE_SSL_CLIENT, some_day - 4min) == 0);
  BOOST_TEST(verdict(pem, root, X509_PURPOSE_SSL_CLIENT, some_day - 6min) == X509_V_ERR_CERT_NOT_YET_VALID);
  BOOST_TEST(verdict(pem, root, X509_PURPOSE_SSL_CLIENT, some_day + 25h) == X509_V_ERR_CERT_HAS_EXPIRED);
  auto other = authority::make(some_cluster, some_day);
  BOOST_TEST(verdict(pem, other.certificate_pem(), X509_PURPOSE_SSL_CLIENT, some_day) != 0);
}

BOOST_FIXTURE_TEST_CASE(openssl_takes_a_users_certificate_for_clients_only, fixture) {
  auto pem = user(), root = owner.certificate_pem();
  BOOST_TEST(verdict(pem, root, X509_PURPOSE_SSL_CLIENT, some_day) == 0);
  BOOST_TEST(verdict(pem, root, X509_PURPOSE_SSL_SERVER, some_day) == X509_V_ERR_INVALID_PURPOSE);
}

BOOST_FIXTURE_TEST_CASE(a_certificate_tells_who_it_is_for_and_how_long, fixture) {
  auto facts = facts_of(node()).value();
  BOOST_TEST(facts.common_name == node_1);
  BOOST_TEST(facts.organization == "node");
  BOOST_TEST((facts.not_before == std::chrono::floor<std::chrono::seconds>(some_day - 5min)));
  BOOST_TEST((facts.not_after == std::chrono::floor<std::chrono::seconds>(some_day + 24h)));
  BOOST_TEST((facts.public_key == key.public_key()));
  BOOST_TEST(facts.dns_names == (std::vector<std::string>{node_1 + ".node", some_cluster + ".cluster"}),
             boost::test_tools::per_element());
  auto of_user = facts_of(user()).value();
  BOOST_TEST(of_user.common_name == "client:anna");
  BOOST_TEST(of_user.organization == "client");
  BOOST_TEST(of_user.dns_names.empty());
}

BOOST_FIXTURE_TEST_CASE(a_user_is_known_by_the_common_name, fixture) {
  const std::string longest(56, 'a');
  auto facts = facts_of(owner.issue_user(longest, cluster_role::admin, key.public_key(), day).value()).value();
  auto user = user_of(facts.common_name);
  BOOST_REQUIRE(user.has_value());
  BOOST_TEST(user->name == longest);
  BOOST_TEST((user->role == cluster_role::admin));
  for (const auto& nobody : {node_1, std::string("anna"), std::string("node:anna"), std::string(":anna"), std::string()})
    BOOST_TEST(!user_of(nobody).has_value(), nobody);
}

BOOST_FIXTURE_TEST_CASE(a_nodes_certificate_holds_for_the_host_that_others_reach_it_at, fixture) {
  auto names = [this](const char* address) {
    return facts_of(owner.issue_node(node_1, key.public_key(), day, address).value())->dns_names.back();
  };
  const auto none = some_cluster + ".cluster";
  BOOST_TEST(names("GPU-1.example.org:7551") == "gpu-1.example.org");
  for (auto address : {"", "no address", "10.0.0.7:7551", "[::1]:7551", "a,DNS:b:1", "*.example.org:1", "example.org.:1"})
    BOOST_TEST(names(address) == none, address);
  for (const auto& taken : {node_2 + ".node:1", node_2 + ".NODE:1", some_cluster + ".cluster:1"})
    BOOST_TEST(names(taken.c_str()) == none, taken);
  auto by_ip = owner.issue_node(node_1, key.public_key(), day, "10.0.0.7:7551").value();
  BOOST_TEST(X509_check_ip_asc(read_certificate(by_ip).get(), "10.0.0.7", 0) == 1);
  BOOST_TEST(X509_check_ip_asc(read_certificate(by_ip).get(), "10.0.0.8", 0) == 0);
}

BOOST_FIXTURE_TEST_CASE(a_loaded_authority_issues_as_before, fixture) {
  auto back = authority::load(owner.certificate_pem(), owner.key_pem()).value();
  BOOST_TEST(back.cluster_id() == some_cluster);
  BOOST_TEST(is_issued_by(back.issue_node(node_1, key.public_key(), day).value(), owner.certificate_pem()));
  BOOST_TEST(certificate_sha256(back.certificate_pem()).value() == certificate_sha256(owner.certificate_pem()).value());
}

BOOST_AUTO_TEST_CASE(certificates_are_made_at_the_beginning_of_time_too) {
  auto owner = authority::make(some_cluster, wall_time{});
  auto pem = owner.issue_node(node_1, private_key::make().public_key(), {wall_time{}, 24h}).value();
  BOOST_TEST((facts_of(pem)->not_before == wall_time(-5min)));
  BOOST_TEST((facts_of(pem)->not_after == wall_time(24h)));
}

BOOST_FIXTURE_TEST_CASE(what_was_refused_leaves_no_error_behind_for_the_threads_next_connection, fixture) {
  (void)facts_of("no certificate").ok();
  (void)private_key::from_pem("no key").ok();
  (void)verifies("no key", "text", "signature");
  (void)authority::load(node(), "").ok();
  BOOST_TEST(ERR_peek_error() == 0U);
}
