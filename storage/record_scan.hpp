#pragma once

#include "storage/store.hpp"

#include <string>
#include <utility>
#include <vector>

/// What the typed stores have in common. Only storage includes it.
namespace troupe {

/// `what` as in "deployment".
inline error misplaced(const char* what) {
  return error{error_code::corrupt,
               "a stored " + std::string(what) + " stands under the key of another; restore the data folder from a backup"};
}

/// Every record of the range, read page by page at one revision.
template <class Record>
result<std::vector<Record>> read_all(const store& records, column_family family, key_range range,
                                     result<Record> (*decode)(const entry&)) {
  auto at = records.snapshot();
  if (!at)
    return at.failure();
  std::vector<Record> all;
  for (std::size_t found = store_limits::scan_entries_max; found == store_limits::scan_entries_max;) {
    auto page = (*at)->scan(family, range, store_limits::scan_entries_max, scan_order::ascending);
    if (!page)
      return page.failure();
    for (const auto& row : *page) {
      auto record = decode(row);
      if (!record)
        return record.failure();
      all.push_back(std::move(record).value());
    }
    found = page->size();
    if (found != 0)
      range.first = page->back().key + '\0'; // the next key there can be
  }
  return all;
}

/// The record under the key, or nothing if there is none.
template <class Record>
result<std::optional<Record>> read_one(const store& records, column_family family, std::string_view key,
                                       result<Record> (*decode)(const entry&)) {
  auto row = records.get(family, key);
  if (!row)
    return row.failure();
  if (!*row)
    return std::optional<Record>{};
  auto record = decode(**row);
  if (!record)
    return record.failure();
  return std::optional<Record>(std::move(record).value());
}

} // namespace troupe
