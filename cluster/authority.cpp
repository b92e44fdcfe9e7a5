#include "cluster/authority.hpp"

#include "cluster/certificates.hpp"
#include "cluster/mandate.hpp"
#include "cluster/member_check.hpp"
#include "cluster/openssl_handles.hpp"
#include "cluster/random_bytes.hpp"
#include "cluster/read_certificate.hpp"
#include "runtime/base/config.hpp"
#include "runtime/base/ids.hpp"
#include "runtime/base/units.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <vector>

namespace troupe {

namespace {

constexpr const char* authority_organization = "authority";
constexpr std::size_t serial_bytes = 16;

struct extension {
  int kind;
  std::string value; ///< in the words of OpenSSL's configuration
};
using extensions = std::vector<extension>;

/// Who a certificate is for.
struct holder {
  std::string_view common_name;
  std::string_view organization;
  std::string_view public_key;
};

void set_name(X509_NAME* name, int kind, std::string_view value) {
  must(X509_NAME_add_entry_by_NID(name, kind, MBSTRING_UTF8, bytes_of(value), static_cast<int>(value.size()), -1, 0));
}

void set_time(ASN1_TIME* to, wall_time time) {
  must(ASN1_TIME_set(to, std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count()));
}

void set_serial(X509* certificate) {
  auto bytes = random_bytes(serial_bytes);
  bytes[0] = static_cast<char>((bytes[0] & 0x3f) | 0x40); // positive, and always as long
  number_handle number(must(BN_bin2bn(bytes_of(bytes), static_cast<int>(bytes.size()), nullptr)));
  must(BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)));
}

/// All but the key, the issuer, the extensions and the signature.
certificate_handle begin_certificate(std::string_view common_name, std::string_view organization, wall_time from,
                                     wall_time until) {
  certificate_handle made(must(X509_new()));
  must(X509_set_version(made.get(), X509_VERSION_3));
  set_serial(made.get());
  set_time(X509_getm_notBefore(made.get()), from);
  set_time(X509_getm_notAfter(made.get()), until);
  set_name(X509_get_subject_name(made.get()), NID_organizationName, organization);
  set_name(X509_get_subject_name(made.get()), NID_commonName, common_name);
  return made;
}

std::string sign_certificate(X509* made, X509* issuer, const private_key& key, const extensions& all) {
  must(X509_set_issuer_name(made, X509_get_subject_name(issuer)));
  X509V3_CTX context{};
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, made, nullptr, nullptr, 0);
  for (const auto& wanted : all) {
    extension_handle added(must(X509V3_EXT_conf_nid(nullptr, &context, wanted.kind, wanted.value.c_str())));
    must(X509_add_ext(made, added.get(), -1));
  }
  must(X509_sign(made, key.handle(), EVP_sha256()));
  bio_handle to(must(BIO_new(BIO_s_mem())));
  must(PEM_write_bio_X509(to.get(), made));
  return text_in(to.get());
}

key_handle read_public_key(std::string_view der) {
  const auto* at = bytes_of(der);
  return key_handle(must(d2i_PUBKEY(nullptr, &at, static_cast<long>(der.size()))));
}

/// A certificate that is no authority's own.
result<std::string> issue(const std::string& authority_pem, const private_key& key, const holder& whom,
                          const certificate_term& term, const extensions& purposes) {
  if (auto good = check_public_key(whom.public_key); !good)
    return good.failure();
  auto own = facts_of(authority_pem);
  if (term.now >= own->not_after)
    return error{error_code::failed_precondition, "the certificate of the cluster's authority ended at "
                                                      + utc_text(own->not_after)
                                                      + "; found a new cluster, and join the nodes to it"};
  auto issuer = read_certificate(authority_pem);
  auto until = std::min(term.now + term.lifetime, own->not_after);
  auto made = begin_certificate(whom.common_name, whom.organization, term.now - authority::backdated_by, until);
  must(X509_set_pubkey(made.get(), read_public_key(whom.public_key).get()));
  extensions all = {{NID_basic_constraints, "critical,CA:FALSE"},
                    {NID_key_usage, "critical,digitalSignature"},
                    {NID_subject_key_identifier, "hash"},
                    {NID_authority_key_identifier, "keyid"}};
  all.insert(all.end(), purposes.begin(), purposes.end());
  return sign_certificate(made.get(), issuer.get(), key, all);
}

