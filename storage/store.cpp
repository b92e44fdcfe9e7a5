#include "storage/store.hpp"

#include <set>
#include <tuple>

namespace troupe {

namespace {

error invalid(std::string message) {
  return error{error_code::invalid_argument, std::move(message)};
}

result<void> check_key(const std::string& key) {
  if (key.empty() || key.size() > store_limits::key_bytes_max)
    return invalid("a key has 1 to " + std::to_string(store_limits::key_bytes_max) + " bytes, this one "
                   + std::to_string(key.size()));
  return {};
}

result<void> check_counts(const transaction& change) {
  if (change.mutations.empty())
    return invalid("a transaction needs at least one mutation");
  if (change.mutations.size() > store_limits::operations_max || change.expected.size() > store_limits::operations_max)
    return invalid("a transaction has at most " + std::to_string(store_limits::operations_max)
                   + " mutations and as many expectations; split it");
  return {};
}

} // namespace

key_range keys_with_prefix(std::string_view prefix) {
  std::string end(prefix);
  while (!end.empty() && end.back() == '\xff')
    end.pop_back(); // nothing of that length is behind it
  if (!end.empty())
    end.back() = static_cast<char>(static_cast<unsigned char>(end.back()) + 1);
  return {std::string(prefix), std::move(end)};
}

transaction& transaction::expect(column_family family, std::string key, revision_number modified) {
  expected.push_back({family, std::move(key), modified});
  return *this;
}

transaction& transaction::put(column_family family, std::string key, std::string value) {
  mutations.push_back({family, std::move(key), std::move(value)});
  return *this;
}

transaction& transaction::erase(column_family family, std::string key) {
  mutations.push_back({family, std::move(key), std::nullopt});
  return *this;
}

result<void> check(const transaction& change) {
  if (auto counts = check_counts(change); !counts)
    return counts;
  for (const auto& wanted : change.expected)
    if (auto key = check_key(wanted.key); !key)
      return key;
  std::set<std::tuple<column_family, std::string_view>> seen;
  std::size_t bytes = 0;
  for (const auto& [family, key, value] : change.mutations) {
    if (auto good = check_key(key); !good)
      return good;
    if (!seen.emplace(family, key).second)
      return invalid("a transaction changes each key at most once");
    if (value && value->size() > store_limits::value_bytes_max)
      return invalid("a value has at most " + std::to_string(store_limits::value_bytes_max) + " bytes, this one "
                     + std::to_string(value->size()));
    bytes += key.size() + (value ? value->size() : 0);
  }
  if (bytes > store_limits::transaction_bytes_max)
    return invalid("a transaction has at most " + std::to_string(store_limits::transaction_bytes_max) + " bytes; split it");
  return {};
}

result<void> check_scan_limit(std::size_t limit) {
  if (limit == 0 || limit > store_limits::scan_entries_max)
    return invalid("a scan reads 1 to " + std::to_string(store_limits::scan_entries_max) + " entries, not "
                   + std::to_string(limit));
  return {};
}

error conflict_on(const expectation& wanted, revision_number found) {
  return error{error_code::conflict, "another writer changed one of the " + std::string(to_string(wanted.family))
                                         + " (expected revision " + std::to_string(wanted.modified) + ", found "
                                         + std::to_string(found) + "); read it again and retry"};
}

result<std::unique_ptr<store>> store::checkpoint(const std::filesystem::path&) {
  return error{error_code::failed_precondition, "this node's store is no folder; back it up by its own means"};
}

} // namespace troupe
