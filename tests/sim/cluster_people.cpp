#include "tests/sim/cluster_world.hpp"

#include <algorithm>

/// What people do in a cluster_world.
namespace troupe {

namespace {

using namespace std::chrono_literals;

/// A gateway's patience with a command, and what it may take beyond.
constexpr auto command_patience = 10s;
constexpr auto command_slack = 1s;
/// Before somebody who wasn't answered asks again.
constexpr auto chore_patience = 5s;
/// Until somebody stops a node that was removed.
constexpr auto removed_for = 1s;
/// A command whose answer was lost has been done, if it ever is, once the leader has been awake and within reach for so long.
constexpr auto murky_for = 10s;

} // namespace

void cluster_world::let_people_go_on() {
  auto able = up_to_date();
  for (const auto& each : joiners_)
    if (!able.empty() && !each->is_in())
      each->go_on(member(able[random_.below(able.size())]));
  if (now_ >= next_chores_) {
    next_chores_ = now_ + chore_patience;
    for (const auto& [id, attempt] : chores_)
      attempt();
  }
  look_after_commands();
}

cluster_world::machine_number cluster_world::join() {
  auto& newcomer = add_machine();
  note(newcomer.name() + " asks to be let in");
  joiners_.push_back(std::make_unique<sim_joiner>(newcomer));
  return newcomer.number;
}

// -- deployments ------------------------------------------------------------------------------------------------------------------

void cluster_world::look_after_commands() {
  for (const auto& [name, pending] : commands_)
    if (member(pending.at).is_awake() && now_ > pending.sent + command_patience + command_slack)
      complain("no answer to: " + pending.what.text());
  auto leads = leader();
  for (auto it = murky_.begin(); it != murky_.end();) {
    if (leads == nullptr || !wire_.is_whole())
      it->second = now_;
    it = now_ - it->second > murky_for ? murky_.erase(it) : std::next(it);
  }
}

template <class Answer, class Question>
void cluster_world::command(sim_command what, Question question, std::optional<sim_model> upload) {
  auto able = up_to_date();
  if (able.empty() || command_under_way(what.name))
    return;
  sim_member& at = member(able[random_.below(able.size())]);
  note(what.text() + " at " + at.name());
  if (upload)
    artifacts_.upload(*upload, at.number);
  promises_.on_command(what);
  commands_[what.name] = {what, at.number, now_};
  std::function<void(result<Answer>)> told = [this, what, &at, life = at.life()](result<Answer> answer) {
    if (!at.is_off() && at.life() == life)
      on_answer(what, answer);
  };
  at.node().ask<Answer>(at.node().actors().catalog.get(), std::move(question), command_patience, std::move(told));
}

template <class Answer>
void cluster_world::on_answer(const sim_command& what, const result<Answer>& answer) {
  commands_.erase(what.name);
  last_answer_ = answer ? "done" : to_string(answer.failure());
  note(what.text() + " -> " + last_answer_);
  std::uint32_t version = 0;
  if constexpr (std::is_same_v<Answer, deployed>)
    version = answer ? answer->version : 0;
  bool possible = answer ? expected_.acknowledge(what, version) : on_failure(what, answer.failure().code);
  if (!possible)
    complain(what.text() + " was answered '" + last_answer_ + "', but there is " + expected_.describe(what.name));
  promises_.on_answer(what.name);
}

/// Whether that answer can be right.
bool cluster_world::on_failure(const sim_command& what, error_code code) {
  auto needs_it =
      what.what == sim_command::kind::scale || what.what == sim_command::kind::undeploy || what.what == sim_command::kind::steer;
  if (code == error_code::not_found && needs_it)
    return expected_.refuse_missing(what);
  if (code != error_code::not_found && code != error_code::failed_precondition && code != error_code::invalid_argument)
    doubt(what);
  return code != error_code::internal;
}

void cluster_world::doubt(const sim_command& what) {
  expected_.doubt(what);
  murky_[what.name] = now_;
}

void cluster_world::deploy(const std::string& name, sim_model model, std::uint32_t replicas, const std::string& rollout) {
  command<deployed>({sim_command::kind::deploy, name, replicas},
                    troupe::deploy{name, artifacts_.hash(model), sim_model_toml, replicas, {}, "sim", rollout}, model);
}

void cluster_world::rollback(const std::string& name, version_number to) {
  command<deployed>({sim_command::kind::rollback, name, to}, troupe::rollback{name, to, 0, {}});
}

void cluster_world::steer(const std::string& name, rollout_command what) {
  command<done>({sim_command::kind::steer, name, static_cast<std::uint32_t>(what)}, steer_rollout{name, what, "sim"});
}

void cluster_world::scale(const std::string& name, std::uint32_t replicas) {
  command<done>({sim_command::kind::scale, name, replicas}, troupe::scale{name, replicas});
}

void cluster_world::undeploy(const std::string& name) {
  command<done>({sim_command::kind::undeploy, name, 0}, troupe::undeploy{name});
}

template <class Question>
void cluster_world::ask_registrar(const std::string& text, Question question, std::function<void()> then) {
  auto id = ++last_chore_;
  chores_[id] = [this, id, text, question, then] {
    auto able = up_to_date();
    if (able.empty())
      return;
    sim_member& at = member(able[random_.below(able.size())]);
    std::function<void(result<done>)> told = [this, id, text, then](const result<done>& answer) {
      if ((answer || answer.failure().code == error_code::not_found) && chores_.erase(id) != 0) {
        note(text + " -> done");
        then();
      }
    };
    at.node().template ask<done>(at.node().actors().registrar.get(), question, chore_patience, told);
  };
  note(text);
  next_chores_ = now_;
}

void cluster_world::drain(machine_number which, bool draining) {
  ask_registrar((draining ? "drain " : "drain --undo ") + member(which).name(),
                set_draining{member(which).self.node_id, draining}, [] {});
}

void cluster_world::remove(machine_number which) {
  ask_registrar("remove " + member(which).name(), remove_member{member(which).self.node_id}, [this, which] {
    member(which).removed = true;
    restarts_.erase(which);
    air_.after(removed_for, [this, which] { // not from within what may be its own node
      if (!member(which).is_off())
        kill(which);
    });
  });
}

void cluster_world::request(const std::string& name, float value, std::chrono::milliseconds patience) {
  auto able = awake();
  if (able.empty())
    return;
  sim_member& at = member(able[random_.below(able.size())]);
  at.client.send(at.node().routes(), name, value, patience, 1 + static_cast<std::uint32_t>(random_.below(2)));
}

void cluster_world::lose_patience(double share) {
  auto able = awake();
  if (!able.empty())
    member(able[random_.below(able.size())]).client.lose_patience(random_, share);
}

void cluster_world::replace_leader(machine_number by) {
  auto& lost = member(leader_number_);
  auto& next = member(by);
  if (!next.is_off())
    kill(by);
  note(next.name() + " is made the leader instead of " + lost.name());
  auto records = next.records();
  next.disk.restart();
  own_membership self{next.self.node_id, records.cluster().value().value(), records.members().value()};
  next.disk.copy(lost.disk);
  rollouts_.on_other_disk(next);
  take_lead(records, self, {next.time.wall_now(), 24h}).value();
  artifacts_.copy(lost.number, by);
  leader_number_ = by;
  start(by);
}

} // namespace troupe
