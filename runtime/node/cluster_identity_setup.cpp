#include "runtime/node/cluster_identity_setup.hpp"

#include "cluster/join_client.hpp"
#include "cluster/join_token.hpp"
#include "runtime/node/first_token.hpp"

#include <kj/async-io.h>

#include <utility>

namespace troupe {

namespace {

constexpr const char* default_port = ":7551";

/// Where others reach this node; a port that the kernel chose is in it.
std::string advertised(const node_options& options, const listener& door) {
  if (options.advertise.empty())
    return door.address;
  auto asked = listen_address_from(options.advertise);
  if (!asked || asked->port != 0)
    return options.advertise;
  return options.advertise.substr(0, options.advertise.rfind(':')) + door.address.substr(door.address.rfind(':'));
}

result<listener> open_port(const std::string& address) {
  return listen_on(address, "--cluster");
}

/// A member that starts again.
result<std::optional<cluster_identity>> come_back(const node_options& options, cluster_store& records, cluster_record record,
                                                  own_node self) {
  auto known = records.members();
  if (!known)
    return known.failure();
  auto address = options.cluster;
  for (const auto& member : *known)
    if (member.node_id == self.node_id && address.empty())
      address = member.address;
  if (address.empty())
    return error{error_code::invalid_argument,
                 "this node is a member of a cluster: say where its cluster port is with --cluster HOST:PORT"};
  auto door = open_port(address);
  if (!door)
    return door.failure();
  self.address = advertised(options, *door);
  return std::optional(cluster_identity{std::move(record), std::move(self), std::move(*door), std::move(*known)});
}

/// Whether no client comes in without a certificate.
bool clients_need_certificates(const node_options& options) {
  auto rpc = listen_address_from(options.listen);
  return !options.insecure_listen && rpc && !is_loopback(rpc->host);
}

result<std::optional<cluster_identity>> found(const node_options& options, node_storage& storage, own_node self,
                                              const clock& time) {
  auto& records = storage.cluster;
  auto door = open_port(options.cluster);
  if (!door)
    return door.failure();
  self.address = advertised(options, *door);
  auto record = found_cluster(records, self, {time.wall_now(), options.certificate_lifetime});
  if (!record)
    return record.failure();
  auto known = records.members();
  if (!known)
    return known.failure();
  result<std::string> token = std::string();
  if (clients_need_certificates(options))
    token = write_first_token(records, *record, storage.folder.path(), time.wall_now());
  if (!token)
    return token.failure();
  return std::optional(
      cluster_identity{std::move(*record), std::move(self), std::move(*door), std::move(*known), std::move(*token)});
}

/// Tries the seeds in turn; the last one's error if none lets it in.
result<enrolled> ask_seeds(const node_options& options, const join_token& token, const join_request& who, const private_key& key,
                           const clock& time) {
  auto io = kj::setupAsyncIo();
  result<enrolled> outcome = error{error_code::invalid_argument, "no seed was named"};
  for (const auto& seed : options.join) {
    outcome = join_cluster(*io.provider, time, {seed, token.cluster_id, token.authority_sha256}, who, key).wait(io.waitScope);
    if (outcome)
      return outcome;
  }
  return outcome;
}

result<std::optional<cluster_identity>> join(const node_options& options, cluster_store& records, own_node self,
                                             const clock& time) {
  auto token = parse_join_token(options.token);
  if (!token)
    return token.failure();
  auto door = open_port(options.cluster.empty() ? "0.0.0.0" + std::string(default_port) : options.cluster);
  if (!door)
    return door.failure();
  self.address = advertised(options, *door);
  if (self.address.rfind("0.0.0.0", 0) == 0)
    self.address = self.address.substr(self.address.rfind(':')); // the join fills the host in
  auto key = joining_key(records, token->cluster_id);
  if (!key)
    return key.failure();
  join_request who;
  who.token_secret = token->secret;
  who.node_id = self.node_id;
  who.name = self.name;
  who.address = self.address;
  who.public_key = key->public_key();
  who.labels = self.labels;
  auto given = ask_seeds(options, *token, who, *key, time);
  if (!given)
    return given.failure();
  for (const auto& member : given->members)
    if (member.node_id == self.node_id)
      self.address = member.address;
  auto record = save_membership(records, self.node_id, *key, {given->authority_pem, given->certificate_pem, given->lead});
  if (!record)
    return record.failure();
  if (auto kept = keep_members(records, given->members); !kept)
    return kept.failure();
  return std::optional(cluster_identity{std::move(*record), std::move(self), std::move(*door), std::move(given->members)});
}

} // namespace

result<std::optional<cluster_identity>> set_up_cluster(const node_options& options, node_storage& storage,
                                                       const std::string& name, const clock& time) {
  own_node self{storage.identity.node_id, name, {}, options.labels};
  auto record = own_cluster(storage.cluster, self.node_id);
  bool is_copy = !record && record.failure().code == error_code::failed_precondition; // which may join as a node of its own
  if (!record && (!is_copy || options.join.empty()))
    return record.failure();
  if (record && *record)
    return come_back(options, storage.cluster, std::move(**record), std::move(self));
  if (!options.join.empty())
    return join(options, storage.cluster, std::move(self), time);
  if (!options.cluster.empty())
    return found(options, storage, std::move(self), time);
  return std::optional<cluster_identity>();
}

} // namespace troupe
