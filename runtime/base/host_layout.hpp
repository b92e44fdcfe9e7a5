#pragma once

#include "runtime/base/tensor.hpp"

#include <atomic>
#include <cstdint>

namespace troupe {

/// The shared memory between a node and one replica host: one sealed memfd (no shrink, no grow), mapped by both.
///
///     0            4096          8192            + input_bytes        + output_bytes     + output_bytes
///     | work_page  | done_page   | inputs        | outputs 0          | outputs 1        |
///       node writes  host writes   node writes     host writes, by turns (even / odd sequence)
///
/// One batch is in flight at a time. The node fills inputs and the work page, then adds 1 to the *work* eventfd. The host computes,
/// fills the outputs of that turn and the done page, then adds 1 to the *done* eventfd. Two output areas let the host compute the
/// next batch while the node still answers from the last one. All offsets are multiples of 64 and count from the start of the memory.
///
/// The host is not trusted: the node copies the done page once into its own memory and checks every field of the copy.
struct host_geometry {
  std::uint64_t input_bytes = 0;  ///< multiple of 4096
  std::uint64_t output_bytes = 0; ///< multiple of 4096
};

inline constexpr std::uint64_t host_page_size = 4096;
inline constexpr std::uint64_t work_page_offset = 0;
inline constexpr std::uint64_t done_page_offset = host_page_size;
inline constexpr std::uint64_t inputs_offset = 2 * host_page_size;
inline constexpr std::uint64_t tensor_alignment = 64;
inline constexpr std::uint32_t host_tensors_max = 32; ///< inputs, and outputs, of one model
inline constexpr std::uint32_t host_error_bytes_max = 512;

constexpr std::uint64_t outputs_offset(const host_geometry& g, std::uint64_t sequence) {
  return inputs_offset + g.input_bytes + (sequence % 2) * g.output_bytes;
}

constexpr std::uint64_t host_memory_size(const host_geometry& g) {
  return inputs_offset + g.input_bytes + 2 * g.output_bytes;
}

/// One tensor in the shared memory.
struct host_tensor {
  std::uint64_t offset;
  std::uint64_t size; ///< bytes
  std::uint16_t type; ///< datatype
  std::uint16_t rank;
  std::uint32_t unused;
  std::int64_t dims[rank_max];
};

/// Written by the node before it rings.
struct work_page {
  std::uint64_t sequence; ///< 1, 2, 3…; 0 before the first batch: the host rings once with done_status::ready when it is up
  std::uint64_t input_bytes;
  std::uint64_t output_bytes; ///< the geometry, so that the host needs no other source
  std::uint32_t rows;         ///< of the batch; 0 if the model takes no batch
  std::uint32_t input_count;
  host_tensor inputs[host_tensors_max];
};

enum class done_status : std::uint32_t {
  ready = 0,    ///< answer to nothing: the replica is up (sequence 0)
  outputs = 1,  ///< outputs follow
  failed = 2,   ///< the model raised an error, or its outputs are not what model.toml says; `text` says so
  exhausted = 3 ///< out of the version's memory, or outputs over output_bytes
};

/// Written by the host before it rings.
struct done_page {
  std::uint64_t sequence; ///< of the work page it answers
  std::uint64_t compute_ns;
  std::uint32_t status; ///< done_status
  std::uint32_t output_count;
  std::uint32_t text_size;
  std::uint32_t unused;
  char text[host_error_bytes_max];
  host_tensor outputs[host_tensors_max];
};

static_assert(sizeof(work_page) <= host_page_size && sizeof(done_page) <= host_page_size);

} // namespace troupe
