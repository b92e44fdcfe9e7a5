#pragma once

#include "actors/environment.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace troupe {

/// All deployments of this node. Finds the actor that a command is for, and makes it if the deployment is new.
///
///     loading --every stored deployment has been started--> open        commands wait in the mailbox while it loads
///        +--store silent--> (gone, a failure: restarted with backoff)
class catalog_state {
public:
  using self_pointer = catalog_actor::stateful_pointer<catalog_state>;
  using behavior_type = catalog_actor::behavior_type;

  explicit catalog_state(self_pointer self) : self_(self) {}

  behavior_type begin(const actor_environment& node);
  behavior_type loading();
  behavior_type open();

  std::string name = "catalog"; ///< where CAF looks for it

private:
  struct first_deploy {
    deploy ask;
    caf::typed_response_promise<deployed> answer;
  };

  /// The deployment answers in our place.
  template <class Answer, class Command>
  caf::result<Answer> hand_on(const Command& ask);
  caf::result<deployed> on_deploy(const deploy& ask);
  caf::result<validation> on_validate(const validate_model& ask);
  caf::result<done> on_undeploy(const undeploy& ask);
  caf::result<deployment_list> on_list(const list_deployments& ask);
  caf::result<done> forget_damaged(const std::string& deployment_name);
  void note_damage(const std::string& deployment_name, const error& why);
  void on_names(const name_list& stored);
  void on_child_up(const child_up& up);
  void on_child_down(const child_down& down);
  void tell_names() const;
  void stop_removed(const std::string& deployment_name, caf::typed_response_promise<done> answer);
  void deploy_checked(const deploy& ask, caf::typed_response_promise<deployed> answer);
  std::vector<first_deploy> take_first_deploys(const std::string& deployment_name);
  void pass_on(const deployment_actor& to, const deploy& ask, caf::typed_response_promise<deployed> answer);

  void start_first(const std::string& deployment_name, bool may_clear);
  bool is_known(const std::string& deployment_name) const { return deployments_.count(deployment_name) != 0; }
  /// Why `find` gives no handle.
  caf::error absence_of(const std::string& deployment_name) const;
  /// The deployment, or an empty handle.
  deployment_actor find(const std::string& deployment_name) const;
  start_child start_of(const std::string& deployment_name) const;
  actor_status status(const char* state) const;

  self_pointer self_;
  const actor_environment* node_ = nullptr;
  steady_time since_{};
  std::map<std::string, deployment_actor> deployments_;            ///< empty handles: being restarted
  std::map<std::string, std::vector<first_deploy>> first_deploys_; ///< of deployments that are being started for them
  std::map<std::string, std::string> damaged_;                     ///< deployments that can't be read, and why
  std::size_t still_starting_ = 0;
  std::uint32_t checks_ = 0; ///< under way
  std::vector<caf::typed_response_promise<ready>> awaiting_ready_;
};

catalog_state::behavior_type catalog(catalog_state::self_pointer self, const actor_environment& node);

} // namespace troupe
