#pragma once

/// Stories that a seed makes, one after the other, as `./dev sim` asks for them. For test files: it includes Boost.Test.

#include <boost/test/unit_test.hpp>

#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <vector>

namespace troupe {

/// What became of one story.
struct story_outcome {
  std::vector<std::string> complaints;
  std::uint64_t trace = 0; ///< of all that happened
  std::uint64_t answered = 0;
};

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

/// The story of TROUPE_SIM_SEED alone, or the first TROUPE_SIM_SEEDS ones: none may end with a complaint, and requests must have been answered.
template <class Live>
void check_stories(Live live, std::uint64_t seeds_by_default) {
  auto only = number_from("TROUPE_SIM_SEED");
  auto first = only.value_or(1);
  auto count = only ? 1 : number_from("TROUPE_SIM_SEEDS").value_or(seeds_by_default);
  std::uint64_t answered = 0;
  for (auto seed = first; seed < first + count; ++seed) {
    story_outcome seen = live(seed);
    answered += seen.answered;
    if (!seen.complaints.empty())
      report(seed, seen);
  }
  BOOST_TEST_MESSAGE(count << " seeds, " << answered << " requests answered");
  BOOST_TEST(answered > 0U);
}

/// So many stories go twice as they went once.
template <class Live>
void check_replays(Live live, std::uint64_t count) {
  auto first = number_from("TROUPE_SIM_SEED").value_or(1);
  for (auto seed = first; seed < first + count; ++seed) {
    auto trace = live(seed).trace;
    BOOST_TEST(live(seed).trace == trace, "seed " << seed);
  }
}

} // namespace troupe
