#pragma once

#include "runtime/base/clock.hpp"
#include "runtime/base/golden.hpp"
#include "runtime/serving/pool.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>

namespace troupe {

struct trial_options {
  model_spec spec;
  std::shared_ptr<const golden_set> golden; ///< null: the version has none
  /// Also runs one batch of zeros with `max_batch` rows (free dimensions 1), for its time and memory. What it gives isn't looked at; an
  /// error that the model raises counts only if no dimension was guessed.
  bool full_batch = false;
};

struct trial_report {
  std::uint32_t cases = 0;             ///< golden cases that gave what they should
  std::chrono::nanoseconds slowest{0}; ///< from its start to its answer, of all batches
};

/// Runs a version's golden cases one by one on a runner that no pool has attached, and compares what they give. Returns at once; `done` is called
/// once, on the thread that answers batches (or on this one): it must only hand on and return. Errors: invalid_argument (an output is not what
/// it should be, or not finite: names golden.json, case, output, index, expected and found), model_failed (the model raised an error, ran out of
/// memory or of time), unavailable (the host died of something else).
void start_trial(std::shared_ptr<batch_runner> runner, trial_options options, const clock& time,
                 std::function<void(result<trial_report>)> done);

} // namespace troupe
