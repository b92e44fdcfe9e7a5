#pragma once

/// Stories that a seed makes, as `./dev sim` asks for them. For test files: it includes Boost.Test.

#include "tests/sim/story_workers.hpp"

#include <boost/test/unit_test.hpp>

#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>

namespace troupe {

inline std::optional<std::uint64_t> number_from(const char* variable) {
  auto text = std::getenv(variable);
  return text == nullptr ? std::nullopt : std::optional<std::uint64_t>(std::strtoull(text, nullptr, 10));
}

inline void report(std::uint64_t seed, const story_outcome& seen) {
  std::string text = "seed " + std::to_string(seed) + "; replay it with: ./dev sim --seed " + std::to_string(seed);
  for (const auto& each : seen.complaints)
    text += "\n  " + each;
  BOOST_ERROR(text);
}

/// The story of TROUPE_SIM_SEED alone, or the first TROUPE_SIM_SEEDS ones: none may end with a complaint, and of several some requests must have been answered.
inline void check_stories(const story& live, std::uint64_t seeds_by_default) {
  std::uint64_t answered = 0;
  auto check = [&](std::uint64_t seed, const story_outcome& seen) {
    answered += seen.answered;
    if (!seen.complaints.empty())
      report(seed, seen);
  };
  if (auto only = number_from("TROUPE_SIM_SEED"))
    return check(*only, live(*only)); // whose every request may have been refused
  live_in_processes(live, 1, number_from("TROUPE_SIM_SEEDS").value_or(seeds_by_default), check);
  BOOST_TEST(answered > 0U);
}

/// So many stories go twice as they went once.
inline void check_replays(const story& live, std::uint64_t count) {
  auto first = number_from("TROUPE_SIM_SEED").value_or(1);
  for (auto seed = first; seed < first + count; ++seed) {
    auto trace = live(seed).trace;
    BOOST_TEST(live(seed).trace == trace, "seed " << seed);
  }
}

} // namespace troupe
