#pragma once

#include "actors/directory.hpp"
#include "actors/leadership_cell.hpp"
#include "runtime/base/log_levels.hpp"
#include "runtime/gateway/bridge.hpp"
#include "runtime/gateway/drain_gate.hpp"
#include "runtime/gateway/gateway_options.hpp"
#include "schemas/control.capnp.h"

#include <string>

namespace troupe {

/// What the control doors of all loops lead to.
struct control_backend {
  caf::actor_system& system;
  const directory& actors;
  const clock& time;
  std::string node_name;
  std::string software_version;
  std::string http_name; ///< what it calls itself by HTTP
  steady_time started;
  const drain_gate& drain;
  log_levels& levels;
  const leadership_cell* lead = nullptr; ///< null: the node is in no cluster
};

/// A loop's own. Belongs to its thread.
struct control_context {
  control_context(kj_loop& loop, const control_backend& node_, const gateway_options& options_)
    : node(node_), options(options_), actors(node_.system, loop) {}

  const control_backend& node;
  const gateway_options& options;
  bridge actors;
};

/// The Control capability: each call is a message to an actor.
class control_service : public schema::Control::Server {
public:
  /// `client`: what the caller said it is.
  control_service(control_context& context, std::string client) : context_(context), client_(std::move(client)) {}
  virtual ~control_service() = default;

protected:
  kj::Promise<void> upload(UploadContext call) override;
  kj::Promise<void> deploy(DeployContext call) override;
  kj::Promise<void> scale(ScaleContext call) override;
  kj::Promise<void> undeploy(UndeployContext call) override;
  kj::Promise<void> status(StatusContext call) override;
  kj::Promise<void> tree(TreeContext call) override;
  kj::Promise<void> events(EventsContext call) override;
  kj::Promise<void> awaitReady(AwaitReadyContext call) override;
  kj::Promise<void> rollback(RollbackContext call) override;
  kj::Promise<void> steerRollout(SteerRolloutContext call) override;
  kj::Promise<void> progress(ProgressContext call) override;
  kj::Promise<void> validate(ValidateContext call) override;
  kj::Promise<void> backup(BackupContext call) override;
  kj::Promise<void> setLogLevel(SetLogLevelContext call) override;
  kj::Promise<void> nodes(NodesContext call) override;
  kj::Promise<void> createToken(CreateTokenContext call) override;
  kj::Promise<void> listTokens(ListTokensContext call) override;
  kj::Promise<void> revokeToken(RevokeTokenContext call) override;
  kj::Promise<void> listUsers(ListUsersContext call) override;
  kj::Promise<void> revokeUser(RevokeUserContext call) override;
  kj::Promise<void> drainNode(DrainNodeContext call) override;
  kj::Promise<void> removeNode(RemoveNodeContext call) override;

private:
  template <class List, class Call, class Actor, class Question, class Write>
  kj::Promise<void> tell_list(Call call, const Actor& whom, Question question, Write write);
  /// Hands it to the registrar, whose answer is done or an error.
  template <class Call, class Question>
  kj::Promise<void> tell_registrar(Call call, Question question);

  control_context& context_;
  const std::string client_;
};

} // namespace troupe
