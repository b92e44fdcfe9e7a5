#include "runtime/serving/spread.hpp"

#include "runtime/base/rng.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace troupe {

namespace {

/// Nodes that an error names at most.
constexpr std::size_t named_nodes_max = 3;

double work_per_replica(const pool::load_view& here) {
  return here.runners == 0 ? std::numeric_limits<double>::infinity() : static_cast<double>(here.requests) / here.runners;
}

} // namespace

request_ptr try_elsewhere(request_ptr request) {
  auto target = request->target; // the request may be gone before the call returns
  return target == nullptr ? std::move(request) : target->move_on(std::move(request));
}

spread::spread(version_id id, model_spec spec, const clock& time, std::uint64_t seed)
  : id_(std::move(id)), spec_(std::move(spec)), time_(time), seed_(seed), places_(std::make_shared<places>()) {}

void spread::set_local(std::shared_ptr<pool> local) {
  std::shared_ptr<const places> before; // goes after the lock: with it may go a pool, whose requests move on
  std::lock_guard lock(mutex_);
  before = read();
  replace({std::move(local), before->remotes});
}

void spread::set_remotes(std::vector<std::shared_ptr<remote_pool>> remotes) {
  std::shared_ptr<const places> before; // as above
  std::lock_guard lock(mutex_);
  before = read();
  known_.erase(std::remove_if(known_.begin(), known_.end(), [](const auto& each) { return each.expired(); }), known_.end());
  for (const auto& each : remotes)
    if (std::find(before->remotes.begin(), before->remotes.end(), each) == before->remotes.end())
      known_.push_back(each);
  if (closed_)
    for (const auto& each : remotes)
      each->close();
  replace({before->local, std::move(remotes)});
}

void spread::replace(places next) {
  std::atomic_store_explicit(&places_, std::shared_ptr<const places>(std::make_shared<places>(std::move(next))),
                             std::memory_order_release);
}

std::shared_ptr<pool> spread::local() const {
  return read()->local;
}

std::uint32_t spread::replicas() const {
  auto now = read();
  auto running = now->local == nullptr ? 0 : now->local->count().runners;
  for (const auto& each : now->remotes)
    running += each->usable() ? each->replicas() : 0;
  return running;
}

bool spread::is_reachable() const {
  auto now = read();
  auto usable = [](const std::shared_ptr<remote_pool>& each) { return each->usable() && !each->doubtful(); };
  return now->local != nullptr || std::any_of(now->remotes.begin(), now->remotes.end(), usable);
}

void spread::submit(request_ptr request) {
  request->target = shared_from_this();
  auto now = read();
  if (now->remotes.empty() && now->local != nullptr) {
    request->place = now->local.get();
    return now->local->submit(std::move(request));
  }
  auto to = choose(*now, nullptr);
  if (to.none())
    refuse(std::move(request), nobody(*now));
  else
    send(to, std::move(request));
}

void spread::dispatch(event_loop& of) {
  if (auto now = read(); now->local != nullptr)
    now->local->dispatch();
  if (touched_count_.load(std::memory_order_acquire) == 0)
    return;
  std::vector<std::shared_ptr<remote_pool>> touched;
  {
    std::lock_guard lock(mutex_);
    touched.swap(lane_of(&of).touched);
  }
  touched_count_.fetch_sub(static_cast<std::uint32_t>(touched.size()), std::memory_order_release);
  for (const auto& each : touched)
    each->dispatch(of);
}

spread::place spread::choose(const places& from, const void* except) const {
  auto local = from.local.get() == except ? nullptr : from.local;
  auto here = local == nullptr ? pool::load_view() : local->load();
  if (local != nullptr && here.takes_at_once)
    return {local, nullptr};
  auto remote = choose_remote(from, except);
  bool is_local = remote == nullptr || (here.runners > 0 && work_per_replica(here) <= remote->work_per_replica());
  return is_local ? place{local, nullptr} : place{nullptr, remote};
}

std::shared_ptr<remote_pool> spread::choose_remote(const places& from, const void* except) const {
  if (closed_)
    return nullptr;
  auto one = draw(from, except, nullptr);
  auto other = one == nullptr ? nullptr : draw(from, except, one.get());
  bool may_choose = other != nullptr && (one->doubtful() || !other->doubtful());
  return may_choose && other->work_per_replica() < one->work_per_replica() ? other : one;
}

