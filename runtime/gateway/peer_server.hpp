#pragma once

#include "runtime/gateway/cut_list.hpp"
#include "runtime/gateway/peer_service.hpp"

#include <kj/async-io.h>

#include <string>

namespace troupe {

/// Serves the nodes that connect to this one.
class peer_server {
public:
  /// The context's loop is its loop, too.
  explicit peer_server(peer_context& context) : context_(context), open_(context.loop) {}

  /// Serves a connection whose other end has proven to be `who`, until it ends: it breaks, is cut, has not greeted in time, or the other end's
  /// certificate is over. On the loop's thread.
  kj::Promise<void> serve(kj::Own<kj::AsyncIoStream> stream, std::string who);

  /// Ends the connections of a node and takes back what it has asked. Any thread.
  void cut(const std::string& who) { open_.cut(who); }

private:
  /// Resolves when the connection is to end, though nothing is wrong with it.
  kj::Promise<void> overdue(kj::Promise<wall_time> greeted);

  peer_context& context_;
  cut_list open_;
};

} // namespace troupe
