#pragma once

#include "cluster/preface.hpp"
#include "cluster/tls.hpp"
#include "cluster/warn_limit.hpp"
#include "runtime/base/event.hpp"
#include "runtime/gateway/acceptor.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

namespace troupe {

struct cluster_door_options {
  std::uint32_t connections_max = 4096;          ///< the next one is closed at once
  std::uint32_t unfinished_max = 256;            ///< that have not said what they want, or not proven who they are; likewise
  std::uint32_t unfinished_host_max = 64;        ///< of these, from one address: who keeps silence there keeps nobody else out
  std::chrono::milliseconds proof_timeout{5000}; ///< who has not done both by then is closed
};

/// Who serves connections that are encrypted and proven. Each serves one until its promise is done.
struct cluster_handlers {
  /// A node asks. On the cluster loop; `who` is its certificate's common name.
  std::function<kj::Promise<void>(kj::Own<kj::AsyncIoStream> stream, std::string who)> control;
  /// Somebody wants to join. On the cluster loop. Empty: such connections are refused.
  std::function<kj::Promise<void>(kj::Own<kj::AsyncIoStream> stream)> join;
  /// A node forwards requests. On the data loop with this index. Empty: likewise.
  std::function<kj::Promise<void>(std::size_t loop, kj::Own<kj::AsyncIoStream> stream, std::string who)> data;
};

/// A node's cluster port: finds out what a connection is for and who is at its other end, and hands it on. Connections for data go over to the data
/// loops, in turn, before they are decrypted.
class cluster_door {
public:
  /// Begins to accept. All outlive it; the loops are stopped before it is destroyed.
  cluster_door(kj_loop& loop, const std::vector<kj_loop*>& data_loops, listener door, const identity_holder& identity,
               const clock& time, event_sink& events, cluster_handlers handlers, cluster_door_options options = {});

  const std::string& address() const { return door_.address(); }
  /// Closes the door; connections that are open go on. Any thread.
  void stop_accepting() { door_.stop(); }

private:
  /// A loop that serves connections, and how it encrypts them.
  struct lane {
    kj_loop& loop;
    tls_endpoint tls;
  };
  struct unfinished;

  static std::vector<lane> make_lanes(const std::vector<kj_loop*>& loops, const identity_holder& identity);
  kj::Promise<void> serve(kj::Own<kj::AsyncIoStream> client);
  kj::Promise<void> take(kj::Own<unfinished> client, connection_role role);
  kj::Promise<void> introduce(kj::Own<unfinished> client);
  kj::Promise<void> take_member(kj::Own<unfinished> client);
  kj::Promise<void> take_stranger(kj::Own<unfinished> client);
  kj::Promise<void> move_to_data_loop(kj::Own<unfinished> client);
  void take_data(std::size_t loop, unique_fd client);
  /// `what`, or a failure once the time is over.
  template <class T>
  kj::Promise<T> in_time(kj_loop& loop, kj::Promise<T> what);
  /// One more that is unfinished, from there; "", or why it can't be.
  std::string let_in(const std::string& host);
  void enter(const std::string& host);
  void leave(const std::string& host);
  void refuse(const std::string& address, const std::string& why);

  const identity_holder& identity_;
  const clock& time_;
  event_sink& events_;
  const cluster_handlers handlers_;
  const cluster_door_options options_;
  std::mutex mutex_;
  warn_limit warned_; ///< under the mutex, as the next two
  std::uint32_t unfinished_ = 0;
  std::map<std::string, std::uint32_t> unfinished_from_; ///< by address
  lane control_;
  std::vector<lane> data_;
  std::size_t next_data_ = 0; ///< the cluster loop's
  client_count clients_;
  acceptor door_; ///< last: it serves with all of the above
};

} // namespace troupe
