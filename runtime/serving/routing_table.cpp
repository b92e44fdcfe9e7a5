#include "runtime/serving/routing_table.hpp"

#include <algorithm>

namespace troupe {

void routing_cell::publish(std::shared_ptr<const routing_table> table) {
  std::lock_guard lock(mutex_);
  for (auto it = targets_.begin(); it != targets_.end();)
    it = it->expired() ? targets_.erase(it) : std::next(it);
  for (const auto& [name, where] : *table) {
    if (where.target != nullptr)
      targets_.insert(where.target);
    if (!where.candidate)
      continue;
    if (where.candidate->target != nullptr)
      targets_.insert(where.candidate->target);
    for (const auto& other : where.candidate->others)
      if (other.target != nullptr)
        targets_.insert(other.target);
  }
  table_ = std::move(table);
  revision_.fetch_add(1, std::memory_order_release);
}

std::shared_ptr<const routing_table> routing_cell::read() const {
  std::lock_guard lock(mutex_);
  return table_;
}

void routing_cell::enlist(const std::shared_ptr<pool>& target) {
  std::lock_guard lock(mutex_);
  pools_.erase(std::remove_if(pools_.begin(), pools_.end(), [](const auto& known) { return known.expired(); }), pools_.end());
  pools_.push_back(target);
}

std::vector<std::shared_ptr<pool>> routing_cell::pools() const {
  std::lock_guard lock(mutex_);
  std::vector<std::shared_ptr<pool>> alive;
  for (const auto& known : pools_)
    if (auto one = known.lock(); one != nullptr)
      alive.push_back(std::move(one));
  return alive;
}

std::shared_ptr<pool> routing_cell::find_pool(const version_id& id) const {
  std::lock_guard lock(mutex_);
  for (auto known = pools_.rbegin(); known != pools_.rend(); ++known)
    if (auto one = known->lock(); one != nullptr && one->id() == id)
      return one;
  return nullptr;
}

std::vector<std::shared_ptr<spread>> routing_cell::targets() const {
  std::lock_guard lock(mutex_);
  std::vector<std::shared_ptr<spread>> alive;
  for (const auto& known : targets_)
    if (auto one = known.lock(); one != nullptr)
      alive.push_back(std::move(one));
  return alive;
}

const route* routing_view::find(std::string_view deployment) {
  auto revision = cell_.revision();
  if (revision != revision_) {
    table_ = cell_.read();
    revision_ = revision;
  }
  auto found = table_->find(deployment);
  return found == table_->end() ? nullptr : &found->second;
}

} // namespace troupe
