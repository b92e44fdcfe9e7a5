#include "storage/store_format.hpp"
#include "storage/record_codec.hpp"

#include "schemas/records.capnp.h"

namespace troupe {

namespace {

constexpr std::string_view node_key = "node";

result<node_record> write_first(store& records, const std::string& node_id, wall_time now) {
  node_record first{schema::FORMAT_VERSION, node_id, now};
  transaction change;
  change.expect(column_family::node, std::string(node_key), 0);
  change.put(column_family::node, std::string(node_key), encode(first));
  if (auto written = records.commit(change); !written)
    return written.failure();
  return first;
}

} // namespace

result<node_record> check_store_format(store& records, const std::string& node_id, wall_time now) {
  auto at = records.snapshot();
  if (!at)
    return at.failure();
  auto found = (*at)->get(column_family::node, node_key);
  if (!found)
    return found.failure();
  if (!*found && (*at)->revision() == 0)
    return write_first(records, node_id, now);
  if (!*found)
    return error{error_code::corrupt, "the store has lost its node record; restore the data folder from a backup"};
  auto record = decode_node((*found)->value);
  if (record && record->format_version > schema::FORMAT_VERSION)
    return error{error_code::failed_precondition, "the store has format " + std::to_string(record->format_version)
                                                      + ", and this troupe reads up to " + std::to_string(schema::FORMAT_VERSION)
                                                      + "; use a newer troupe or another --data"};
  return record;
}

} // namespace troupe
