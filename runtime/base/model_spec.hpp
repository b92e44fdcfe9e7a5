#pragma once

#include "runtime/base/labels.hpp"
#include "runtime/base/tensor.hpp"

#include <chrono>
#include <cstdint>
#include <vector>

namespace troupe {

/// What becomes of a request that has waited longer than it may: refused, or put behind all others, where it waits until its deadline.
enum class timeout_action { reject, delay };

/// What holds for the requests of one priority.
struct queue_level {
  std::uint32_t rows_max = 0;           ///< that may wait; 0: no bound but the whole queue's
  std::chrono::microseconds timeout{0}; ///< longest wait in the queue; 0: up to the deadline
  timeout_action on_timeout = timeout_action::reject;
  bool may_override = true; ///< whether a request may ask for a shorter timeout; a longer one never holds
};

/// Which sizes batches should have.
struct batching_spec {
  std::vector<std::uint32_t> preferred; ///< rows, ascending; empty: as many as wait
  /// An idle replica waits that long after a request's arrival for a preferred batch (without any: a full one) to come together.
  std::chrono::microseconds max_delay{0};
  /// Answers come in the order of the requests, but for those whose replica died. So one replica at a time has a batch.
  bool preserve_order = false;
};

/// What `model.toml` says of a model: an immutable part of its version.
struct model_spec {
  std::vector<tensor_spec> inputs;  ///< in the order of the model's forward()
  std::vector<tensor_spec> outputs; ///< in the order it returns them (or by name, if it returns a dictionary)

  /// Most rows in one call of the model. 0: the first dimension is no batch, each request is one call of its own. If positive,
  /// the first dimension of every input and output is the batch and must be written as -1.
  std::uint32_t max_batch = 0;
  std::uint32_t threads = 1; ///< libtorch threads a replica
  /// What a replica may allocate beyond the loaded, warmed model, in bytes; past it the model fails (RLIMIT_AS).
  std::uint64_t memory_bytes = 256ULL << 20;
  /// Past it the batch's host is killed and replaced.
  std::chrono::milliseconds batch_timeout{1000};
  /// Time the model has to load, be optimized and warmed.
  std::chrono::milliseconds load_timeout{60000};
  /// Rows that may wait in a pool's queue; the next is answered `overloaded`.
  std::uint32_t queue_rows_max = 4096;
  batching_spec batching;
  std::vector<queue_level> queue_levels = std::vector<queue_level>(1); ///< [0] is priority 1, the highest; never empty
  std::uint32_t default_priority = 1;                                  ///< of a request that names none
  std::uint32_t replicas = 1;                                          ///< wanted at first deploy; `scale` changes it
  /// Largest request and largest answer of a replica's shared memory, in bytes; both are bounded by the node's limits as well.
  std::uint64_t input_bytes_max = 64ULL << 20;
  std::uint64_t output_bytes_max = 64ULL << 20;

  /// Answers that a node keeps, to give them again to the same inputs; 0: none. For models whose outputs depend on nothing but their inputs.
  std::uint64_t cache_bytes = 0;

  label_map on; ///< labels that a node must have to run it

  bool allow_non_finite = false; ///< NaN and infinities in the outputs of golden inputs are no failure
  /// Versions of the deployment that were live once and are kept for a rollback, this one counted; the oldest are collected.
  std::uint32_t keep_versions = 5;
  /// The version that was live before stays resident for so long after this one has gone live, so that a rollback is one switch.
  std::chrono::seconds bake{600};
};

} // namespace troupe
