#pragma once

#include "examples/digits/demo/digits.hpp"
#include "runtime/cli/client.hpp"
#include "runtime/cli/rpc_channel.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <set>
#include <string>

namespace troupe {

/// What each scene plays with.
inline constexpr const char* demo_deployment = "digits";
inline constexpr std::uint32_t demo_replicas = 2;
inline constexpr std::uint32_t demo_concurrency = 64;
inline constexpr std::chrono::seconds demo_load_time{3};

struct test_report {
  std::uint64_t right = 0;          ///< answers that name the digit
  std::set<std::uint32_t> versions; ///< that answered
  load_report load;
};

/// Asks for every image of the set, once.
test_report ask_all(client& node, const digit_set& digits);

/// Asks the node there for one image after the other for `demo_load_time`, from a thread of its own; does `act` in the middle of it.
load_report load_during(const std::string& address, const digit_set& digits, const std::function<void()>& act);

/// Returns once the version answers with all its replicas; command_failure (timed_out) if it does not.
void await_version(client& node, std::uint32_t version);

struct kill_report {
  std::uint32_t pid = 0;                   ///< whom we killed
  std::chrono::nanoseconds until_whole{0}; ///< from kill -9 until the node has all replicas serving again
  load_report load;
};

/// Kills the host of one replica with -9 in the middle of a load, and watches `node` until all replicas serve again. command_failure
/// (timed_out) if they don't.
kill_report kill_under_load(client& node, const digit_set& digits);

} // namespace troupe
