#include "runtime/gateway/cluster_writer.hpp"
#include "runtime/gateway/control_answer.hpp"
#include "runtime/gateway/control_service.hpp"
#include "storage/record_schema.hpp"

#include <algorithm>

/// The calls about the cluster: its nodes, and who may join.
namespace troupe {

namespace {

/// So long a token may at most be said to hold; the registrar allows less.
constexpr std::uint64_t lifetime_us_max = std::chrono::microseconds(std::chrono::hours(24 * 3650)).count();

/// Why a call about the cluster can't be answered.
result<void> check_cluster(const control_backend& node) {
  if (node.lead != nullptr)
    return {};
  return error{error_code::failed_precondition,
               "this node is in no cluster; start it with --cluster HOST:PORT to found one, or with --join, too, to "
               "become a member"};
}

result<cluster_role> role_named(const std::string& name) {
  for (auto role : {cluster_role::node, cluster_role::admin, cluster_role::client})
    if (to_string(role) == name)
      return role;
  return error{error_code::invalid_argument, "a token is for a node, an admin or a client, not for '" + name + "'"};
}

} // namespace

/// What the actor tells of the cluster, written by `write`.
template <class List, class Call, class Actor, class Question, class Write>
kj::Promise<void> control_service::tell_list(Call call, const Actor& whom, Question question, Write write) {
  if (answered_error(call, check_cluster(context_.node)))
    return kj::READY_NOW;
  return context_.actors.ask<List>(whom, std::move(question), control_patience).then([call, write](result<List> outcome) mutable {
    if (!answered_error(call, outcome))
      write(call.getResults(), *outcome);
  });
}

kj::Promise<void> control_service::nodes(NodesContext call) {
  return tell_list<node_list>(call, context_.node.actors.membership.get(), list_nodes{}, write_nodes);
}

kj::Promise<void> control_service::createToken(CreateTokenContext call) {
  auto params = call.getParams();
  auto role = role_named(text(params.getRole()));
  if (answered_error(call, check_cluster(context_.node)) || answered_error(call, role))
    return kj::READY_NOW;
  auto lifetime = std::chrono::microseconds(std::min(params.getLifetimeUs(), lifetime_us_max));
  create_token question{*role, lifetime, params.getUses(), client_};
  return context_.actors.ask<token_made>(context_.node.actors.registrar.get(), std::move(question), control_patience)
      .then([call](result<token_made> outcome) mutable {
        if (answered_error(call, outcome))
          return;
        auto results = call.getResults();
        results.setToken(outcome->text.c_str());
        results.setId(outcome->id.c_str());
        results.setExpiresUnixNs(to_unix_ns(outcome->expires));
      });
}

kj::Promise<void> control_service::listTokens(ListTokensContext call) {
  return tell_list<token_list>(call, context_.node.actors.registrar.get(), list_tokens{}, write_tokens);
}

kj::Promise<void> control_service::revokeToken(RevokeTokenContext call) {
  return tell_registrar(call, revoke_token{text(call.getParams().getId())});
}

kj::Promise<void> control_service::listUsers(ListUsersContext call) {
  return tell_list<user_list>(call, context_.node.actors.registrar.get(), list_users{}, write_users);
}

kj::Promise<void> control_service::revokeUser(RevokeUserContext call) {
  return tell_registrar(call, revoke_user{text(call.getParams().getName()), client_});
}

kj::Promise<void> control_service::drainNode(DrainNodeContext call) {
  auto params = call.getParams();
  return tell_registrar(call, set_draining{text(params.getNode()), !params.getUndo()});
}

kj::Promise<void> control_service::removeNode(RemoveNodeContext call) {
  return tell_registrar(call, remove_member{text(call.getParams().getNode())});
}

template <class Call, class Question>
kj::Promise<void> control_service::tell_registrar(Call call, Question question) {
  if (answered_error(call, check_cluster(context_.node)))
    return kj::READY_NOW;
  return context_.actors.ask<done>(context_.node.actors.registrar.get(), std::move(question), control_patience)
      .then([call](result<done> outcome) mutable { answered_error(call, outcome); });
}

} // namespace troupe
