#include "cluster/name_resolver.hpp"

#include "runtime/base/config.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <atomic>
#include <netdb.h>
#include <sys/socket.h>
#include <thread>
#include <utility>

namespace troupe {

namespace {

using addresses = std::vector<std::string>;

bool in_figures(const std::string& host) {
  in6_addr parsed{};
  return ::inet_pton(AF_INET, host.c_str(), &parsed) == 1 || ::inet_pton(AF_INET6, host.c_str(), &parsed) == 1;
}

std::string with_port(const std::string& host, std::uint16_t port) {
  auto bracketed = host.find(':') == std::string::npos ? host : "[" + host + "]";
  return bracketed + ":" + std::to_string(port);
}

std::string text_of(const sockaddr* address, socklen_t size) {
  char host[NI_MAXHOST] = "";
  ::getnameinfo(address, size, host, sizeof host, nullptr, 0, NI_NUMERICHOST);
  return host;
}

result<addresses> with_port(result<addresses> hosts, std::uint16_t port) {
  if (!hosts)
    return hosts;
  for (auto& host : *hosts)
    host = with_port(host, port);
  return hosts;
}

} // namespace

result<addresses> look_up(const std::string& host) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_ADDRCONFIG;
  addrinfo* list = nullptr;
  if (int failure = ::getaddrinfo(host.c_str(), nullptr, &hints, &list); failure != 0)
    return error{error_code::unavailable, std::string("its name can't be resolved: ") + ::gai_strerror(failure)};
  addresses found;
  for (auto each = list; each != nullptr; each = each->ai_next)
    if (auto text = text_of(each->ai_addr, each->ai_addrlen); std::find(found.begin(), found.end(), text) == found.end())
      found.push_back(std::move(text));
  ::freeaddrinfo(list);
  return found;
}

struct name_resolver::lookups {
  const name_lookup how;
  std::atomic<std::uint32_t> under_way{0};
};

/// What a thread does.
struct name_resolver::lookup_task {
  ~lookup_task() noexcept {} // KJ's destructors may throw by their type; these don't

  void run() {
    auto found = with_port(shared->how(address.host), address.port);
    --shared->under_way;
    if (found && found->empty())
      found = error{error_code::unavailable, "its name has no address"};
    told->fulfill(std::move(found));
  }

  std::shared_ptr<lookups> shared;
  listen_address address;
  kj::Own<kj::CrossThreadPromiseFulfiller<result<addresses>>> told;
};

name_resolver::name_resolver(name_lookup how) : lookups_(new lookups{std::move(how)}) {}

kj::Promise<result<addresses>> name_resolver::resolve(const std::string& address) {
  auto parts = listen_address_from(address);
  if (!parts)
    return result<addresses>(parts.failure());
  if (in_figures(parts->host))
    return result<addresses>(addresses{address});
  if (++lookups_->under_way > lookups_max) {
    --lookups_->under_way;
    return result<addresses>(error{error_code::overloaded, "the name servers have not answered " + std::to_string(lookups_max)
                                                               + " earlier questions; see /etc/resolv.conf"});
  }
  auto answer = kj::newPromiseAndCrossThreadFulfiller<result<addresses>>();
  auto task = std::make_unique<lookup_task>();
  task->shared = lookups_;
  task->address = *parts;
  task->told = kj::mv(answer.fulfiller);
  std::thread([task = std::move(task)] { task->run(); }).detach();
  return kj::mv(answer.promise);
}

} // namespace troupe
