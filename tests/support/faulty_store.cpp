#include "tests/support/faulty_store.hpp"

namespace troupe {

namespace {

error disk_error() {
  return {error_code::io_failed, "the disk refuses; repair it and start the node again"};
}

} // namespace

void faulty_store::restart() {
  powered_ = true;
  broken_ = false;
  disk_.crash(random_.below(disk_.unsynced() + 1));
  if (half_done_)
    (void)disk_.commit(*half_done_);
  half_done_.reset();
}

result<std::optional<entry>> faulty_store::get(column_family family, std::string_view key) const {
  if (!powered_)
    return disk_error();
  return disk_.get(family, key);
}

result<std::vector<entry>> faulty_store::scan(column_family family, const key_range& range, std::size_t limit,
                                              scan_order order) const {
  if (!powered_)
    return disk_error();
  return disk_.scan(family, range, limit, order);
}

result<std::unique_ptr<store_snapshot>> faulty_store::snapshot() const {
  if (!powered_)
    return disk_error();
  return disk_.snapshot();
}

result<revision_number> faulty_store::commit(const transaction& change) {
  if (!powered_ || broken_)
    return disk_error();
  if (!random_.chance(failure_chance_))
    return disk_.commit(change);
  broken_ = true;
  if (random_.chance(0.5))
    half_done_ = change;
  return disk_error();
}

std::unique_ptr<store_watch> faulty_store::watch(column_family family, std::string prefix, watch_callback callback) {
  return disk_.watch(family, std::move(prefix), std::move(callback));
}

} // namespace troupe
