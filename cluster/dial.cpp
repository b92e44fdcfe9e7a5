#include "cluster/dial.hpp"

#include <utility>
#include <vector>

namespace troupe {

namespace {

/// The same exception with a description for people.
kj::Exception retold(const kj::Exception& why, const std::string& text) {
  return {why.getType(), why.getFile(), why.getLine(), kj::heapString(text.c_str())};
}

/// Goes through a name's addresses until one takes the connection.
class address_walk {
public:
  address_walk(dialler by, std::vector<std::string> addresses) : by_(by), addresses_(std::move(addresses)) {}

  kj::Promise<kj::Own<kj::AsyncIoStream>> next() {
    const auto& address = addresses_[at_++];
    auto connected = connect(address);
    bool last = at_ == addresses_.size();
    if (!last)
      connected = by_.io.getTimer().timeoutAfter(by_.address_patience, kj::mv(connected));
    return connected.catch_([this, &address, last](kj::Exception&& why) -> kj::Promise<kj::Own<kj::AsyncIoStream>> {
      if (addresses_.size() == 1)
        return kj::mv(why);
      note(address, why);
      return last ? kj::Promise<kj::Own<kj::AsyncIoStream>>(retold(why, troubles_)) : next();
    });
  }

private:
  /// No thread is needed for figures.
  kj::Promise<kj::Own<kj::AsyncIoStream>> connect(const std::string& address) {
    return by_.io.getNetwork().parseAddress(address.c_str()).then([](kj::Own<kj::NetworkAddress> found) {
      auto connected = found->connect();
      return connected.attach(kj::mv(found));
    });
  }

  void note(const std::string& address, const kj::Exception& why) {
    bool silent = why.getType() == kj::Exception::Type::OVERLOADED; // what timeoutAfter says
    troubles_ += (troubles_.empty() ? "" : "; ") + address + ": " + (silent ? "no answer in time" : tls_trouble(why));
  }

  const dialler by_;
  const std::vector<std::string> addresses_;
  std::size_t at_ = 0;
  std::string troubles_;
};

kj::Promise<kj::Own<kj::AsyncIoStream>> connect_to_any(dialler by, result<std::vector<std::string>> addresses) {
  if (!addresses)
    return kj::Exception(kj::Exception::Type::FAILED, __FILE__, __LINE__, kj::heapString(addresses.failure().message.c_str()));
  auto walk = kj::heap<address_walk>(by, std::move(*addresses));
  auto connected = walk->next();
  return connected.attach(kj::mv(walk));
}

} // namespace

kj::Promise<kj::Own<kj::AsyncIoStream>> dial_raw(dialler by, const std::string& address, connection_role role) {
  return by.names.resolve(address)
      .then([by](result<std::vector<std::string>> found) { return connect_to_any(by, std::move(found)); })
      .then([role](kj::Own<kj::AsyncIoStream> stream) {
        auto preface = kj::heapString(preface_of(role).c_str());
        auto written = stream->write(preface.begin(), preface.size());
        return written.attach(kj::mv(preface)).then([stream = kj::mv(stream)]() mutable { return kj::mv(stream); });
      });
}

kj::Promise<proven_stream> dial(dialler by, tls_endpoint& tls, const std::string& address, connection_role role,
                                const std::string& dns_name) {
  return dial_raw(by, address, role)
      .then([&tls, dns_name, below = by.below_tls](kj::Own<kj::AsyncIoStream> raw) {
        return tls.connect(below ? below(kj::mv(raw)) : kj::mv(raw), dns_name);
      })
      .catch_([](kj::Exception&& why) -> kj::Promise<proven_stream> { return retold(why, tls_trouble(why)); });
}

} // namespace troupe
