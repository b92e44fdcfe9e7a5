#include "runtime/serving/request_queue.hpp"

#include <algorithm>

namespace troupe {

queue_ahead request_queue::ahead_of(std::size_t level) const {
  queue_ahead ahead;
  for (std::size_t i = 0; i <= level + 1; ++i) {
    ahead.rows += lines_[i].rows;
    ahead.requests += lines_[i].requests.size();
  }
  return ahead;
}

void request_queue::push(request_ptr request) {
  auto& at = lines_[request->level + 1];
  add(at, *request);
  at.requests.push_back(std::move(request));
}

void request_queue::push_again(std::vector<request_ptr> requests) {
  auto& front = lines_.front();
  for (auto it = requests.rbegin(); it != requests.rend(); ++it) {
    add(front, **it);
    front.requests.push_front(std::move(*it));
  }
}

request_ptr request_queue::pop() {
  auto first = std::find_if(lines_.begin(), lines_.end(), [](const line& each) { return !each.requests.empty(); });
  auto taken = std::move(first->requests.front());
  first->requests.pop_front();
  forget(*first, queue_rows(*taken));
  return taken;
}

void request_queue::add(line& to, const inference_request& request) {
  to.rows += queue_rows(request);
  rows_ += queue_rows(request);
  ++size_;
}

void request_queue::forget(line& from, std::uint32_t rows) {
  from.rows -= rows;
  rows_ -= rows;
  --size_;
}

void request_queue::move_to_end(request_ptr request) {
  auto& last = lines_.back();
  request->wait_until = steady_time::max();
  add(last, *request);
  last.requests.push_back(std::move(request));
}

} // namespace troupe
