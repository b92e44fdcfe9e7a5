#include "runtime/gateway/acceptor.hpp"

#include <cerrno>
#include <memory>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

namespace troupe {

namespace {

/// Between tries to accept while the process has no descriptors left.
constexpr auto accept_pause = 50 * kj::MILLISECONDS;

bool out_of_resources(int error_number) {
  return error_number == EMFILE || error_number == ENFILE || error_number == ENOBUFS || error_number == ENOMEM;
}

} // namespace

acceptor::acceptor(std::vector<kj_loop*> loops, listener door, door_kind kind, client_count& clients, client_handler on_client)
  : loops_(std::move(loops)), door_(std::move(door)), kind_(kind), clients_(clients), on_client_(std::move(on_client)) {
  loops_.front()->watch(door_.socket.get(), [this] { accept_all(); });
}

void acceptor::stop() {
  auto& first = *loops_.front();
  first.unwatch(door_.socket.get());
  first.post([this] { door_.socket.reset(); });
}

void acceptor::accept_all() {
  while (door_.socket) {
    unique_fd client(::accept4(door_.socket.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (client)
      admit(std::move(client));
    else if (errno == EAGAIN || errno == EWOULDBLOCK)
      return;
    else if (out_of_resources(errno))
      return accept_later();
    // else: that client has gone already
  }
}

void acceptor::accept_later() {
  auto& first = *loops_.front();
  first.keep(first.io().provider->getTimer().afterDelay(accept_pause).then([this] { accept_all(); }));
}

void acceptor::admit(unique_fd client) {
  if (!clients_.enter(kind_))
    return;
  int on = 1;
  ::setsockopt(client.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  auto chosen = next_loop_++ % loops_.size();
  // std::function wants a copyable target.
  auto shared = std::make_shared<unique_fd>(std::move(client));
  loops_[chosen]->post([this, chosen, shared] { serve(chosen, std::move(*shared)); });
}

void acceptor::serve(std::size_t loop, unique_fd client) {
  using flags = kj::LowLevelAsyncIoProvider;
  auto leave = kj::defer([this] { clients_.leave(kind_); });
  auto& on = *loops_[loop];
  auto stream = on.io().lowLevelProvider->wrapSocketFd(client.release(),
                                                       flags::TAKE_OWNERSHIP | flags::ALREADY_NONBLOCK | flags::ALREADY_CLOEXEC);
  on.keep(on_client_(loop, kj::mv(stream)).attach(kj::mv(leave)));
}

} // namespace troupe
