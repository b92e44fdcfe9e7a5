#include "storage/rocks_reader.hpp"
#include "storage/keys.hpp"

namespace troupe {

namespace {

result<entry> decode(rocksdb::Slice key, rocksdb::Slice stored) {
  if (stored.size() < number_key_size)
    return error{error_code::corrupt, "a stored value is too short to have a revision; restore the data folder from a backup"};
  auto modified = number_from_key({stored.data(), number_key_size});
  stored.remove_prefix(number_key_size);
  return entry{key.ToString(), stored.ToString(), modified};
}

/// Reads rows from where the iterator can begin.
result<std::vector<entry>> take(rocksdb::Iterator& row, std::size_t limit, scan_order order) {
  bool ascending = order == scan_order::ascending;
  std::vector<entry> entries;
  for (ascending ? row.SeekToFirst() : row.SeekToLast(); row.Valid() && entries.size() < limit;
       ascending ? row.Next() : row.Prev()) {
    auto found = decode(row.key(), row.value());
    if (!found)
      return found.failure();
    entries.push_back(std::move(found).value());
  }
  return entries;
}

} // namespace

result<std::optional<entry>> rocks_reader::get(column_family family, std::string_view key) const {
  return get(database_.handle(family), key);
}

result<std::vector<entry>> rocks_reader::scan(column_family family, const key_range& range, std::size_t limit,
                                              scan_order order) const {
  if (auto good = check_scan_limit(limit); !good)
    return good.failure();
  if (!range.end.empty() && range.end <= range.first)
    return std::vector<entry>{};
  auto options = options_;
  rocksdb::Slice first(range.first), end(range.end);
  options.iterate_lower_bound = &first;
  options.iterate_upper_bound = range.end.empty() ? nullptr : &end;
  std::unique_ptr<rocksdb::Iterator> row(database_.db().NewIterator(options, database_.handle(family)));
  auto entries = take(*row, limit, order);
  if (!row->status().ok())
    return database_.failure(row->status(), "read");
  return entries;
}

result<revision_number> rocks_reader::revision() const {
  auto found = get(database_.db().DefaultColumnFamily(), newest_revision_key);
  if (!found)
    return found.failure();
  return *found ? (*found)->modified : revision_number{0};
}

result<std::optional<entry>> rocks_reader::get(rocksdb::ColumnFamilyHandle* family, std::string_view key) const {
  rocksdb::Slice wanted(key.data(), key.size());
  rocksdb::PinnableSlice value;
  auto status = database_.db().Get(options_, family, wanted, &value);
  if (status.IsNotFound())
    return std::optional<entry>{};
  if (!status.ok())
    return database_.failure(status, "read");
  auto found = decode(wanted, value);
  if (!found)
    return found.failure();
  return std::optional<entry>(std::move(found).value());
}

} // namespace troupe
