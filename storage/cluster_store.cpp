#include "storage/cluster_store.hpp"
#include "storage/record_codec.hpp"
#include "storage/record_scan.hpp"

#include "runtime/base/sha256.hpp"

namespace troupe {

namespace {

constexpr std::string_view cluster_key = "cluster";
constexpr std::string_view joining_key = "joining";
constexpr std::string_view user_prefix = "user/";

std::string user_key(const user_record& user) {
  return std::string(user_prefix) + common_name_of(user.role, user.name);
}

result<cluster_record> cluster_in(const entry& row) {
  auto record = decode_cluster(row.value);
  if (record)
    record->revision = row.modified;
  return record;
}

result<member_record> member_in(const entry& row) {
  auto record = decode_member(row.value);
  if (record && record->node_id != row.key)
    return misplaced("member");
  if (record)
    record->revision = row.modified;
  return record;
}

result<token_record> token_in(const entry& row) {
  auto record = decode_token(row.value);
  if (record && record->secret_sha256 != row.key)
    return misplaced("token");
  if (record)
    record->revision = row.modified;
  return record;
}

result<user_record> user_in(const entry& row) {
  auto record = decode_user(row.value);
  if (record && user_key(*record) != row.key)
    return misplaced("user");
  if (record)
    record->revision = row.modified;
  return record;
}

result<void> check_keys(const cluster_change& change) {
  for (const auto& member : change.members)
    if (!is_unique_id(member.node_id))
      return error{error_code::invalid_argument, "a node's id is 32 lower-case hex digits"};
  for (const auto* tokens : {&change.tokens, &change.erased_tokens})
    for (const auto& token : *tokens)
      if (!is_sha256(token.secret_sha256))
        return error{error_code::invalid_argument, "a token stands under the SHA-256 of its secret"};
  return {};
}

template <class Record>
void erase(transaction& all, column_family family, const std::string& key, const Record& record) {
  all.expect(family, key, record.revision);
  all.erase(family, key);
}

template <class Record>
void put(transaction& all, column_family family, std::string_view key, const Record& record) {
  all.expect(family, std::string(key), record.revision);
  all.put(family, std::string(key), encode(record));
}

} // namespace

result<std::optional<cluster_record>> cluster_store::cluster() const {
  return read_one(records_, column_family::cluster, cluster_key, cluster_in);
}

result<std::optional<cluster_record>> cluster_store::joining() const {
  return read_one(records_, column_family::cluster, joining_key, cluster_in);
}

result<std::vector<member_record>> cluster_store::members() const {
  return read_all(records_, column_family::members, keys_with_prefix(""), member_in);
}

result<std::optional<member_record>> cluster_store::member(std::string_view node_id) const {
  if (!is_unique_id(node_id))
    return std::optional<member_record>{};
  return read_one(records_, column_family::members, node_id, member_in);
}

result<std::vector<token_record>> cluster_store::tokens() const {
  return read_all(records_, column_family::tokens, keys_with_prefix(""), token_in);
}

result<std::optional<token_record>> cluster_store::token(std::string_view secret_sha256) const {
  if (!is_sha256(secret_sha256))
    return std::optional<token_record>{};
  return read_one(records_, column_family::tokens, secret_sha256, token_in);
}

result<std::vector<user_record>> cluster_store::users() const {
  return read_all(records_, column_family::cluster, keys_with_prefix(user_prefix), user_in);
}

result<revision_number> cluster_store::commit(const cluster_change& change) {
  if (auto good = check_keys(change); !good)
    return good.failure();
  if (auto why = fence_.refusal())
    return *why;
  transaction all;
  if (change.cluster)
    put(all, column_family::cluster, cluster_key, *change.cluster);
  if (change.joining)
    put(all, column_family::cluster, joining_key, *change.joining);
  if (change.joined)
    all.erase(column_family::cluster, std::string(joining_key));
  for (const auto& member : change.members)
    put(all, column_family::members, member.node_id, member);
  for (const auto& token : change.tokens)
    put(all, column_family::tokens, token.secret_sha256, token);
  for (const auto& token : change.erased_tokens)
    erase(all, column_family::tokens, token.secret_sha256, token);
  for (const auto& user : change.users)
    put(all, column_family::cluster, user_key(user), user);
  for (const auto& user : change.erased_users)
    erase(all, column_family::cluster, user_key(user), user);
  return records_.commit(all);
}

} // namespace troupe
