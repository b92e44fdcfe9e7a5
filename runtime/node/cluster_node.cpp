#include "runtime/node/cluster_node.hpp"

#include "cluster/certificates.hpp"
#include "cluster/dial.hpp"
#include "cluster/join_client.hpp"
#include "runtime/base/host_program.hpp"
#include "runtime/base/ids.hpp"
#include "runtime/gateway/gathering_stream.hpp"
#include "runtime/node/loop_complaints.hpp"

#include <caf/send.hpp>

#include <netinet/in.h>
#include <netinet/tcp.h>

namespace troupe {

namespace {

/// A connection whose machine has vanished fails after so long. Milliseconds.
constexpr unsigned silence_max_ms = 5000;
constexpr kj::Duration data_connect_timeout = 1 * kj::SECONDS;
/// Between looks at whether the certificate is to be renewed.
constexpr kj::Duration renewal_interval = 30 * kj::SECONDS;
constexpr std::chrono::milliseconds renewal_patience{10'000};
/// Between looks at whether the leader is another one.
constexpr kj::Duration introduction_interval = 2 * kj::SECONDS;

tls_identity identity_of(const cluster_record& record) {
  return {record.authority_pem, record.node_certificate_pem, record.node_key_pem};
}

} // namespace

tls_data_dialler::tls_data_dialler(const std::vector<kj_loop*>& loops, const identity_holder& identity, peer_board& peers)
  : peers_(peers) {
  for (auto loop : loops)
    endpoints_.emplace_back(loop, std::make_unique<tls_endpoint>(identity));
}

kj::Promise<kj::Own<kj::AsyncIoStream>> tls_data_dialler::connect(kj_loop& on, const std::string& node_id) {
  for (auto& [loop, tls] : endpoints_)
    if (loop == &on)
      return on.io().provider->getTimer().timeoutAfter(
          data_connect_timeout,
          dial(by_gathering(on), *tls, peers_.find(node_id)->address(), connection_role::data, dns_name_of_node(node_id))
              .then([](proven_stream&& proven) {
                proven.stream->setsockopt(IPPROTO_TCP, TCP_USER_TIMEOUT, &silence_max_ms, sizeof silence_max_ms);
                return kj::mv(proven.stream);
              }));
  KJ_FAIL_REQUIRE("not one of the gateway's loops");
}

dialler tls_data_dialler::by_gathering(kj_loop& on) {
  dialler by{*on.io().provider, names_};
  by.below_tls = [](kj::Own<kj::AsyncIoStream> socket) { return kj::heap<gathering_stream>(kj::mv(socket)); };
  return by;
}

cluster_links::cluster_links(const cluster_identity& cluster, const std::vector<kj_loop*>& loops, const clock& time,
                             event_sink& events, const gateway_options& gateway)
  : loop_("cluster", debug_complaints(events, time)), identity_(identity_of(cluster.record)), dialler_(loops, identity_, peers_),
    questions_(loop_, time, {cluster.self.node_id, TROUPE_VERSION}, trust(), dial_by(loop_, identity_)),
    requests_(loops, dialler_, time, gateway), network_{questions_, requests_, peers_} {
  for (const auto& member : cluster.known)
    if (member.node_id != cluster.self.node_id)
      peers_.set(member.node_id, {member.name, member.address, false, 0, member.removed});
}

result<void> cluster_links::admits(const std::string& node_id) {
  if (!is_unique_id(node_id))
    return error{error_code::permission_denied, "it is no node"};
  if (peers_.find(node_id)->removed())
    return error{error_code::permission_denied, "it was removed from the cluster"};
  return {};
}

leadership cluster_links::lead() const {
  auto node = node_.load();
  return node == nullptr ? leadership{} : node->lead.get();
}

/// A leader that was replaced and removed hears of it nowhere else.
void cluster_links::hear(const leadership& told) const {
  auto node = node_.load();
  if (node == nullptr || told.epoch <= node->lead.get().epoch)
    return;
  if (auto followed = node->follow(told); !followed)
    node->events.emit(
        {node->time.wall_now(), severity::error, "mandate_refused", {{"reason", followed.failure().message}}, "node"});
}

cluster_services::cluster_services(cluster_identity& cluster, cluster_links& links, const std::vector<kj_loop*>& loops,
                                   caf::actor_system& system, const directory& actors, const routing_cell& routes,
                                   const clock& time, event_sink& events, const gateway_options& gateway, const drain_gate& drain,
                                   cluster_store& records, const leadership_cell& lead, const client_addresses& doors)
  : links_(links), actors_(actors), time_(time), events_(events), records_(records), lead_(lead), self_(cluster.self),
    name_before_(cluster.name_before), cluster_id_(cluster.record.cluster_id), desk_(system, actors),
    context_(links.loop(), system, desk_, time, {cluster.self.node_id, TROUPE_VERSION}, links.trust(), {}), peers_(context_),
    joins_(links.loop(), system, desk_, {cluster.record.cluster_id, doors.rpc, doors.http}),
    forwards_(loops, routes, time, gateway, drain), renewals_(system, links.loop()),
    door_(links.loop(), loops, std::move(cluster.door), links.identity(), time, events, handlers()) {
  links_.loop().post([this] {
    links_.loop().keep(keep_certificate());
    links_.loop().keep(keep_introduced());
  });
  for (const auto& member : cluster.known)
    if (member.node_id != self_.node_id)
      known_peers_.push_back(links.peers().find(member.node_id));
  links.peers().on_removed([this](const std::string& node_id) { cut(node_id); });
}

cluster_services::~cluster_services() {
  links_.peers().on_removed(nullptr);
}

void cluster_services::cut(const std::string& node_id) {
  peers_.cut(node_id);
  forwards_.cut(node_id);
}

void cluster_services::keep_found(const node_options& options) {
  links_.loop().post([this, &options] { links_.loop().keep(stay_found(options)); });
}

kj::Promise<void> cluster_services::stay_found(const node_options& options) {
  kj::Own<lan_discovery> lan;
  if (options.discover == "lan")
    lan = kj::heap<lan_discovery>(links_.loop().io(),
                                  lan_discovery_options{lan_program(), cluster_id_, self_.node_id, self_.address},
                                  [this](const std::string& what) { on_lan_trouble(what); });
  auto tell = [this](exchange_members told) {
    if (auto membership = actors_.membership.get())
      caf::anon_send(membership, std::move(told));
  };
  reunion_options how{cluster_id_, self_.node_id, known_peers_, options.join};
  auto back = kj::heap<reunion>(links_.loop(), links_.identity(), links_.network().questions, time_, events_, lan.get(),
                                std::move(how), std::move(tell));
  auto looking = back->keep_looking();
  return looking.attach(kj::mv(back), kj::mv(lan));
}

void cluster_services::on_lan_trouble(const std::string& what) {
  events_.emit({time_.wall_now(), severity::warn, "lan_discovery_failed", {{"reason", what}}, "node"});
}

cluster_handlers cluster_services::handlers() {
  cluster_handlers all;
  all.control = [this](kj::Own<kj::AsyncIoStream> stream, std::string who) {
    return peers_.serve(kj::mv(stream), std::move(who));
  };
  all.join = [this](kj::Own<kj::AsyncIoStream> stream) { return joins_.serve(kj::mv(stream)); };
  all.data = [this](std::size_t loop, kj::Own<kj::AsyncIoStream> stream, std::string who) {
    return serve_data(loop, kj::mv(stream), who);
  };
  return all;
}

kj::Promise<void> cluster_services::serve_data(std::size_t loop, kj::Own<kj::AsyncIoStream> stream, const std::string& who) {
  if (!links_.admits(who))
    return kj::READY_NOW;
  stream->setsockopt(IPPROTO_TCP, TCP_USER_TIMEOUT, &silence_max_ms, sizeof silence_max_ms);
  return forwards_.serve(loop, kj::mv(stream), who);
}

kj::Promise<void> cluster_services::keep_certificate() {
  auto facts = facts_of(links_.identity().get()->certificate);
  auto now = time_.wall_now();
  bool due = facts && now >= facts->not_before + (facts->not_after - facts->not_before) / 2;
  kj::Promise<void> done = kj::READY_NOW;
  if (due)
    done = renewed(now >= facts->not_after).then([this](result<certificate_issued> given) {
      if (given)
        install(*given);
    });
  return done.then([this] { return links_.loop().io().provider->getTimer().afterDelay(renewal_interval); }).then([this] {
    return keep_certificate();
  });
}

kj::Promise<result<certificate_issued>> cluster_services::renewed(bool has_ended) {
  auto lead = lead_.get();
  if (!has_ended || lead.leader_id == self_.node_id)
    return renewals_.ask<certificate_issued>(actors_.registrar.get(), renew_certificate{self_.node_id}, renewal_patience);
  auto own = links_.identity().get();
  auto facts = facts_of(own->authority);
  auto hash = certificate_sha256(own->authority);
  auto key = private_key::from_pem(own->key);
  if (!facts || !hash || !key)
    return result<certificate_issued>(error{error_code::corrupt, "this node's own certificate can't be read"});
  join_request who{{}, self_.node_id, self_.name, self_.address, key->public_key(), self_.labels, {}, {}};
  auto kept = kj::heap<private_key>(std::move(*key));
  auto& by = *kept;
  return join_cluster(*links_.loop().io().provider, time_,
                      {links_.peers().find(lead.leader_id)->address(), facts->common_name, *hash}, std::move(who), by)
      .then([](result<enrolled> given) {
        return given ? result<certificate_issued>(certificate_issued{given->certificate_pem}) : given.failure();
      })
      .attach(kj::mv(kept));
}

kj::Promise<void> cluster_services::keep_introduced() {
  auto lead = lead_.get();
  kj::Promise<void> done = kj::READY_NOW;
  if (lead.epoch != introduced_)
    done = renewals_
               .ask<troupe::done>(
                   actors_.registrar.get(),
                   update_member{self_.node_id, self_.address, self_.labels, self_.name, links_.identity().get()->certificate},
                   renewal_patience)
               .then([this, epoch = lead.epoch](result<troupe::done> taken) { on_introduced(epoch, taken); });
  return done.then([this] { return links_.loop().io().provider->getTimer().afterDelay(introduction_interval); }).then([this] {
    return keep_introduced();
  });
}

void cluster_services::on_introduced(std::uint64_t epoch, const result<done>& taken) {
  if (taken)
    introduced_ = epoch;
  bool silent =
      !taken && (taken.failure().code == error_code::unavailable || taken.failure().code == error_code::deadline_exceeded);
  auto why = taken || silent ? std::string() : taken.failure().message;
  if (!why.empty() && why != not_introduced_)
    events_.emit({time_.wall_now(), severity::warn, "introduction_refused", {{"reason", why}}, "node"});
  not_introduced_ = why;
  if (!taken && taken.failure().code == error_code::already_exists && !name_before_.empty() && self_.name != name_before_)
    take_name_back();
}

/// Another has the name that this node came with: it keeps the one that it had.
void cluster_services::take_name_back() {
  self_.name = name_before_;
  if (auto own = records_.member(self_.node_id); own && *own) {
    (**own).name = name_before_;
    static_cast<void>(keep_members(records_, {**own})); // if that fails, the next start comes to the same
  }
  if (auto membership = actors_.membership.get())
    caf::anon_send(membership, rename_self{name_before_});
}

void cluster_services::install(const certificate_issued& renewed) {
  auto now = *links_.identity().get();
  now.certificate = renewed.certificate_pem;
  if (auto saved = save_certificate(records_, renewed.certificate_pem); !saved) {
    events_.emit({time_.wall_now(), severity::warn, "certificate_not_kept", {{"reason", saved.failure().message}}, "node"});
    return;
  }
  links_.identity().set(std::move(now));
  events_.emit({time_.wall_now(), severity::info, "certificate_renewed", {}, "node"});
}

} // namespace troupe
