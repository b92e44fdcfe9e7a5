#pragma once

#include "examples/digits/demo/digits.hpp"
#include "runtime/cli/client.hpp"
#include "runtime/cli/rpc_channel.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <vector>

namespace troupe {

/// What each scene plays with.
inline constexpr const char* demo_deployment = "digits";
inline constexpr std::uint32_t demo_concurrency = 64;
inline constexpr std::chrono::seconds demo_load_time{3};

struct test_report {
  std::uint64_t right = 0;          ///< answers that name the digit
  std::set<std::uint32_t> versions; ///< that answered
  load_report load;
};

/// Asks for every image of the set, once.
test_report ask_all(client& node, const digit_set& digits);

/// Asks the node there for one image after the other, from a thread of its own, until `act`, which is done in the middle of it, is over; for `demo_load_time` at
/// least.
load_report load_during(const std::string& address, const digit_set& digits, const std::function<void()>& act);

/// Returns once the version answers with all its replicas; command_failure (timed_out) if it does not.
void await_version(client& node, std::uint32_t version);

/// A replica of the live version that is ready.
struct serving_replica {
  std::string node; ///< its name
  std::uint32_t pid = 0;
};
/// None while the leader, who knows, doesn't answer.
std::vector<serving_replica> serving_replicas(client& node);
/// How many of them run on that node.
std::size_t count_on(const std::vector<serving_replica>& replicas, const std::string& name);

/// How the asked node sees another one: "alive", "suspect", …; empty: it doesn't know it.
std::string state_of(client& asked, const std::string& name);

/// How long it took until it held; command_failure (timed_out) naming `what` if it doesn't within half a minute.
std::chrono::nanoseconds time_until(const std::string& what, const std::function<bool()>& holds);

} // namespace troupe