bool ends_with(const std::string& text, std::string_view end) {
  return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

/// The host of an address as another name of its node, in the words of OpenSSL's configuration: ",IP:10.0.0.7". Nothing for none, and for
/// what could be taken for a name that the authority itself gives.
std::string name_of_host(std::string_view address) {
  auto parts = listen_address_from(address);
  if (!parts)
    return {};
  auto host = parts->host;
  unsigned char bytes[sizeof(in6_addr)];
  if (::inet_pton(AF_INET, host.c_str(), bytes) == 1 || ::inet_pton(AF_INET6, host.c_str(), bytes) == 1)
    return ",IP:" + host;
  std::transform(host.begin(), host.end(), host.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? char(c - 'A' + 'a') : c; });
  bool is_name = host.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-.") == std::string::npos && host.back() != '.';
  return is_name && !ends_with(host, ".node") && !ends_with(host, ".cluster") ? ",DNS:" + host : "";
}

} // namespace

authority::authority(std::string cluster_id, std::string certificate_pem, private_key key)
  : cluster_id_(std::move(cluster_id)), certificate_pem_(std::move(certificate_pem)), key_(std::move(key)) {}

authority authority::make(std::string cluster_id, wall_time now) {
  auto key = private_key::make();
  auto made = begin_certificate(cluster_id, authority_organization, now - backdated_by, now + lifetime);
  must(X509_set_pubkey(made.get(), key.handle()));
  auto pem = sign_certificate(made.get(), made.get(), key,
                              {{NID_basic_constraints, "critical,CA:TRUE,pathlen:0"},
                               {NID_key_usage, "critical,keyCertSign,cRLSign"},
                               {NID_subject_key_identifier, "hash"}});
  return {std::move(cluster_id), std::move(pem), std::move(key)};
}

result<authority> authority::load(std::string certificate_pem, std::string_view key_pem) {
  openssl_errors forgotten;
  auto facts = facts_of(certificate_pem);
  if (!facts)
    return facts.failure();
  if (facts->organization != authority_organization || !is_unique_id(facts->common_name)
      || !is_issued_by(certificate_pem, certificate_pem))
    return error{error_code::invalid_argument, "this is no certificate of a cluster's authority"};
  auto key = private_key::from_pem(key_pem);
  if (!key)
    return key.failure();
  if (key->public_key() != facts->public_key)
    return error{error_code::invalid_argument, "the key is not the one of the authority's certificate"};
  return authority(facts->common_name, std::move(certificate_pem), std::move(*key));
}

result<std::string> authority::issue_node(std::string_view node_id, std::string_view public_key, const certificate_term& term,
                                          std::string_view address) const {
  if (!is_unique_id(node_id))
    return error{error_code::invalid_argument, "a node's id is 32 lower-case hex digits"};
  return issue(certificate_pem_, key_, {node_id, to_string(cluster_role::node), public_key}, term,
               {{NID_ext_key_usage, "serverAuth,clientAuth"},
                {NID_subject_alt_name,
                 "DNS:" + dns_name_of_node(node_id) + ",DNS:" + dns_name_of_cluster(cluster_id_) + name_of_host(address)}});
}

result<std::string> authority::issue_user(std::string_view name, cluster_role role, std::string_view public_key,
                                          const certificate_term& term) const {
  if (auto good = check_user_name(name); !good)
    return good.failure();
  if (role != cluster_role::admin && role != cluster_role::client)
    return error{error_code::invalid_argument, "a user is an admin or a client"};
  auto common_name = common_name_of(role, name);
  return issue(certificate_pem_, key_, {common_name, to_string(role), public_key}, term, {{NID_ext_key_usage, "clientAuth"}});
}

leadership authority::grant(std::uint64_t epoch, std::string leader_id) const {
  leadership given{epoch, std::move(leader_id), {}};
  given.signature = key_.sign(mandate_text(cluster_id_, given));
  return given;
}

} // namespace troupe
