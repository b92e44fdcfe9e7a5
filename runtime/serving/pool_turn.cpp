#include "runtime/serving/pool.hpp"

#include <algorithm>

// What an idle runner does next: all of it under the pool's lock.

namespace troupe {

namespace {

/// Whether the requests agree in every dimension but the first, so that their inputs can be concatenated. Their ranks and datatypes are
/// the model's.
bool alike(const inference_request& a, const inference_request& b) {
  for (std::size_t i = 0; i < a.inputs.size(); ++i)
    for (std::size_t d = 1; d < a.inputs[i].rank; ++d)
      if (a.inputs[i].dims[d] != b.inputs[i].dims[d])
        return false;
  return true;
}

/// For a queue from which nobody waits for more to come.
const batching_spec take_what_waits;

} // namespace

pool::turn pool::take(slot& idle, steady_time now) {
  turn next;
  auto start = plan(now, next.dropped);
  auto& work = next.work;
  work.made = now;
  work.requests.reserve(start.count);
  for (std::size_t i = 0; i < start.count; ++i) {
    work.requests.push_back(queue_.pop());
    work.rows += work.requests.back()->rows;
  }
  idle.busy = start.count > 0;
  idle.requests = static_cast<std::uint32_t>(start.count);
  idle.rows = work.rows;
  idle.since = now;
  idle.measured = !has_only_copies(work);
  if (idle.busy)
    batches_.fetch_add(1, std::memory_order_relaxed);
  else if (!queue_.empty())
    wake_later(start.wait, now, next);
  return next;
}

batch_start pool::plan(steady_time now, drop_list& dropped) {
  const batch_limits limits{spec_.max_batch, spec_.input_bytes_max};
  for (;;) {
    look_at_front(now, dropped);
    auto count = plan_batch(scratch_, limits);
    auto run = estimate_.upper(rows_of(scratch_, count), now);
    // The last one is tried whatever the estimate says: no replica idles beside work, and an estimate that is wrong is found out.
    if (queue_.size() <= 1 || !any_is_hopeless(scratch_, count, run))
      return plan_start(scratch_, count, limits, phase_ == phase::open ? spec_.batching : take_what_waits, run);
    drop_hopeless(count, now + run, dropped);
  }
}

void pool::look_at_front(steady_time now, drop_list& dropped) {
  using step = request_queue::step;
  scratch_.clear();
  const inference_request* first = nullptr;
  auto room = std::max<std::size_t>(spec_.max_batch, 1);
  queue_.walk([&](request_ptr& each) {
    if (scratch_.size() == room)
      return step::stop;
    auto found = sift(each, now, dropped);
    if (found != step::keep)
      return found;
    first = first == nullptr ? each.get() : first;
    scratch_.push_back({each->rows, each->alone, alike(*first, *each) ? 0U : 1U, each->bytes, now - each->arrived,
                        each->deadline - now, each->wait_until - now});
    return step::keep;
  });
}

void pool::drop_hopeless(std::size_t count, steady_time latest, drop_list& dropped) {
  using step = request_queue::step;
  auto droppable = queue_.size() - 1;
  queue_.walk([&](request_ptr& each) {
    if (count-- == 0 || droppable == 0)
      return step::stop;
    if (each->deadline >= latest)
      return step::keep;
    --droppable;
    dropped.push_back({std::move(each), drop_reason::hopeless});
    return step::drop;
  });
}

void pool::wake_later(std::chrono::nanoseconds wait, steady_time now, turn& next) {
  if (wake_at_ && *wake_at_ <= now + wait)
    return;
  wake_at_ = now + wait;
  next.wake_after = wait;
  queue_.walk([&next](request_ptr& first) {
    next.wake_on = first->loop;
    return request_queue::step::stop;
  });
}

request_queue::step pool::sift(request_ptr& request, steady_time now, drop_list& dropped) const {
  if (request->is_abandoned()) {
    dropped.push_back({std::move(request), drop_reason::abandoned});
    return request_queue::step::drop;
  }
  switch (fate_of(now, request->deadline, request->wait_until, spec_.queue_levels[request->level].on_timeout)) {
  case waiting_fate::waits: return request_queue::step::keep;
  case waiting_fate::delayed: return request_queue::step::delay;
  case waiting_fate::late: dropped.push_back({std::move(request), drop_reason::late}); break;
  case waiting_fate::timed_out: dropped.push_back({std::move(request), drop_reason::timed_out}); break;
  }
  return request_queue::step::drop;
}

} // namespace troupe
