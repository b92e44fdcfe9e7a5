#pragma once

#include "runtime/base/error.hpp"
#include "runtime/base/model_spec.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace troupe {

// What model.toml may ask for.
inline constexpr std::uint32_t model_batch_max = 65536;
inline constexpr std::uint32_t model_threads_max = 64;
inline constexpr std::uint32_t model_replicas_max = 256;
inline constexpr std::uint32_t model_queue_rows_max = 1'000'000;
inline constexpr std::uint64_t model_memory_min = 1ULL << 20;
inline constexpr std::uint64_t model_memory_max = 1ULL << 40;
inline constexpr std::uint64_t model_tensor_bytes_min = 4096;
inline constexpr std::uint64_t model_tensor_bytes_max = 1ULL << 30;
inline constexpr std::chrono::minutes model_timeout_max{60};
inline constexpr std::uint32_t model_keep_max = 100;
inline constexpr std::chrono::hours model_bake_max{24 * 7};
inline constexpr std::uint64_t model_cache_max = 64ULL << 30;
inline constexpr std::size_t tensor_name_max = 128; ///< bytes

/// Reads a `model.toml`. Only inputs and outputs must be there; the defaults of the others are model_spec's.
///
///     max_batch = 64            # rows in one call; 0 (default): the first dimension is no batch
///     threads = 1
///     replicas = 1
///     allow_non_finite = false  # whether golden outputs may be NaN or infinite
///     [[inputs]]                # in the order of forward()
///     name = "image"
///     datatype = "FP32"
///     shape = [-1, 64]          # -1 is a free dimension
///     [[outputs]]
///     name = "scores"
///     datatype = "FP32"
///     shape = [-1, 10]
///     [limits]
///     memory = "256MiB"         # beyond the loaded model
///     batch_timeout = "1s"
///     load_timeout = "60s"
///     queue_rows = 4096
///     input_bytes = "64MiB"
///     output_bytes = "64MiB"
///     [batching]
///     preferred_batch = [16, 32] # or a number; default: none
///     max_delay = "0ms"         # that an idle replica waits for a preferred batch
///     preserve_order = false    # answers in the order of the requests; one replica at a time has a batch then
///     [queue]                   # what holds for each level that says nothing else
///     default_timeout = "0ms"   # none
///     timeout_action = "reject" # or "delay"
///     allow_timeout_override = true
///     default_level = 2         # of a request that names none; default: the lowest
///     [[queue.priority]]        # levels 1 (the highest) to n, each once; default: one level
///     level = 1
///     rows = 64                 # default: limits.queue_rows is the only bound
///     default_timeout = "20ms"
///     [cache]
///     bytes = 0                 # none; "64MiB": of answers, given again to the same inputs
///     [rollout]
///     keep = 5                  # versions kept for a rollback, the live one counted
///     bake = "10m"              # the version before stays resident for so long
///
/// invalid_argument lists every problem, one a line, each with file, line, field, expected and found.
result<model_spec> parse_model_toml(std::string_view text, std::string_view file_name);

} // namespace troupe
