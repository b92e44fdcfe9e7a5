#include "runtime/serving/pool.hpp"

#include <algorithm>

namespace troupe {

namespace {

error removed(const version_id& id) {
  return {error_code::unavailable, "deployment '" + id.deployment + "' is being replaced or removed, or its node stops; retry"};
}

} // namespace

pool::pool(version_id id, model_spec spec, const clock& time, event_sink& events)
  : id_(std::move(id)), spec_(std::move(spec)), clock_(time), events_(events), queue_(spec_.queue_levels.size()),
    counted_(spec_.max_batch) {
  if (spec_.cache_bytes > 0)
    cache_.emplace(spec_.cache_bytes);
}

pool::~pool() {
  close(true);
}

result<void> pool::has_room(const inference_request& request) const {
  auto rows = queue_rows(request);
  if (queue_.rows() + rows > spec_.queue_rows_max)
    return error{error_code::overloaded, "deployment '" + id_.deployment + "' has " + std::to_string(queue_.rows())
                                             + " rows waiting, the limit is " + std::to_string(spec_.queue_rows_max)
                                             + " (queue_rows in model.toml); retry later or add replicas"};
  auto waiting = queue_.rows_of_level(request.level);
  if (auto limit = spec_.queue_levels[request.level].rows_max; limit > 0 && waiting + rows > limit)
    return error{error_code::overloaded, "deployment '" + id_.deployment + "' has " + std::to_string(waiting)
                                             + " rows of priority " + std::to_string(request.level + 1)
                                             + " waiting, the limit is " + std::to_string(limit)
                                             + " (queue.priority in model.toml); retry later"};
  return {};
}

result<void> pool::admit(const inference_request& request, steady_time now) const {
  if (phase_ != phase::open)
    return removed(id_);
  if (auto room = has_room(request); !room)
    return room;
  if (request.deadline <= now)
    return error{error_code::deadline_exceeded, "the deadline had passed when the request arrived"};
  if (request.digest && quarantine_.holds(*request.digest))
    return error{error_code::poisoned,
                 "this input crashed two replicas of '" + id_.deployment + "' and is quarantined; do not retry it"};
  if (queue_.empty())
    return {};
  auto ahead = queue_.ahead_of(request.level);
  ahead.runners = slots_.size();
  if (request.deadline - now < least_time(ahead, spec_.max_batch, estimate_.mean(spec_.max_batch, now)))
    return to_error(drop_reason::hopeless);
  return {};
}

void pool::submit(request_ptr request) {
  request->bytes = 0;
  for (const auto& input : request->inputs)
    request->bytes += input.size;
  request->level = level_of(spec_, request->priority);
  const auto& level = spec_.queue_levels[request->level];
  auto after = [arrived = request->arrived](std::chrono::microseconds length) {
    bool never =
        length.count() == 0 || length >= std::chrono::duration_cast<std::chrono::microseconds>(steady_time::max() - arrived);
    return never ? steady_time::max() : arrived + length;
  };
  request->wait_until = after(timeout_of(level, request->timeout));
  request->deadline = std::min(request->deadline, after(patience_of(level, request->timeout)));
  auto now = clock_.now();
  if (cache_ || has_quarantined_.load(std::memory_order_acquire))
    request->digest = digest_of(*request);
  if (cache_ && answer_from_cache(request, now))
    return;
  std::unique_lock lock(mutex_);
  auto admitted = admit(*request, now);
  if (admitted)
    return queue_.push(std::move(request));
  lock.unlock();
  if (admitted.failure().code == error_code::unavailable)
    turn_away(std::move(request));
  else
    refuse_counted(std::move(request), admitted.failure());
}

bool pool::answer_from_cache(request_ptr& request, steady_time now) {
  auto found = cache_->find(*request->digest);
  counted_.add_look_up(*request, found != nullptr, now, clock_.now());
  if (found != nullptr)
    answer(std::move(request), found->views());
  return found != nullptr;
}

void pool::remember(const inference_request& request, const std::vector<tensor_view>& outputs) {
  if (cache_ && request.digest)
    cache_->add(*request.digest, outputs);
}

void pool::dispatch() {
  for (bool more = true; more;) {
    std::shared_ptr<batch_runner> runner;
    turn next;
    {
      std::lock_guard lock(mutex_);
      auto idle = queue_.empty() ? nullptr : find_idle();
      if (idle == nullptr)
        return;
      next = take(*idle, clock_.now());
      runner = idle->runner;
    }
    more = !next.work.requests.empty();
    carry_out(std::move(next), runner.get());
  }
}

void pool::on_wake() {
  {
    std::lock_guard lock(mutex_);
    wake_at_.reset();
  }
  dispatch();
}

void pool::attach(std::shared_ptr<batch_runner> runner) {
  {
    std::lock_guard lock(mutex_);
    slots_.push_back({std::move(runner)});
  }
  dispatch();
}

bool pool::detach(const batch_runner* runner) {
  std::lock_guard lock(mutex_);
  auto found = find(runner);
  if (found == nullptr)
    return true;
  if (!found->busy) {
    erase(found);
    return true;
  }
  found->detached = true;
  return false;
}

void pool::remove(const batch_runner* runner) {
  std::lock_guard lock(mutex_);
  if (auto found = find(runner); found != nullptr)
    erase(found);
}

void pool::release(batch_runner* runner) {
  std::shared_ptr<batch_runner> keep;
  turn next;
  {
    std::lock_guard lock(mutex_);
    auto found = find(runner);
    if (found == nullptr)
      return;
    keep = found->runner;
    auto now = clock_.now();
    if (found->busy && found->measured)
      estimate_.add(found->rows, now - found->since, now);
    if (found->detached)
      erase(found);
    else
      next = take(*found, now);
  }
  carry_out(std::move(next), runner);
  if (spec_.batching.preserve_order)
    dispatch(); // a runner that was detached leaves the next batch to another
}

void pool::requeue(batch work) {
  put_back(std::move(work.requests));
  dispatch();
}

void pool::retry_alone(batch work) {
  for (auto& request : work.requests)
    request->alone = true;
  put_back(std::move(work.requests));
  dispatch();
}

void pool::fail(batch work, const std::string& reason) {
  std::vector<request_ptr> again;
  std::vector<request_ptr> poisoned;
  for (auto& request : work.requests) {
    ++request->crashes;
    request->alone = true;
    (request->crashes < 2 ? again : poisoned).push_back(std::move(request));
  }
  put_into_quarantine(poisoned, reason);
  for (auto& request : poisoned)
    refuse_counted(std::move(request),
                   {error_code::poisoned, "this input crashed two replicas of '" + id_.deployment + "' ("
                                              + (reason == "batch_timeout" ? "ran past limits.batch_timeout" : reason)
                                              + ") and is quarantined; do not retry it"});
  put_back(std::move(again));
  dispatch();
}

void pool::put_into_quarantine(const std::vector<request_ptr>& poisoned, const std::string& reason) {
  for (const auto& request : poisoned) {
    auto input = request->digest ? *request->digest : digest_of(*request);
    {
      std::lock_guard lock(mutex_);
      quarantine_.add(input);
    }
    has_quarantined_.store(true, std::memory_order_release);
    events_.emit({clock_.wall_now(),
                  severity::error,
                  "request_quarantined",
                  {{"deployment", id_.deployment}, {"version", std::to_string(id_.number)}, {"reason", reason}},
                  "pool"});
  }
}

void pool::expire(steady_time now) {
  drop_list dropped;
  bool overslept = false;
  {
    std::lock_guard lock(mutex_);
    queue_.walk([&](request_ptr& each) { return sift(each, now, dropped); });
    overslept = wake_at_ && *wake_at_ <= now;
  }
  refuse_dropped(std::move(dropped));
  if (overslept) // the loop that was asked to wake us has stopped
    on_wake();
}

void pool::close(bool refuse_waiting) {
  std::vector<request_ptr> left;
  {
    std::lock_guard lock(mutex_);
    phase_ = refuse_waiting || phase_ == phase::refusing ? phase::refusing : phase::draining;
    while (phase_ == phase::refusing && !queue_.empty())
      left.push_back(queue_.pop());
  }
  for (auto& request : left)
    turn_away(std::move(request));
  dispatch(); // nobody waits for more any longer
}

bool pool::is_cut_short() const {
  std::lock_guard lock(mutex_);
  return phase_ == phase::refusing;
}

bool pool::quiet() const {
  std::lock_guard lock(mutex_);
  return queue_.empty() && std::none_of(slots_.begin(), slots_.end(), [](const slot& s) { return s.busy; });
}

bool pool::is_waited_for() {
  using step = request_queue::step;
  std::lock_guard lock(mutex_);
  bool found = false;
  queue_.walk([&found](request_ptr& each) {
    found = found || !each->is_copy;
    return found ? step::stop : step::keep;
  });
  return found;
}

pool::counters pool::count() const {
  counters now;
  now.requests = counted_.answered();
  now.failures = counted_.failed();
  now.batches = batches_.load(std::memory_order_relaxed);
  std::lock_guard lock(mutex_);
  now.queued_rows = queue_.rows();
  now.queued_requests = static_cast<std::uint32_t>(queue_.size());
  now.runners = static_cast<std::uint32_t>(slots_.size());
  return now;
}

pool::load_view pool::load() const {
  std::lock_guard lock(mutex_);
  load_view now;
  now.requests = static_cast<std::uint32_t>(queue_.size());
  std::uint32_t idle = 0;
  for (const auto& each : slots_) {
    now.requests += each.busy ? each.requests : 0;
    idle += each.busy || each.detached ? 0 : 1;
  }
  if (phase_ != phase::open)
    return now;
  now.runners = static_cast<std::uint32_t>(slots_.size());
  if (spec_.batching.preserve_order)
    idle = idle == slots_.size() ? std::min(idle, 1U) : 0;
  now.takes_at_once = queue_.rows() < idle * std::max(spec_.max_batch, 1U);
  return now;
}

void pool::carry_out(turn next, batch_runner* runner) {
  refuse_dropped(std::move(next.dropped));
  if (next.wake_on != nullptr)
    next.wake_on->call_after(next.wake_after, [weak = weak_from_this()] {
      if (auto self = weak.lock())
        self->on_wake();
    });
  if (!next.work.requests.empty())
    runner->start(std::move(next.work));
}

void pool::put_back(std::vector<request_ptr> requests) {
  {
    std::lock_guard lock(mutex_);
    if (phase_ != phase::refusing)
      return queue_.push_again(std::move(requests));
  }
  for (auto& request : requests)
    turn_away(std::move(request));
}

pool::slot* pool::find_idle() {
  auto idle = std::find_if(slots_.begin(), slots_.end(), [](const slot& s) { return !s.busy && !s.detached; });
  auto is_busy = [](const slot& s) { return s.busy; };
  if (idle == slots_.end() || (spec_.batching.preserve_order && std::any_of(slots_.begin(), slots_.end(), is_busy)))
    return nullptr;
  return &*idle;
}

pool::slot* pool::find(const batch_runner* runner) {
  auto found = std::find_if(slots_.begin(), slots_.end(), [runner](const slot& s) { return s.runner.get() == runner; });
  return found == slots_.end() ? nullptr : &*found;
}

void pool::erase(const slot* gone) {
  slots_.erase(slots_.begin() + (gone - slots_.data()));
}

void pool::refuse_counted(request_ptr request, const error& why) {
  counted_.add_failure(*request, why.code, clock_.now());
  refuse(std::move(request), why);
}

void pool::turn_away(request_ptr request) {
  if (auto left = try_elsewhere(std::move(request)); left != nullptr)
    refuse_counted(std::move(left), removed(id_));
}

void pool::refuse_dropped(drop_list dropped) {
  for (auto& [request, why] : dropped)
    refuse_counted(std::move(request), to_error(why));
}

error pool::to_error(drop_reason why) {
  switch (why) {
  case drop_reason::late: return {error_code::deadline_exceeded, "waited past its deadline"};
  case drop_reason::timed_out:
    return {error_code::deadline_exceeded,
            "waited longer than its timeout in the queue (queue.default_timeout in model.toml, or its own)"};
  case drop_reason::abandoned: return abandoned_by_client();
  case drop_reason::hopeless: break;
  }
  return {error_code::deadline_exceeded,
          "can't be answered by its deadline any more; retry later, add replicas or allow more time"};
}

} // namespace troupe
