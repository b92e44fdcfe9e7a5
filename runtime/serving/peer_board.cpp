#include "runtime/serving/peer_board.hpp"

#include <utility>

namespace troupe {

std::string peer_status::name() const {
  std::lock_guard lock(mutex_);
  return name_.empty() ? node_id_ : name_;
}

std::string peer_status::address() const {
  std::lock_guard lock(mutex_);
  return address_;
}

void peer_status::take(const peer_news& news) {
  removed_.store(news.removed, std::memory_order_release);
  {
    std::lock_guard lock(mutex_);
    name_ = news.name;
    address_ = news.address;
  }
  queued_requests_.store(news.queued_requests, std::memory_order_relaxed);
  usable_.store(news.usable, std::memory_order_release);
}

void peer_board::set(std::string_view node_id, const peer_news& news) {
  auto status = find(node_id);
  bool is_news = news.removed && !status->removed();
  status->take(news);
  if (!is_news)
    return;
  std::lock_guard lock(telling_);
  if (hears_ != nullptr)
    hears_(status->node_id());
}

void peer_board::on_removed(std::function<void(const std::string&)> hears) {
  std::lock_guard lock(telling_);
  hears_ = std::move(hears);
}

std::shared_ptr<peer_status> peer_board::find(std::string_view node_id) {
  std::lock_guard lock(mutex_);
  auto found = peers_.find(node_id);
  if (found == peers_.end())
    found = peers_.emplace(node_id, std::make_shared<peer_status>(std::string(node_id))).first;
  return found->second;
}

} // namespace troupe
