#pragma once

#include "runtime/base/error.hpp"
#include "runtime/cli/arrival_schedule.hpp"
#include "runtime/cli/client_loop.hpp"
#include "runtime/cli/load_report.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace troupe {

/// As good as no limit.
inline constexpr std::uint64_t load_requests_max = 1'000'000'000'000;
/// Most requests of one load that may be unanswered at once.
inline constexpr std::uint32_t load_in_flight_max = 4096;

/// A way to a deployment, and what is asked on it. Used on its loop's thread.
class load_channel {
public:
  virtual ~load_channel() noexcept(false) = default; // as KJ's destructors are
  /// Asks the request with that index, which counts from 0 in the order of sending. Done with its answer, an error where the node refuses;
  /// fails where the connection is lost.
  virtual kj::Promise<result<void>> ask(std::uint64_t index) = 0;
  /// For messages.
  virtual const std::string& address() const = 0;
};

/// Of an open loop.
struct load_rate {
  double per_second = 1;
  arrivals kind = arrivals::poisson;
  std::uint64_t seed = 1;
};

struct load_options {
  std::uint64_t count = load_requests_max; ///< how many to send
  /// Calls in flight: a closed loop, where each answer lets the next request go. Not looked at where `rate` is set.
  std::uint32_t concurrency = 1;
  /// An open loop: requests are sent when they are due, whatever became of the ones before. A latency counts from when its request was due,
  /// so that a slow answer is not hidden by the requests that waited for it.
  std::optional<load_rate> rate;
  std::chrono::nanoseconds time_limit{0}; ///< nothing new is due after this; 0: no limit
  std::function<bool()> is_over;          ///< asked before each request; once it is true nothing new is sent. None: never
  /// The longest that no answer at all may come to what was sent before the load ends as timed_out: beyond every request's deadline.
  std::chrono::nanoseconds silence_max = std::chrono::seconds(30);
  /// Called a few times a second with the figures so far.
  std::function<void(const load_report&)> on_progress;
};

/// Sends requests over the channels by turns until `count` are answered, the time is up or it is over, and what is in flight then is answered, too.
/// Requests that the node refuses are counted. A lost connection, silence and Ctrl-C (after the loop's on_interrupt) end it: the report
/// says so in `broken_off`.
load_report run_load(client_loop& loop, const std::vector<load_channel*>& channels, const load_options& options);

} // namespace troupe
