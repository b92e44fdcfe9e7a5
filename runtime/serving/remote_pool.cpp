#include "runtime/serving/remote_pool.hpp"

#include <algorithm>
#include <map>

namespace troupe {

namespace {

/// What a call must carry for the request, there and back: its inputs, and its outputs as far as the model fixes them.
std::uint64_t bytes_for(const inference_request& request, const model_spec& spec) {
  std::uint64_t in = 0;
  for (const auto& input : request.inputs)
    in += input.size;
  std::uint64_t out = 0;
  for (const auto& output : spec.outputs) {
    shape dims = output.dims;
    for (auto& each : dims)
      each = std::max<std::int64_t>(each, 1);
    if (!dims.empty() && spec.max_batch > 0)
      dims[0] = request.rows;
    out += byte_size(output.type, dims.data(), dims.size()).value_or(0);
  }
  return std::max(in, out);
}

} // namespace

remote_pool::remote_pool(version_id id, const model_spec& spec, std::uint32_t replicas, std::shared_ptr<const peer_status> peer,
                         forwarder& carrier)
  : id_(std::move(id)), spec_(spec), peer_(std::move(peer)), carrier_(carrier), replicas_(replicas) {}

double remote_pool::work_per_replica() const {
  // The node counts ours, too.
  auto work = std::max(under_way_count_.load(std::memory_order_relaxed), peer_->queued_requests());
  return static_cast<double>(work) / replicas();
}

error remote_pool::lost() const {
  return {error_code::unavailable, "node '" + peer_->name() + "' stopped answering with this request under way; retry"};
}

remote_pool::lane& remote_pool::lane_of(event_loop* loop) {
  auto found = std::find_if(lanes_.begin(), lanes_.end(), [loop](const lane& each) { return each.loop == loop; });
  return found != lanes_.end() ? *found : lanes_.emplace_back(lane{loop, {}});
}

void remote_pool::submit(request_ptr request) {
  under_way_count_.fetch_add(1, std::memory_order_relaxed);
  {
    std::lock_guard lock(mutex_);
    if (!closed_) {
      lane_of(request->loop).waiting.push_back(std::move(request));
      return;
    }
  }
  give_up(std::move(request), lost());
}

void remote_pool::dispatch(event_loop& of) {
  std::vector<request_ptr> waiting;
  std::size_t next = 0;
  std::unique_lock lock(mutex_);
  waiting.swap(lane_of(&of).waiting);
  while (next < waiting.size()) {
    auto call = next_call(waiting, next);
    lock.unlock();
    // Whoever takes one back meanwhile hands it to this loop, which is busy here: it lives until the call has read it.
    carrier_.forward(shared_from_this(), of, call);
    lock.lock();
  }
}

std::vector<forwarder::outgoing> remote_pool::next_call(std::vector<request_ptr>& waiting, std::size_t& next) {
  std::vector<forwarder::outgoing> call;
  std::uint64_t bytes = 0;
  for (; next < waiting.size() && call.size() < call_requests_max; ++next) {
    auto& request = waiting[next];
    bytes += bytes_for(*request, spec_);
    if (!call.empty() && bytes > carrier_.call_bytes_max())
      break;
    call.push_back({++last_ticket_, request.get()});
    under_way_.emplace(last_ticket_, std::move(request));
  }
  return call;
}

request_ptr remote_pool::take(std::uint64_t ticket) {
  std::lock_guard lock(mutex_);
  auto found = under_way_.extract(ticket);
  return found.empty() ? nullptr : std::move(found.mapped());
}

void remote_pool::answered(std::uint64_t ticket, const std::vector<tensor_view>& outputs) {
  auto request = take(ticket);
  if (request == nullptr)
    return;
  if (doubtful())
    doubted_.store(false, std::memory_order_relaxed);
  answer(std::move(request), outputs);
  let_go();
}

void remote_pool::failed(std::uint64_t ticket, std::uint32_t crashes, const error& why) {
  auto request = take(ticket);
  if (request == nullptr)
    return;
  request->alone = request->alone || crashes > request->crashes;
  request->crashes = std::max(request->crashes, crashes);
  give_up(std::move(request), why);
}

void remote_pool::give_up(request_ptr request, const error& why) {
  if (why.code == error_code::unavailable)
    request = try_elsewhere(std::move(request));
  if (request != nullptr)
    refuse(std::move(request), why);
  let_go();
}

template <class Condition>
std::vector<remote_pool::taken_request> remote_pool::take_if(const Condition& leaves) {
  std::vector<taken_request> taken;
  std::lock_guard lock(mutex_);
  for (auto it = under_way_.begin(); it != under_way_.end();) {
    if (!leaves(*it->second)) {
      ++it;
      continue;
    }
    taken.push_back({it->first, std::move(it->second)});
    it = under_way_.erase(it);
  }
  for (auto& each : lanes_) {
    std::vector<request_ptr> stay;
    for (auto& request : each.waiting)
      if (leaves(*request))
        taken.push_back({0, std::move(request)});
      else
        stay.push_back(std::move(request));
    each.waiting = std::move(stay);
  }
  return taken;
}

void remote_pool::expire(steady_time now) {
  if (!doubtful())
    doubted_until_ = {};
  else if (doubted_until_ == steady_time())
    doubted_until_ = now + doubted_for;
  else if (now >= doubted_until_)
    doubted_.store(false, std::memory_order_relaxed);
  if (!quiet())
    take_back(now);
}

void remote_pool::take_back(steady_time now) {
  std::map<event_loop*, std::set<std::uint64_t>> withdrawn;
  for (auto& [ticket, request] : take_if([now, all = !peer_->usable()](const inference_request& each) {
         return all || each.is_abandoned() || each.deadline <= now;
       })) {
    if (ticket != 0)
      withdrawn[request->loop].insert(ticket);
    if (request->is_abandoned()) {
      refuse(std::move(request), abandoned_by_client());
      let_go();
    } else {
      auto why = request->deadline <= now ? error{error_code::deadline_exceeded, "waited past its deadline"} : lost();
      give_up(std::move(request), why);
    }
  }
  for (auto& [loop, tickets] : withdrawn)
    carrier_.withdraw(shared_from_this(), *loop, std::move(tickets));
}

void remote_pool::close() {
  {
    std::lock_guard lock(mutex_);
    closed_ = true;
  }
  for (auto& [ticket, request] : take_if([](const inference_request&) { return true; }))
    give_up(std::move(request), lost());
}

} // namespace troupe
