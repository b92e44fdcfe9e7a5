#include "runtime/host/replica.hpp"

#include "runtime/host/exit_code.hpp"
#include "runtime/host/process.hpp"
#include "runtime/host/torch_runtime.hpp"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <poll.h>
#include <sys/mman.h>
#include <unistd.h>

namespace troupe {

namespace {

constexpr rlim_t descriptors_max = 32;
/// How long a replica is idle before it gives memory back; short, since the work for it is small.
constexpr std::chrono::milliseconds idle_before_trim{300};
/// How long a new replica waits for work before it makes a pass for its own sake.
constexpr std::chrono::milliseconds idle_before_warm{20};

/// The replica's side of the shared memory. The node is trusted: what it wrote is used as it stands.
class desk {
public:
  desk(std::byte* memory, int work, int done) : memory_(memory), work_(work), done_(done) {}

  /// Waits for the bell. False if it did not ring within `patience`.
  bool wait(std::chrono::milliseconds patience) const;
  work_page read_work() const;
  std::vector<tensor_view> inputs(const work_page& work) const;
  output_area outputs(const work_page& work) const;
  void answer(std::uint64_t sequence, const call_outcome& outcome, std::chrono::nanoseconds compute) const;

private:
  std::byte* memory_;
  int work_;
  int done_;
};

bool desk::wait(std::chrono::milliseconds patience) const {
  // The node's end of the eventfd doesn't block, so this one, the same file, doesn't either: poll first.
  pollfd bell{work_, POLLIN, 0};
  for (;;) {
    if (::poll(&bell, 1, static_cast<int>(patience.count())) == 0)
      return false;
    std::uint64_t rings = 0;
    if (::read(work_, &rings, sizeof rings) == sizeof rings)
      return true;
  }
}

work_page desk::read_work() const {
  work_page work;
  std::memcpy(&work, memory_ + work_page_offset, sizeof work);
  return work;
}

std::vector<tensor_view> desk::inputs(const work_page& work) const {
  std::vector<tensor_view> views(std::min(work.input_count, host_tensors_max));
  for (std::size_t i = 0; i < views.size(); ++i) {
    const auto& entry = work.inputs[i];
    views[i].type = static_cast<datatype>(entry.type);
    views[i].rank = static_cast<std::uint8_t>(entry.rank);
    std::copy_n(entry.dims, rank_max, views[i].dims);
    views[i].data = memory_ + entry.offset;
    views[i].size = entry.size;
  }
  return views;
}

output_area desk::outputs(const work_page& work) const {
  return {memory_, outputs_offset({work.input_bytes, work.output_bytes}, work.sequence), work.output_bytes};
}

void desk::answer(std::uint64_t sequence, const call_outcome& outcome, std::chrono::nanoseconds compute) const {
  auto* page = reinterpret_cast<done_page*>(memory_ + done_page_offset);
  page->sequence = sequence;
  page->compute_ns = static_cast<std::uint64_t>(compute.count());
  page->status = static_cast<std::uint32_t>(outcome.status);
  page->output_count = static_cast<std::uint32_t>(outcome.outputs.size());
  page->text_size = static_cast<std::uint32_t>(std::min<std::size_t>(outcome.text.size(), host_error_bytes_max));
  std::memcpy(page->text, outcome.text.data(), page->text_size);
  std::copy(outcome.outputs.begin(), outcome.outputs.end(), page->outputs);
  constexpr std::uint64_t one_ring = 1;
  // Fails only if the bell already rings 2^64-2 times: the node will look either way.
  [[maybe_unused]] auto written = ::write(done_, &one_ring, sizeof one_ring);
}

void answer_next(const desk& place, model& net) {
  auto work = place.read_work();
  auto began = std::chrono::steady_clock::now();
  auto outcome = net.run(place.inputs(work), work.rows, place.outputs(work));
  place.answer(work.sequence, outcome, std::chrono::steady_clock::now() - began);
}

/// A pass for its own sake. Random numbers begin where the seed says, after it as without it.
call_outcome warm(model& net, const model_spec& spec, std::uint64_t seed) {
  auto outcome = net.warm(spec.max_batch == 0 ? 0 : 1);
  seed_torch(seed);
  return outcome;
}

/// A fork's first pass is slow, since it copies the pages that it writes. If work waits, that work has it; else nobody should.
void take_first_pass(const desk& place, model& net, const model_spec& spec, std::uint64_t seed) {
  if (place.wait(idle_before_warm))
    answer_next(place, net);
  else
    (void)warm(net, spec, seed);
}

[[noreturn]] void serve(const desk& place, model& net) {
  constexpr std::chrono::milliseconds for_ever{-1};
  bool untidy = true; // memory of past batches is still held
  for (;;) {
    bool rang = place.wait(untidy ? idle_before_trim : for_ever);
    if (rang)
      answer_next(place, net);
    else
      trim_memory();
    untidy = rang;
  }
}

/// Narrows the sandbox before threads are started, since a filter binds only those that come after it.
result<void> settle(const replica_order& order, const model_spec& spec, const sandbox_programs& programs) {
  set_title("host " + order.title);
  limit_address_space(RLIM_INFINITY, limit_kind::soft); // until it is up
  // Not before the fork: Linux refuses to pass a descriptor (ETOOMANYREFS) while the user has more than the sender's limit in flight.
  limit_resource(RLIMIT_NOFILE, descriptors_max);
  bool threads = spec.threads > 1;
  if (auto entered = (threads ? programs.replica_of_threads : programs.replica).install(); !entered)
    return entered;
  if (threads) {
    allow_threads();
    set_torch_threads(spec.threads);
  }
  seed_torch(order.seed);
  return {};
}

} // namespace

int run_replica(replica_order order, model& net, const model_spec& spec, const sandbox_programs& programs) {
  if (!follow_node(order.node))
    return lost_node;
  if (!settle(order, spec, programs))
    return start_failed;
  void* memory = ::mmap(nullptr, order.memory_size, PROT_READ | PROT_WRITE, MAP_SHARED, order.memory.get(), 0);
  if (memory == MAP_FAILED)
    return start_failed;
  desk place(static_cast<std::byte*>(memory), order.work.get(), order.done.get());
  // What was made for one thread, the version template has made, under the same limit of memory.
  auto up = spec.threads > 1 ? warm(net, spec, order.seed) : call_outcome();
  if (up.status == done_status::outputs)
    up.status = done_status::ready;
  limit_address_space(address_space_bytes() + spec.memory_bytes, limit_kind::for_good);
  place.answer(0, up, {});
  if (up.status != done_status::ready)
    return start_failed;
  take_first_pass(place, net, spec, order.seed);
  serve(place, net);
}

} // namespace troupe
