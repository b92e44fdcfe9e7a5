#include "runtime/gateway/peer_trust.hpp"

#include "cluster/certificates.hpp"

#include <algorithm>
#include <memory>
#include <utility>

namespace troupe {

namespace {

result<wall_time> judge(const tls_identity& own, const std::string& certificate, const std::string& node_id) {
  auto facts = facts_of(certificate);
  if (!facts || facts->common_name != node_id || !is_issued_by(certificate, own.authority))
    return error{error_code::permission_denied, "the certificate that it greets with is not node " + node_id + "'s"};
  return facts->not_after;
}

} // namespace

peer_trust trust_by(const identity_holder& identity, std::function<result<void>(const std::string& node_id)> admits,
                    std::function<leadership()> lead, std::function<void(const leadership&)> hear) {
  return {
      [&identity] { return identity.get()->certificate; },
      [&identity](const std::string& certificate, const std::string& who) { return judge(*identity.get(), certificate, who); },
      std::move(admits), std::move(lead), std::move(hear)};
}

kj::Duration time_left(wall_time until, const clock& time) {
  constexpr std::chrono::nanoseconds most = std::chrono::hours(24 * 365);
  auto now = time.wall_now();
  auto left = until <= now ? std::chrono::nanoseconds(0) : std::min(until - now, most);
  return left.count() * kj::NANOSECONDS;
}

peer_dialler dial_by(kj_loop& loop, const identity_holder& identity) {
  auto tls = std::make_shared<tls_endpoint>(identity);
  auto names = std::make_shared<name_resolver>();
  return [&loop, tls, names](const peer_address& whom) {
    return dial({*loop.io().provider, *names}, *tls, whom.address, connection_role::control, dns_name_of_node(whom.node_id))
        .then([](proven_stream&& proven) { return kj::mv(proven.stream); });
  };
}

} // namespace troupe
