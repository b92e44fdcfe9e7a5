#include "cluster/dial.hpp"

#include <kj/debug.h>

namespace troupe {

namespace {

/// The same exception with a description for people.
[[noreturn]] void fail(const kj::Exception& why) {
  kj::throwFatalException(kj::Exception(why.getType(), why.getFile(), why.getLine(), kj::heapString(tls_trouble(why).c_str())));
}

} // namespace

kj::Promise<kj::Own<kj::AsyncIoStream>> dial_raw(kj::Network& network, const std::string& address, connection_role role) {
  return network.parseAddress(address.c_str())
      .then([](kj::Own<kj::NetworkAddress> found) {
        auto connected = found->connect();
        return connected.attach(kj::mv(found));
      })
      .then([role](kj::Own<kj::AsyncIoStream> stream) {
        auto preface = kj::heapString(preface_of(role).c_str());
        auto written = stream->write(preface.begin(), preface.size());
        return written.attach(kj::mv(preface)).then([stream = kj::mv(stream)]() mutable { return kj::mv(stream); });
      });
}

kj::Promise<proven_stream> dial(kj::Network& network, tls_endpoint& tls, const std::string& address, connection_role role,
                                const std::string& dns_name) {
  return dial_raw(network, address, role)
      .then([&tls, dns_name](kj::Own<kj::AsyncIoStream> raw) { return tls.connect(kj::mv(raw), dns_name); })
      .catch_([](kj::Exception&& why) -> proven_stream { fail(why); });
}

} // namespace troupe
