#include "runtime/cli/cluster_probe.hpp"

#include "cluster/certificates.hpp"
#include "cluster/dial.hpp"
#include "schemas/join.capnp.h"

#include <capnp/serialize-async.h>
#include <kj/async-io.h>

namespace troupe {

namespace {

/// For each of the two connections.
constexpr auto patience = 2 * kj::SECONDS;
/// A certificate and little else.
constexpr std::uint64_t introduction_bytes_max = 64 << 10;

/// What a node says of itself in clear: nothing of it is believed, but its certificate must fit it.
struct introduced {
  std::string authority;
  wall_time clock{};
};

introduced meet(kj::AsyncIoContext& io, const std::string& address) {
  capnp::ReaderOptions bounded;
  bounded.traversalLimitInWords = introduction_bytes_max / sizeof(capnp::word);
  name_resolver names;
  auto told =
      dial_raw({*io.provider, names}, address, connection_role::introduction).then([bounded](kj::Own<kj::AsyncIoStream> stream) {
        auto read = capnp::readMessage(*stream, bounded);
        return read.attach(kj::mv(stream));
      });
  auto message = io.provider->getTimer().timeoutAfter(patience, kj::mv(told)).wait(io.waitScope);
  auto introduction = message->getRoot<schema::Introduction>();
  auto authority = introduction.getAuthority();
  return {{authority.begin(), authority.size()}, wall_time(std::chrono::nanoseconds(introduction.getUnixNs()))};
}

/// "" if the node's certificate holds.
std::string trouble_with(kj::AsyncIoContext& io, const std::string& address, const std::string& authority) {
  auto facts = facts_of(authority);
  if (!facts)
    return facts.failure().message;
  identity_holder stranger({authority, "", ""});
  tls_endpoint tls(stranger);
  name_resolver names;
  auto failed = kj::runCatchingExceptions([&] {
    auto shaken = dial({*io.provider, names}, tls, address, connection_role::join, dns_name_of_cluster(facts->common_name));
    io.provider->getTimer().timeoutAfter(patience, kj::mv(shaken)).wait(io.waitScope);
  });
  KJ_IF_MAYBE (why, failed)
    return tls_trouble(*why);
  return {};
}

} // namespace

cluster_port_facts probe_cluster_port(const std::string& address, const clock& time) {
  cluster_port_facts facts{address};
  auto io = kj::setupAsyncIo();
  introduced node;
  facts.answers = kj::runCatchingExceptions([&] { node = meet(io, address); }) == nullptr;
  if (!facts.answers)
    return facts;
  facts.clock_ahead = node.clock - time.wall_now();
  facts.trouble = trouble_with(io, address, node.authority);
  return facts;
}

} // namespace troupe