std::shared_ptr<remote_pool> spread::draw(const places& from, const void* except, const void* and_except) const {
  const auto& all = from.remotes;
  auto first = rng(seed_ + draws_.fetch_add(1, std::memory_order_relaxed)).below(all.size());
  std::shared_ptr<remote_pool> doubtful;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const auto& each = all[(first + i) % all.size()];
    if (!each->usable() || each.get() == except || each.get() == and_except)
      continue;
    if (!each->doubtful())
      return each;
    doubtful = each;
  }
  return doubtful; // better than none
}

void spread::send(const place& to, request_ptr request) {
  if (to.local != nullptr) {
    request->place = to.local.get();
    return to.local->submit(std::move(request));
  }
  request->place = to.remote.get();
  auto loop = request->loop;
  to.remote->submit(std::move(request));
  std::lock_guard lock(mutex_);
  auto& touched = lane_of(loop).touched;
  if (std::find(touched.begin(), touched.end(), to.remote) != touched.end())
    return;
  touched.push_back(to.remote);
  touched_count_.fetch_add(1, std::memory_order_release);
}

request_ptr spread::move_on(request_ptr request) {
  if (closed_ || request->moved || request->deadline <= time_.now())
    return request;
  auto to = choose(*read(), request->place);
  if (to.none())
    return request;
  request->moved = true;
  auto loop = request->loop;
  moving_count_.fetch_add(1, std::memory_order_relaxed);
  bool is_first = false;
  {
    std::lock_guard lock(mutex_);
    auto& moving = lane_of(loop).moving;
    is_first = moving.empty();
    moving.push_back({std::move(request), std::move(to)});
  }
  if (is_first)
    loop->post([self = shared_from_this(), loop] { self->carry_on(*loop); });
  return nullptr;
}

void spread::carry_on(event_loop& of) {
  std::vector<moving_request> moving;
  {
    std::lock_guard lock(mutex_);
    moving.swap(lane_of(&of).moving);
  }
  auto count = static_cast<std::uint32_t>(moving.size());
  for (auto& each : moving) {
    send(each.to, std::move(each.request));
    if (each.to.local != nullptr)
      each.to.local->dispatch();
  }
  dispatch(of);
  moving_count_.fetch_sub(count, std::memory_order_release);
}

spread::lane& spread::lane_of(event_loop* loop) {
  auto found = std::find_if(lanes_.begin(), lanes_.end(), [loop](const lane& each) { return each.loop == loop; });
  return found != lanes_.end() ? *found : lanes_.emplace_back(lane{loop, {}, {}});
}

error spread::nobody(const places& from) const {
  auto version = "version " + std::to_string(id_.number) + " of '" + id_.deployment + "'";
  std::string names;
  for (std::size_t i = 0; i < std::min(from.remotes.size(), named_nodes_max); ++i)
    names += (names.empty() ? "'" : ", '") + from.remotes[i]->peer().name() + "'";
  if (from.remotes.size() > named_nodes_max)
    names += " and " + std::to_string(from.remotes.size() - named_nodes_max) + " more";
  if (names.empty())
    return {error_code::unavailable, version + " has no replica on any node just now; retry in a moment"};
  return {error_code::unavailable, version + " runs only on nodes that don't answer (" + names + "); retry in a moment"};
}

std::vector<std::shared_ptr<remote_pool>> spread::known() const {
  std::lock_guard lock(mutex_);
  std::vector<std::shared_ptr<remote_pool>> alive;
  for (const auto& each : known_)
    if (auto one = each.lock(); one != nullptr)
      alive.push_back(std::move(one));
  return alive;
}

void spread::expire(steady_time now) {
  for (const auto& each : known())
    each->expire(now);
}

void spread::close() {
  closed_ = true;
  for (const auto& each : known())
    each->close();
  std::vector<moving_request> left;
  {
    std::lock_guard lock(mutex_);
    for (auto& lane : lanes_)
      for (auto& each : std::exchange(lane.moving, {}))
        left.push_back(std::move(each));
  }
  auto why = nobody(*read());
  for (auto& each : left)
    refuse(std::move(each.request), why);
  moving_count_.fetch_sub(static_cast<std::uint32_t>(left.size()), std::memory_order_release);
}

bool spread::quiet() const {
  auto all = known();
  return moving_count_.load(std::memory_order_acquire) == 0
         && std::all_of(all.begin(), all.end(), [](const auto& each) { return each->quiet(); });
}

} // namespace troupe
