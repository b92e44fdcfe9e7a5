#include "storage/state_store.hpp"
#include "storage/keys.hpp"
#include "storage/record_codec.hpp"
#include "storage/record_scan.hpp"

#include <algorithm>
#include <utility>

namespace troupe {

namespace {

result<deployment_record> deployment_in(const entry& row) {
  auto record = decode_deployment(row.value);
  if (record && record->name != row.key)
    return misplaced("deployment");
  if (record)
    record->revision = row.modified;
  return record;
}

result<version_record> version_in(const entry& row) {
  auto record = decode_version(row.value);
  if (record && version_key(record->id) != row.key)
    return misplaced("version");
  return record;
}

bool changes(const state_change& change, const std::string& deployment) {
  auto names_it = [&](const deployment_record& record) { return record.name == deployment; };
  return std::any_of(change.put.begin(), change.put.end(), names_it)
         || std::any_of(change.erased.begin(), change.erased.end(), names_it);
}

result<void> check_names(const state_change& change) {
  for (const auto& record : change.put)
    if (!valid_deployment_name(record.name))
      return error{error_code::invalid_argument,
                   "'" + record.name + "' is no name for a deployment: use 1 to 63 of a-z, 0-9, - and _"};
  std::vector<version_id> versions = change.erased_versions;
  for (const auto& record : change.put_versions)
    versions.push_back(record.id);
  for (const auto& id : versions)
    if (!changes(change, id.deployment))
      return error{error_code::invalid_argument, "version " + to_string(id) + " changes without its deployment; put that too"};
  return {};
}

} // namespace

result<std::vector<deployment_record>> state_store::deployments() const {
  return read_all(records_, column_family::deployments, keys_with_prefix(""), deployment_in);
}

result<std::vector<std::string>> state_store::names() const {
  return read_all<std::string>(records_, column_family::deployments, keys_with_prefix(""),
                               [](const entry& row) { return result<std::string>(row.key); });
}

result<std::optional<deployment_record>> state_store::deployment(std::string_view name) const {
  if (!valid_deployment_name(name))
    return std::optional<deployment_record>{};
  return read_one(records_, column_family::deployments, name, deployment_in);
}

result<std::vector<version_record>> state_store::versions(std::string_view deployment) const {
  return read_all(records_, column_family::versions, keys_with_prefix(versions_prefix(deployment)), version_in);
}

result<revision_number> state_store::commit(const state_change& change) {
  if (auto good = check_names(change); !good)
    return good.failure();
  if (auto why = fence_.refusal())
    return *why;
  transaction all;
  for (const auto& record : change.put) {
    all.expect(column_family::deployments, record.name, record.revision);
    all.put(column_family::deployments, record.name, encode(record));
  }
  for (const auto& record : change.erased) {
    all.expect(column_family::deployments, record.name, record.revision);
    all.erase(column_family::deployments, record.name);
  }
  for (const auto& record : change.put_versions)
    all.put(column_family::versions, version_key(record.id), encode(record));
  for (const auto& id : change.erased_versions)
    all.erase(column_family::versions, version_key(id));
  return records_.commit(all);
}

result<void> state_store::forget(std::string_view name) {
  if (auto why = fence_.refusal())
    return *why;
  auto versions = read_all<std::string>(records_, column_family::versions, keys_with_prefix(versions_prefix(name)),
                                        [](const entry& row) { return result<std::string>(row.key); });
  if (!versions)
    return versions.failure();
  transaction erased;
  auto write = [&]() -> result<void> {
    auto done = records_.commit(std::exchange(erased, {}));
    return done ? result<void>() : result<void>(done.failure());
  };
  for (auto& key : *versions) {
    erased.erase(column_family::versions, std::move(key));
    if (erased.mutations.size() + 1 < store_limits::operations_max)
      continue;
    if (auto done = write(); !done)
      return done;
  }
  erased.erase(column_family::deployments, std::string(name)); // last: while it stands, the rest is not forgotten
  return write();
}

} // namespace troupe
