#include "storage/store_format.hpp"
#include "storage/record_codec.hpp"

#include "schemas/records.capnp.h"

#include <optional>

namespace troupe {

namespace {

constexpr std::string_view node_key = "node";
constexpr std::size_t shown_digits = 12; // of a machine's id

struct stored_node {
  node_record record;
  revision_number modified = 0;
};

result<node_record> write(store& records, const node_record& record, revision_number expected) {
  transaction change;
  change.expect(column_family::node, std::string(node_key), expected);
  change.put(column_family::node, std::string(node_key), encode(record));
  if (auto written = records.commit(change); !written)
    return written.failure();
  return record;
}

/// The node record, or nothing in a store without any transaction.
result<std::optional<stored_node>> read(store& records) {
  auto at = records.snapshot();
  if (!at)
    return at.failure();
  auto found = (*at)->get(column_family::node, node_key);
  if (!found)
    return found.failure();
  if (!*found && (*at)->revision() == 0)
    return std::optional<stored_node>();
  if (!*found)
    return error{error_code::corrupt, "the store has lost its node record; restore the data folder from a backup"};
  auto record = decode_node((*found)->value);
  if (!record)
    return record.failure();
  if (record->format_version > schema::FORMAT_VERSION)
    return error{error_code::failed_precondition, "the store has format " + std::to_string(record->format_version)
                                                      + ", and this troupe reads up to " + std::to_string(schema::FORMAT_VERSION)
                                                      + "; use a newer troupe or another --data"};
  return std::optional<stored_node>({*record, (*found)->modified});
}

error of_another_machine(const std::string& owner, const std::string& here) {
  return {error_code::failed_precondition,
          "this data folder belongs to machine " + owner.substr(0, shown_digits) + ", and this is " + here.substr(0, shown_digits)
              + "; start once with --adopt if this machine takes its place; to make a second node, restore a backup instead"};
}

} // namespace

result<node_record> check_store_format(store& records, const store_opener& opener, wall_time now) {
  auto found = read(records);
  if (!found)
    return found.failure();
  if (!*found)
    return write(records, {schema::FORMAT_VERSION, opener.new_node_id, now, opener.machine_id}, 0);
  auto record = (*found)->record;
  if (opener.machine_id.empty() || record.machine_id == opener.machine_id)
    return record;
  if (!record.machine_id.empty() && !opener.adopt)
    return of_another_machine(record.machine_id, opener.machine_id);
  record.machine_id = opener.machine_id;
  return write(records, record, (*found)->modified);
}

result<void> give_identity(store& records, const std::string& node_id, wall_time now) {
  auto found = read(records);
  if (!found)
    return found.failure();
  if (!*found)
    return error{error_code::corrupt, "the store is empty; use another backup"};
  auto written = write(records, {(*found)->record.format_version, node_id, now}, (*found)->modified);
  return written ? result<void>() : written.failure();
}

} // namespace troupe
