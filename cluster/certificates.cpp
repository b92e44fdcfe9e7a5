#include "cluster/certificates.hpp"

#include "cluster/openssl_handles.hpp"
#include "cluster/read_certificate.hpp"
#include "runtime/base/sha256.hpp"

#include <ctime>

namespace troupe {

namespace {

std::string name_entry(const X509_NAME* name, int kind) {
  auto index = X509_NAME_get_index_by_NID(name, kind, -1);
  if (index < 0)
    return {};
  const auto* value = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, index));
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(value)), static_cast<std::size_t>(ASN1_STRING_length(value))};
}

/// The nearest that a wall_time can hold.
result<wall_time> time_in(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1)
    return no_certificate();
  auto since_epoch = std::chrono::seconds(::timegm(&parts));
  if (since_epoch > wall_time::max().time_since_epoch())
    return wall_time::max();
  if (since_epoch < wall_time::min().time_since_epoch())
    return wall_time::min();
  return wall_time(since_epoch);
}

std::vector<std::string> dns_names_in(const X509* certificate) {
  general_names_handle names(static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  std::vector<std::string> found;
  for (int i = 0; names && i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const auto* name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type == GEN_DNS)
      found.emplace_back(reinterpret_cast<const char*>(ASN1_STRING_get0_data(name->d.dNSName)),
                         static_cast<std::size_t>(ASN1_STRING_length(name->d.dNSName)));
  }
  return found;
}

} // namespace

result<certificate_facts> facts_of(std::string_view pem) {
  openssl_errors forgotten;
  auto certificate = read_certificate(pem);
  if (!certificate)
    return no_certificate();
  auto not_before = time_in(X509_get0_notBefore(certificate.get()));
  auto not_after = time_in(X509_get0_notAfter(certificate.get()));
  if (!not_before || !not_after)
    return no_certificate();
  const auto* subject = X509_get_subject_name(certificate.get());
  return certificate_facts{name_entry(subject, NID_commonName),
                           name_entry(subject, NID_organizationName),
                           *not_before,
                           *not_after,
                           der_of<const X509_PUBKEY>(X509_get_X509_PUBKEY(certificate.get()), i2d_X509_PUBKEY),
                           dns_names_in(certificate.get())};
}

bool is_issued_by(std::string_view pem, std::string_view authority_pem) {
  openssl_errors forgotten;
  auto certificate = read_certificate(pem);
  auto authority = read_certificate(authority_pem);
  return certificate && authority && X509_check_issued(authority.get(), certificate.get()) == X509_V_OK
         && X509_verify(certificate.get(), X509_get0_pubkey(authority.get())) == 1;
}

result<std::string> certificate_sha256(std::string_view pem) {
  openssl_errors forgotten;
  auto certificate = read_certificate(pem);
  if (!certificate)
    return no_certificate();
  return sha256_of(der_of<const X509>(certificate.get(), i2d_X509));
}

std::string dns_name_of_node(std::string_view node_id) {
  return std::string(node_id) + ".node";
}

std::string dns_name_of_cluster(std::string_view cluster_id) {
  return std::string(cluster_id) + ".cluster";
}

std::optional<cluster_user> user_of(std::string_view common_name) {
  auto colon = common_name.find(':');
  if (colon == std::string_view::npos)
    return std::nullopt;
  for (auto role : {cluster_role::admin, cluster_role::client})
    if (common_name.substr(0, colon) == to_string(role))
      return cluster_user{std::string(common_name.substr(colon + 1)), role};
  return std::nullopt;
}

} // namespace troupe
