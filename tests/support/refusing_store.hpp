#pragma once

#include "storage/memory_store.hpp"

namespace troupe {

/// A store in memory whose disk is full while the test says so.
class refusing_store final : public store {
public:
  bool full = false;

  result<std::optional<entry>> get(column_family family, std::string_view key) const override { return inner_.get(family, key); }
  result<std::vector<entry>> scan(column_family family, const key_range& range, std::size_t limit,
                                  scan_order order) const override {
    return inner_.scan(family, range, limit, order);
  }
  result<std::unique_ptr<store_snapshot>> snapshot() const override { return inner_.snapshot(); }
  result<revision_number> commit(const transaction& change) override {
    if (full)
      return error{error_code::io_failed, "the disk is full"};
    return inner_.commit(change);
  }
  std::unique_ptr<store_watch> watch(column_family family, std::string prefix, watch_callback callback) override {
    return inner_.watch(family, std::move(prefix), std::move(callback));
  }

private:
  memory_store inner_;
};

} // namespace troupe
