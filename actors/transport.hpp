#pragma once

#include "actors/cluster_messages.hpp"
#include "runtime/base/error.hpp"

#include <chrono>
#include <functional>
#include <string>
#include <variant>

namespace troupe {

/// Where a node is asked.
struct peer_address {
  std::string node_id;
  std::string address; ///< of its cluster port, "10.0.0.2:7551"
};

/// What nodes ask each other. Each is answered as the actor that gets it there answers (actors/peer_desk.hpp).
using peer_question = std::variant<assignment, node_report, read_artifact, deploy, scale, undeploy, await_version, rollback,
                                   steer_rollout, watch_version, validate_model, list_deployments, enrol, enrol_user,
                                   renew_certificate, update_member, probe, ask_help, exchange_members, create_token, list_tokens,
                                   revoke_token, remove_member, set_draining, list_users, revoke_user>;
using peer_answer = std::variant<assignment_taken, done, artifact_piece, deployed, version_progress, validation, deployment_list,
                                 enrolled, user_enrolled, certificate_issued, probe_message, help_answer, exchange_members,
                                 token_made, token_list, user_list>;

/// The way to other nodes: Cap'n Proto RPC over TLS in a node, plain function calls with delay and loss in the simulation. Thread-safe.
class transport {
public:
  virtual ~transport() = default;
  /// Asks the node. `told` is called once, on any thread: with the answer, with the error that the node answered, `unavailable` if it can't be reached or the
  /// connection breaks, or `deadline_exceeded` after `patience`. It must only hand on (send a message) and return.
  virtual void ask(const peer_address& whom, peer_question what, std::chrono::milliseconds patience,
                   std::function<void(result<peer_answer>)> told) = 0;
  /// Closes what leads to the node; what it was asked is `unavailable`.
  virtual void hang_up(const std::string& node_id) = 0;
};

} // namespace troupe
