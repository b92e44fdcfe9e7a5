#include "runtime/serving/routing_table.hpp"

namespace troupe {

void routing_cell::publish(std::shared_ptr<const routing_table> table) {
  std::lock_guard lock(mutex_);
  table_ = std::move(table);
  revision_.fetch_add(1, std::memory_order_release);
}

std::shared_ptr<const routing_table> routing_cell::read() const {
  std::lock_guard lock(mutex_);
  return table_;
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
