#pragma once

#include "runtime/base/clock.hpp"
#include "runtime/gateway/data_dialler.hpp"
#include "runtime/gateway/gateway_options.hpp"
#include "runtime/serving/remote_pool.hpp"

#include <kj/timer.h>

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace troupe {

/// A loop's way to another node: one connection, opened when it is first used and again after a failure.
///
///     down --send--> open --fails, or ends--> waiting --after a while--> down
///
/// While it waits everything fails at once. Belongs to the loop's thread, which must be stopped before it is destroyed.
class forward_link {
public:
  /// Wait after the first failure in a row; doubled with each, up to `wait_max`.
  static constexpr kj::Duration wait_base = 50 * kj::MILLISECONDS;
  static constexpr kj::Duration wait_max = 2 * kj::SECONDS;

  forward_link(kj_loop& loop, data_dialler& dialler, std::string node_id, const clock& time, const gateway_options& options)
    : loop_(loop), dialler_(dialler), node_id_(std::move(node_id)), time_(time), options_(options) {}

  /// As `forwarder::forward`.
  void send(const std::shared_ptr<remote_pool>& to, const std::vector<forwarder::outgoing>& requests);
  /// As `forwarder::withdraw`.
  void withdraw(const remote_pool& to, const std::set<std::uint64_t>& tickets);

private:
  class session;

  void open();
  void on_ended(session& ended);

  kj_loop& loop_;
  data_dialler& dialler_;
  const std::string node_id_;
  const clock& time_;
  const gateway_options& options_;
  session* session_ = nullptr; ///< the loop keeps it until it has ended
  unsigned failures_in_a_row_ = 0;
  kj::TimePoint wait_until_ = kj::origin<kj::TimePoint>();
};

/// The gateway's forwarder.
class forward_links final : public forwarder {
public:
  /// `loops`, `dialler` and `time` outlive it, and the loops are stopped before it is destroyed.
  forward_links(const std::vector<kj_loop*>& loops, data_dialler& dialler, const clock& time, gateway_options options);

  std::uint64_t call_bytes_max() const override { return options_.message_bytes_max; }
  void forward(const std::shared_ptr<remote_pool>& to, event_loop& from, const std::vector<outgoing>& requests) override;
  void withdraw(const std::shared_ptr<remote_pool>& to, event_loop& from, std::set<std::uint64_t> tickets) override;

private:
  struct lane {
    kj_loop* loop;
    std::map<std::string, std::unique_ptr<forward_link>, std::less<>> links; ///< by node id; the loop's thread only
  };

  lane& lane_of(const event_loop& loop);

  data_dialler& dialler_;
  const clock& time_;
  const gateway_options options_;
  std::vector<lane> lanes_;
};

} // namespace troupe
