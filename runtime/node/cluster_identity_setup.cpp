#include "runtime/node/cluster_identity_setup.hpp"

#include "cluster/sightings.hpp"
#include "runtime/node/admission.hpp"
#include "runtime/node/first_token.hpp"

#include <algorithm>
#include <utility>

namespace troupe {

namespace {

constexpr const char* default_port = ":7551";

/// ":7551" of "0.0.0.0:7551".
std::string port_of(const std::string& address) {
  return address.substr(address.rfind(':'));
}

/// Where others reach this node; a port that the kernel chose is in it.
std::string advertised(const node_options& options, const listener& door) {
  if (options.advertise.empty())
    return door.address;
  auto asked = listen_address_from(options.advertise);
  if (!asked || asked->port != 0)
    return options.advertise;
  return options.advertise.substr(0, options.advertise.rfind(':')) + port_of(door.address);
}

result<listener> open_port(const std::string& address) {
  return listen_on(address, "--cluster");
}

/// Keeps what a follower says of itself, so that it says the same when it starts again and isn't told. The leader's is its registrar's business.
result<void> keep_self(cluster_store& records, const own_node& self, member_record own) {
  if (own.name == self.name && own.address == self.address && own.labels == self.labels)
    return {};
  own.name = self.name;
  own.address = self.address;
  own.labels = self.labels;
  return keep_members(records, {std::move(own)});
}

/// A node belongs to one cluster, and to it for good.
result<void> check_token(const node_options& options, const cluster_record& own) {
  auto token = parse_join_token(options.token);
  if (options.token.empty() || !token || token->cluster_id == own.cluster_id)
    return {};
  return error{error_code::failed_precondition,
               "the node of this data folder belongs to cluster " + own.cluster_id + ", and the token is of cluster "
                   + token->cluster_id + ": to join that one, start it with an empty folder (--data), or else without the token"};
}

/// Deployments of a node alone would be left behind: those of the cluster are the leader's.
result<void> check_alone(state_store& state) {
  auto all = state.deployments();
  if (!all)
    return all.failure();
  if (all->empty())
    return {};
  return error{
      error_code::failed_precondition,
      "this data folder has deployments of its own ('" + all->front().name + "'"
          + (all->size() > 1 ? " and " + std::to_string(all->size() - 1) + " more" : "")
          + "), which the cluster wouldn't serve: start the node without --join and undeploy them, or join with an empty "
            "folder (--data) and deploy them in the cluster"};
}

/// A member that starts again.
result<std::optional<cluster_identity>> come_back(const node_options& options, cluster_store& records, cluster_record record,
                                                  own_node self) {
  if (auto good = check_token(options, record); !good)
    return good.failure();
  auto known = records.members();
  if (!known)
    return known.failure();
  // Only a leader's word counts: who led once doesn't know whether the one that leads now has removed them, too.
  if (!leads(record, self.node_id))
    known->erase(std::remove_if(known->begin(), known->end(), [](const auto& member) { return member.removed; }), known->end());
  auto own = std::find_if(known->begin(), known->end(), [&](const auto& each) { return each.node_id == self.node_id; });
  bool is_known = own != known->end();
  auto name_before = is_known ? own->name : "";
  if (is_known && options.name.empty())
    self.name = own->name;
  if (is_known && !options.labels)
    self.labels = own->labels;
  auto before = is_known ? own->address : "";
  auto address = options.cluster.empty() ? before : options.cluster;
  if (address.empty())
    return error{error_code::invalid_argument,
                 "this node is a member of a cluster: say where its cluster port is with --cluster HOST:PORT"};
  auto door = open_port(address);
  if (!door)
    return door.failure();
  self.address = advertised(options, *door);
  if (!is_reachable_address(self.address) && !before.empty())
    self.address = before.substr(0, before.rfind(':')) + port_of(self.address);
  if (is_known && !leads(record, self.node_id))
    if (auto kept = keep_self(records, self, *own); !kept)
      return kept.failure();
  return std::optional(
      cluster_identity{std::move(record), std::move(self), std::move(*door), std::move(*known), std::move(name_before)});
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
  if (!is_reachable_address(self.address))
    return error{error_code::invalid_argument,
                 "other nodes can't reach " + self.address + ": name an address of this machine with --advertise HOST:PORT"};
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
      cluster_identity{std::move(*record), std::move(self), std::move(*door), std::move(*known), {}, std::move(*token)});
}

result<std::optional<cluster_identity>> join(const node_options& options, node_storage& storage, own_node self,
                                             const clock& time) {
  auto& records = storage.cluster;
  if (options.token.empty())
    return error{error_code::invalid_argument, "to join a cluster a token is needed: `troupe token create` on one of its nodes "
                                               "makes one, for --token or TROUPE_TOKEN"};
  auto token = parse_join_token(options.token);
  if (!token)
    return token.failure();
  if (auto alone = check_alone(storage.state); !alone)
    return alone.failure();
  auto door = open_port(options.cluster.empty() ? "0.0.0.0" + std::string(default_port) : options.cluster);
  if (!door)
    return door.failure();
  self.address = advertised(options, *door);
  if (!is_reachable_address(self.address))
    self.address = port_of(self.address); // the join fills the host in
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
  auto given = be_admitted(options, *token, who, *key, time);
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
  own_node self{storage.identity.node_id, name, {}, options.labels.value_or(label_map())};
  auto record = own_cluster(storage.cluster, self.node_id);
  bool is_copy = !record && record.failure().code == error_code::failed_precondition; // which may join as a node of its own
  bool joins = !options.join.empty() || (!options.discover.empty() && !options.token.empty());
  if (!record && (!is_copy || !joins))
    return record.failure();
  if (record && *record)
    return come_back(options, storage.cluster, std::move(**record), std::move(self));
  if (joins)
    return join(options, storage, std::move(self), time);
  if (!options.token.empty())
    return error{error_code::invalid_argument, "with a token, say how to find its cluster: --join HOST:PORT or --discover lan"};
  if (!options.cluster.empty())
    return found(options, storage, std::move(self), time);
  if (!options.discover.empty())
    return error{error_code::invalid_argument,
                 "to join a cluster, a token is needed with --discover (`troupe token create` makes "
                 "one); to found one, name this node's cluster port with --cluster HOST:PORT"};
  if (!options.advertise.empty())
    return error{error_code::invalid_argument, "--advertise says where others reach a node's cluster port, and this node has "
                                               "none: say where it is with --cluster HOST:PORT"};
  return std::optional<cluster_identity>();
}

} // namespace troupe
