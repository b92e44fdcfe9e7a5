#pragma once

#include "actors/environment.hpp"
#include "runtime/base/golden.hpp"
#include "runtime/base/model_spec.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <memory>
#include <optional>
#include <string>

namespace troupe {

struct validator_options {
  const actor_environment& node;
  version_id id;
  model_spec spec;
  std::string artifact_sha256;
  std::string golden_sha256; ///< "": there is none
  std::string uploaded_to{}; ///< the node to ask first for the two, if they aren't here; "": the leader
};

using validator_interface =
    validator_actor::extend<caf::reacts_to<template_up>, caf::reacts_to<template_failed>, caf::reacts_to<template_exited>,
                            caf::reacts_to<host_up>, caf::reacts_to<host_failed>, caf::reacts_to<host_exited>,
                            caf::reacts_to<trial_ended>, caf::reacts_to<try_again>>;

/// What a version's golden.json says. Errors: io_failed, invalid_argument.
result<std::shared_ptr<const golden_set>> read_golden(const artifact& file, const model_spec& spec);

/// Tries a version in a throw-away host: hash, load, operators, signature, golden inputs, finite outputs, one full batch within its limits. Then it,
/// and all that it started, is gone; also if it is killed on the way.
///
///     idle --validate--> opening --artifacts verified--> loading --template--> forking --host--> trying --> answers, (gone)
///                           ^                              |                     |                 |
///                           +---- later, if something was missing that may come -+-----------------+     what is the model's fault is the answer
class validator_state {
public:
  using self_pointer = validator_interface::stateful_pointer<validator_state>;
  using behavior_type = validator_interface::behavior_type;

  /// Hosts that may not come up, or die of their trial, before that is the model's fault.
  static constexpr std::uint32_t deaths_max = 3;

  explicit validator_state(self_pointer self) : self_(self) {}
  validator_state(const validator_state&) = delete;
  validator_state& operator=(const validator_state&) = delete;
  ~validator_state();

  behavior_type begin(validator_options options);

  std::string name = "validator"; ///< where CAF looks for it

private:
  behavior_type waiting_for(const char* what);

  caf::result<validation> on_validate();
  void open_files();
  void open_golden();
  void open_model();
  void load(int model_fd);
  void on_template_up(const template_up& up);
  void fork();
  void on_host_up(const std::shared_ptr<replica_host>& host);
  void on_trial_ended(const trial_ended& ended);
  void on_host_lost(error why);
  void on_failure(const error& why);
  void finish(result<validation> outcome);
  void let_go();
  actor_status status(const char* state) const;

  self_pointer self_;
  std::optional<validator_options> options_;
  steady_time since_{};
  caf::typed_response_promise<validation> answer_;
  std::shared_ptr<const golden_set> golden_;
  std::shared_ptr<pool> target_; ///< of its own: no request ever comes here
  std::unique_ptr<load_handle> load_;
  std::shared_ptr<version_template> template_;
  std::shared_ptr<replica_host> host_;
  std::uint64_t attempt_ = 0; ///< news of an earlier one is stale
  std::uint32_t failures_ = 0;
  std::uint32_t deaths_ = 0; ///< of hosts, while they came up or in their trial
  steady_time load_began_{};
  validation report_;
};

validator_state::behavior_type validator(validator_state::self_pointer self, validator_options options);

} // namespace troupe
