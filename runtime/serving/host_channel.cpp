#include "runtime/serving/host_channel.hpp"

#include "runtime/base/byte_strings.hpp"

#include <algorithm>
#include <cstring>
#include <unistd.h>

namespace troupe {

namespace {

constexpr std::uint64_t align(std::uint64_t offset) {
  return (offset + tensor_alignment - 1) / tensor_alignment * tensor_alignment;
}

void ring(const unique_fd& bell) {
  std::uint64_t one = 1;
  // It fails only if the host filled the counter, and then the host is awake or past help: the batch's deadline decides.
  [[maybe_unused]] auto written = ::write(bell.get(), &one, sizeof one);
}

bool take_ring(const unique_fd& bell) {
  std::uint64_t count = 0;
  return ::read(bell.get(), &count, sizeof count) == sizeof count;
}

/// Input `index` of the whole batch, laid out at `offset`.
host_tensor describe_input(const batch& work, std::size_t index, std::uint64_t offset) {
  const auto& first = work.requests.front()->inputs[index];
  host_tensor tensor{};
  tensor.offset = offset;
  tensor.type = static_cast<std::uint16_t>(first.type);
  tensor.rank = first.rank;
  std::copy_n(first.dims, first.rank, tensor.dims);
  if (work.rows > 0)
    tensor.dims[0] = work.rows;
  for (const auto& request : work.requests)
    tensor.size += request->inputs[index].size;
  return tensor;
}

void copy_input(const batch& work, std::size_t index, std::byte* to) {
  for (const auto& request : work.requests) {
    const auto& input = request->inputs[index];
    if (input.size > 0)
      std::memcpy(to, input.data, input.size);
    to += input.size;
  }
}

std::uint64_t bytes_of_rows(const tensor_view& output, std::uint32_t rows) {
  auto all = static_cast<std::uint64_t>(output.dims[0]);
  if (output.type != datatype::bytes)
    return output.size / all * rows;
  auto elements = byte_size(output.type, output.dims, output.rank).value_or(0) / element_size(output.type);
  return bytes_of_strings(output.data, output.size, elements / all * rows).value_or(0);
}

/// The part of a batch's output that belongs to `rows` rows of it; moves `output` behind it.
tensor_view take_rows(tensor_view& output, std::uint32_t rows) {
  auto part = output;
  part.size = bytes_of_rows(output, rows);
  part.dims[0] = rows;
  output.data += part.size;
  output.size -= part.size;
  output.dims[0] -= rows;
  return part;
}

/// The processors may leave nothing to a host of idle priority for a while, which is no fault of its model's.
constexpr int copies_patience = 60;

std::chrono::milliseconds time_for(const batch& work, const model_spec& spec) {
  return spec.batch_timeout * (has_only_copies(work) ? copies_patience : 1);
}

} // namespace

std::shared_ptr<host_channel> host_channel::open(host_channel_options options) {
  std::shared_ptr<host_channel> channel(new host_channel(std::move(options)));
  channel->options_.owner.watch(channel->options_.done.get(), [channel] { channel->on_doorbell(); });
  return channel;
}

void host_channel::start(batch work) {
  auto& target = *options_.target;
  std::unique_lock lock(mutex_);
  if (phase_ != phase::idle) {
    lock.unlock();
    target.remove(this);
    give_back(std::move(work));
    return;
  }
  if (!write_work(work)) {
    lock.unlock();
    bool trial = work.trial;
    refuse_counted(std::move(work), {error_code::internal, "the batch does not fit the replica's shared memory"});
    if (!trial)
      target.release(this);
    return;
  }
  work.begun = options_.time.now();
  auto deadline = work.begun + time_for(work, target.spec());
  auto waited_for = work.begun + target.spec().batch_timeout;
  in_flight_ = std::move(work);
  phase_ = phase::busy;
  waited_for_deadline_.store(waited_for.time_since_epoch().count(), std::memory_order_relaxed);
  deadline_.store(deadline.time_since_epoch().count(), std::memory_order_relaxed);
  lock.unlock();
  ring(options_.work);
}

bool host_channel::write_work(const batch& work) {
  auto memory = options_.memory.data();
  auto& page = *reinterpret_cast<work_page*>(memory + work_page_offset);
  auto end = inputs_offset + options_.geometry.input_bytes;
  auto next = inputs_offset;
  auto count = work.requests.front()->inputs.size();
  for (std::size_t i = 0; i < count; ++i) {
    auto tensor = describe_input(work, i, next);
    if (i == host_tensors_max || tensor.size > end - next)
      return false;
    copy_input(work, i, memory + tensor.offset);
    page.inputs[i] = tensor;
    next = std::min(align(next + tensor.size), end);
  }
  page.sequence = ++sequence_;
  page.input_bytes = options_.geometry.input_bytes;
  page.output_bytes = options_.geometry.output_bytes;
  page.rows = work.rows;
  page.input_count = static_cast<std::uint32_t>(count);
  touched_bytes_ = std::max(touched_bytes_, next - inputs_offset);
  return true;
}

void host_channel::on_doorbell() {
  if (!take_ring(options_.done))
    return;
  auto rung = options_.time.now();
  reply taken;
  if (auto honest = take_reply(taken); !honest) {
    options_.on_bad_reply("bad_reply: " + honest.failure().message);
    return;
  }
  if (taken.work.requests.empty())
    return;
  // Before the answers: the host computes the next batch, into the other output area, while this one is answered. With an order to keep
  // after them: nothing else may be answered in between.
  bool pooled = !taken.work.trial;
  bool keeps_order = options_.target->spec().batching.preserve_order;
  if (pooled && !keeps_order)
    options_.target->release(this);
  if (taken.status == done_status::outputs)
    answer_all(std::move(taken.work), rung);
  else
    fail_all(std::move(taken.work), taken.status);
  if (pooled && keeps_order)
    options_.target->release(this);
  answering_.store(false, std::memory_order_release);
}

result<void> host_channel::take_reply(reply& out) {
  std::lock_guard lock(mutex_);
  if (phase_ == phase::broken || phase_ == phase::dead)
    return {};
  auto broken = phase_;
  phase_ = phase::broken; // unless all is well
  if (broken == phase::idle)
    return error{error_code::internal, "rang without a batch"};
  const auto& spec = options_.target->spec();
  copy_done_page(options_.memory.data(), spec.outputs.size(), page_);
  auto status = check_reply(page_, {sequence_, in_flight_.rows}, spec, options_.geometry, options_.memory.data(), outputs_);
  if (!status)
    return status.failure();
  if (*status == done_status::outputs)
    if (auto honest = own_strings(outputs_, spec, strings_); !honest)
      return honest;
  phase_ = phase::idle;
  deadline_.store(0, std::memory_order_relaxed);
  answering_.store(true, std::memory_order_relaxed);
  if (*status == done_status::outputs)
    for (const auto& output : outputs_)
      touched_bytes_ = std::max(touched_bytes_, output.size);
  out.work = std::exchange(in_flight_, {});
  out.status = *status;
  return {};
}

void host_channel::answer_all(batch work, steady_time done) {
  if (work.trial)
    return give_outputs(work);
  auto& counted = options_.target->counted();
  counted.add_answers(work, done);
  auto begun = options_.time.now(); // not `done`: a next batch was written in between
  give_outputs(work);
  counted.add_answering(work.requests.size(), work.rows, options_.time.now() - begun);
}

void host_channel::give_outputs(batch& work) {
  auto give = [&](request_ptr& request, const std::vector<tensor_view>& outputs) {
    if (!work.trial)
      options_.target->remember(*request, outputs);
    answer(std::move(request), outputs);
  };
  if (work.rows == 0)
    return give(work.requests.front(), outputs_);
  for (auto& request : work.requests) {
    slice_.clear();
    for (auto& output : outputs_)
      slice_.push_back(take_rows(output, request->rows));
    give(request, slice_);
  }
}

void host_channel::fail_all(batch work, done_status status) {
  if (work.requests.size() > 1) {
    options_.target->retry_alone(std::move(work));
    return;
  }
  auto text = std::string(status == done_status::exhausted ? "out of memory (limits.memory in model.toml): " : model_raised)
              + reply_text(page_);
  refuse_counted(std::move(work), {error_code::model_failed, std::move(text)});
}

void host_channel::refuse_counted(batch work, const error& why) {
  for (auto& request : work.requests) {
    if (!work.trial)
      options_.target->counted().add_failure(*request, why.code, options_.time.now());
    refuse(std::move(request), why);
  }
}

void host_channel::give_back(batch work) {
  if (work.trial)
    refuse_counted(std::move(work), lost_in_trial("it was gone before", {}));
  else
    options_.target->requeue(std::move(work));
}

bool host_channel::overdue(steady_time now) const {
  auto deadline = deadline_.load(std::memory_order_relaxed);
  auto time = now.time_since_epoch().count();
  if (deadline == 0 || time > deadline)
    return deadline != 0;
  // A batch of copies has more time, until it keeps others waiting.
  auto waited_for = waited_for_deadline_.load(std::memory_order_relaxed);
  return waited_for < deadline && time > waited_for && options_.target->is_waited_for();
}

void host_channel::extend(std::chrono::nanoseconds pause) {
  auto deadline = deadline_.load(std::memory_order_relaxed);
  if (deadline != 0) // of the next batch, if it has just begun: that may have the time too
    if (deadline_.compare_exchange_strong(deadline, deadline + pause.count(), std::memory_order_relaxed))
      waited_for_deadline_.fetch_add(pause.count(), std::memory_order_relaxed);
}

void host_channel::abandon(const std::string& reason) {
  batch work;
  {
    std::lock_guard lock(mutex_);
    if (phase_ == phase::dead)
      return; // a second unwatch could hit another channel's doorbell that got the same number
    phase_ = phase::dead;
    deadline_.store(0, std::memory_order_relaxed);
    work = std::exchange(in_flight_, {});
  }
  options_.owner.unwatch(options_.done.get());
  options_.target->remove(this);
  if (work.requests.empty())
    return;
  if (work.trial)
    refuse_counted(std::move(work), lost_in_trial(reason, options_.target->spec().batch_timeout));
  else if (take_ring(options_.work)) // the host never heard of this batch, so it didn't die of it
    options_.target->requeue(std::move(work));
  else
    options_.target->fail(std::move(work), reason);
}

void host_channel::trim(steady_time now) {
  std::lock_guard lock(mutex_);
  if (phase_ != phase::idle || seen_sequence_ != sequence_ || answering_.load(std::memory_order_acquire)) {
    seen_sequence_ = sequence_;
    idle_since_ = now;
    return;
  }
  if (touched_bytes_ < trim_bytes_min || now - idle_since_ < trim_after)
    return;
  options_.memory.discard(inputs_offset, options_.memory.size() - inputs_offset);
  touched_bytes_ = 0;
}

} // namespace troupe
