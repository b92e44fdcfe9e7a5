#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace troupe {

/// What became of one story.
struct story_outcome {
  std::vector<std::string> complaints;
  std::uint64_t trace = 0; ///< of all that happened
  std::uint64_t answered = 0;
};

using story = std::function<story_outcome(std::uint64_t seed)>;

/// Lives the stories of `count` seeds, from `first` on, in as many processes as the machine has cores; one after the other in each. `on_outcome`
/// hears of each in this process, in no order. A process that dies is a complaint of the seed that it was at.
void live_in_processes(const story& live, std::uint64_t first, std::uint64_t count,
                       const std::function<void(std::uint64_t seed, const story_outcome&)>& on_outcome);

} // namespace troupe
