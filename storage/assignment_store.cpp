#include "storage/assignment_store.hpp"
#include "storage/assignment_codec.hpp"
#include "storage/keys.hpp"
#include "storage/record_scan.hpp"

namespace troupe {

static_assert(assignment_store::part_bytes < store_limits::value_bytes_max);
static_assert(assignment_store::parts_max * (assignment_store::part_bytes + number_key_size)
              <= store_limits::transaction_bytes_max);

result<std::optional<assignment>> assignment_store::load() const {
  auto parts = read_all<std::string>(records_, column_family::assignment, keys_with_prefix(""),
                                     [](const entry& row) { return result<std::string>(row.value); });
  if (!parts)
    return parts.failure();
  if (parts->empty())
    return std::optional<assignment>();
  std::string bytes;
  for (const auto& part : *parts)
    bytes += part;
  auto kept = decode_assignment(bytes);
  if (!kept)
    return kept.failure();
  return std::optional(std::move(*kept));
}

result<void> assignment_store::save(const assignment& next) {
  auto bytes = encode(next);
  if (bytes.size() > parts_max * part_bytes)
    return error{error_code::invalid_argument, "what this node is to do takes " + std::to_string(bytes.size())
                                                   + " bytes, more than the most, " + std::to_string(parts_max * part_bytes)
                                                   + ": have fewer deployments"};
  transaction change;
  for (std::size_t part = 0; part < parts_max; ++part)
    if (part * part_bytes < bytes.size())
      change.put(column_family::assignment, number_key(part), bytes.substr(part * part_bytes, part_bytes));
    else
      change.erase(column_family::assignment, number_key(part)); // of one before that was longer
  auto done = records_.commit(change);
  return done ? result<void>() : result<void>(done.failure());
}

} // namespace troupe
