#pragma once

#include "cluster/discovery.hpp"
#include "cluster/sightings.hpp"

#include <kj/async-io.h>

#include <chrono>
#include <functional>
#include <string>
#include <vector>

namespace troupe {

struct lan_discovery_options {
  std::string program;    ///< troupe-lan
  std::string cluster_id; ///< 32 hex digits
  std::string node_id;    ///< this node's
  std::string announce;   ///< its cluster port for others to see; empty: it only looks
  /// Between the end of the program and its next start; doubled each time up to `rest_max`.
  std::chrono::milliseconds rest_base{1000};
  std::chrono::milliseconds rest_max{60'000};
};

/// Members on the local network, by multicast DNS (RFC 6762, 6763). A program of its own, troupe-lan, speaks it: what anybody on the network sends can
/// crash at most that one, which is then started again.
///
///     running --it ended--> resting --after a while--> running
///
/// Lives on one KJ loop's thread; its end is the program's, too.
class lan_discovery final : public discovery {
public:
  /// `tell` hears, on the loop's thread, each time what is wrong changes: why nothing can be found, as a sentence. The context outlives it.
  lan_discovery(kj::AsyncIoContext& io, lan_discovery_options options, std::function<void(const std::string& trouble)> tell);
  ~lan_discovery() noexcept override; // KJ's destructors may throw by their type; these don't

  std::vector<std::string> addresses() const override { return seen_.addresses(); }

private:
  class running_program;

  kj::Promise<void> keep_running();
  /// Until the program's end; why it ended.
  kj::Promise<std::string> run();
  kj::Promise<std::string> read_on();
  void take_lines();
  void take(std::string_view line);
  void trouble(const std::string& what);

  kj::AsyncIoContext& io_;
  const lan_discovery_options options_;
  const std::function<void(const std::string&)> tell_;
  sightings seen_;
  std::string last_trouble_;
  std::chrono::milliseconds next_rest_;
  kj::Own<running_program> program_;
  std::string unread_; ///< the beginning of a line
  char bytes_[4096];
  kj::Promise<void> work_ = nullptr; // last: dropped before what it uses
};

} // namespace troupe
