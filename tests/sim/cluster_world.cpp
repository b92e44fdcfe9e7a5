#include "tests/sim/cluster_world.hpp"

#include "tests/sim/cluster_settled.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

namespace troupe {

namespace {

using namespace std::chrono_literals;

/// As a node's host_watch does.
constexpr auto tick_interval = 50ms;
/// A gateway's patience with a command, and what it may take beyond.
constexpr auto command_patience = 10s;
constexpr auto command_slack = 1s;
/// Before somebody who wasn't answered asks again.
constexpr auto chore_patience = 5s;
/// Until a node that has ended itself is started again.
constexpr auto restart_delay = 200ms;
/// A command whose answer was lost has been done, if it ever is, once the leader has been awake and within reach for so long.
constexpr auto murky_for = 10s;
/// Within it a cluster without faults is as it is wanted.
constexpr auto settle_limit = 90s;

/// Without what is a secret, and another in each run.
std::string shown(event what) {
  auto& fields = what.fields;
  fields.erase(std::remove_if(fields.begin(), fields.end(), [](const auto& field) { return field.first == "token"; }),
               fields.end());
  return to_text(what);
}

} // namespace

// -- machines ---------------------------------------------------------------------------------------------------------------------

cluster_world::cluster_world(sim_artifacts& artifacts, std::uint64_t seed)
  : artifacts_(artifacts), random_(seed), wire_(air_, rng(random_.next())),
    promises_(members_, expected_, [this](const std::string& what) { complain(what); }), next_tick_(now_) {
  artifacts_.clear();
  found();
}

cluster_world::~cluster_world() = default;

sim_member& cluster_world::add_machine() {
  auto number = members_.all.size();
  members_.all.push_back(std::make_unique<sim_member>(artifacts_, members_, wire_, *this, number, now_, random_.next()));
  auto& made = *members_.all.back();
  made.client.on_refusal = [this, &made](const std::string& deployment, steady_time sent, const error& why) {
    promises_.on_refusal(made, deployment, sent, why);
  };
  return made;
}

void cluster_world::found() {
  auto& first = add_machine();
  auto records = first.records();
  found_cluster(records, first.self, {first.time.wall_now(), 24h}).value();
  first.start();
}

cluster_world::machine_number cluster_world::join() {
  auto& newcomer = add_machine();
  note(newcomer.name() + " asks to be let in");
  joiners_[newcomer.number] = std::make_unique<sim_joiner>(newcomer);
  return newcomer.number;
}

std::vector<cluster_world::machine_number> cluster_world::awake() const {
  std::vector<machine_number> found;
  for (const auto& each : members_.all)
    if (each->is_awake() && !each->removed)
      found.push_back(each->number);
  return found;
}

sim_member* cluster_world::leader() const {
  sim_member* found = nullptr;
  for (const auto& each : members_.all)
    if (each->is_awake() && each->node().leads() && (found == nullptr || each->node().lead().epoch > found->node().lead().epoch))
      found = each.get();
  return found;
}

// -- time -------------------------------------------------------------------------------------------------------------------------

void cluster_world::run(std::chrono::nanoseconds span) {
  auto until = now_ + span;
  while (now_ < until)
    step(until);
}

void cluster_world::step(steady_time until) {
  auto next = std::min({until, next_tick_, air_.next().value_or(steady_time::max())});
  for (const auto& each : members_.all)
    next = std::min(next, each->wakes_at());
  now_ = std::max(now_, next);
  air_.move_to(now_);
  while (air_.run_one()) {
  }
  for (const auto& each : members_.all)
    each->advance(now_, laziness);
  if (now_ >= next_tick_)
    tick();
}

void cluster_world::tick() {
  next_tick_ = now_ + tick_interval;
  for (std::size_t i = 0; i < members_.all.size(); ++i)
    if (member(i).is_awake())
      tick(member(i));
  auto able = awake();
  for (auto it = joiners_.begin(); it != joiners_.end();) {
    if (!able.empty() && !it->second->is_in())
      it->second->go_on(member(able[random_.below(able.size())]));
    it = it->second->is_in() ? joiners_.erase(it) : std::next(it);
  }
  for (auto& [which, when] : std::map<machine_number, steady_time>(restarts_))
    if (when <= now_)
      start(which);
  if (now_ >= next_chores_) {
    next_chores_ = now_ + chore_patience;
    for (const auto& [id, attempt] : chores_)
      attempt();
  }
  look_after_commands();
  promises_.look();
}

void cluster_world::tick(sim_member& one) {
  one.tick();
  if (one.node().is_up())
    return;
  if (!one.node().steps_down())
    complain(one.name() + "'s tree has given up");
  kill(one.number);
  restarts_[one.number] = now_ + restart_delay; // whoever watches the process starts it again
}

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

// -- what people do ---------------------------------------------------------------------------------------------------------------

template <class Answer, class Question>
void cluster_world::command(sim_command what, Question question, std::optional<sim_model> upload) {
  auto able = awake();
  if (able.empty() || command_under_way(what.name))
    return;
  auto& at = member(able[random_.below(able.size())]);
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
  auto needs_it = what.what == sim_command::kind::scale || what.what == sim_command::kind::undeploy;
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

void cluster_world::deploy(const std::string& name, sim_model model, std::uint32_t replicas) {
  command<deployed>({sim_command::kind::deploy, name, replicas},
                    troupe::deploy{name, artifacts_.hash(model), sim_model_toml, replicas}, model);
}

void cluster_world::rollback(const std::string& name, version_number to) {
  command<deployed>({sim_command::kind::rollback, name, to}, troupe::rollback{name, to, 0, {}});
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
    auto able = awake();
    if (able.empty())
      return;
    auto& at = member(able[random_.below(able.size())]);
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
    if (!member(which).is_off())
      kill(which);
  });
}

void cluster_world::request(const std::string& name, float value, std::chrono::milliseconds patience) {
  auto able = awake();
  if (able.empty())
    return;
  auto& at = member(able[random_.below(able.size())]);
  at.client.send(at.node().routes(), name, value, patience, 1 + static_cast<std::uint32_t>(random_.below(2)));
}

// -- what goes wrong --------------------------------------------------------------------------------------------------------------

void cluster_world::kill(machine_number which) {
  auto& dying = member(which);
  note(dying.name() + " is killed");
  promises_.on_fault();
  dying.stop();
  for (const auto& each : members_.all)
    if (!each->is_off())
      each->lose(dying);
  for (const auto& [name, pending] : std::map<std::string, pending_command>(commands_))
    if (pending.at == which) {
      commands_.erase(name);
      doubt(pending.what);
      promises_.on_answer(name);
    }
}

void cluster_world::start(machine_number which) {
  note(member(which).name() + " starts");
  restarts_.erase(which);
  member(which).start();
}

void cluster_world::freeze(machine_number which) {
  note(member(which).name() + " is frozen");
  promises_.on_fault();
  member(which).freeze();
}

void cluster_world::thaw(machine_number which) {
  note(member(which).name() + " goes on");
  auto span = now_ - member(which).time.now();
  for (auto& [name, pending] : commands_)
    if (pending.at == which)
      pending.sent += span;
  member(which).thaw(now_);
}

void cluster_world::split(const std::vector<machine_number>& side, bool one_way) {
  promises_.on_fault();
  std::string names;
  for (auto one : side)
    names += " " + member(one).name();
  note(std::string(one_way ? "mute:" : "apart:") + names);
  auto is_here = [&](machine_number one) { return std::find(side.begin(), side.end(), one) != side.end(); };
  for (machine_number from = 0; from < size(); ++from)
    for (machine_number to = 0; to < size(); ++to)
      if (is_here(from) != is_here(to) && (is_here(from) || !one_way))
        wire_.cut(from, to);
}

void cluster_world::disturb_wire(const wire_faults& faults) {
  promises_.on_fault();
  note("the network is bad");
  wire_.faults = faults;
}

void cluster_world::mend() {
  note("the network is whole");
  wire_.mend();
}

void cluster_world::heal_and_settle() {
  mend();
  laziness = 0;
  for (machine_number which = 0; which < size(); ++which) {
    auto& one = member(which);
    one.hosts.faults = {};
    if (one.is_frozen())
      thaw(which);
    if (one.is_off() && !one.removed && joiners_.count(which) == 0)
      start(which);
  }
  settle();
}

void cluster_world::settle() {
  auto until = now_ + settle_limit;
  std::vector<std::string> left = {"nothing was looked at"};
  while (!left.empty() && now_ < until) {
    run(500ms);
    left =
        chores_.empty() && all_in() && murky_.empty() ? unsettled(*this) : std::vector<std::string>{"people are still at work"};
  }
  for (const auto& each : left)
    complain("never settled: " + each);
  note("settled");
  promises_.on_settled();
}

// -- what is seen -----------------------------------------------------------------------------------------------------------------

void cluster_world::on_event(const sim_member& of, const event& what) {
  ++counts_[what.name];
  note(of.name() + " " + shown(what));
}

std::size_t cluster_world::events(const std::string& name) const {
  auto found = counts_.find(name);
  return found == counts_.end() ? 0 : found->second;
}

std::uint64_t cluster_world::answered() const {
  std::uint64_t count = 0;
  for (const auto& each : members_.all)
    count += each->client.answered();
  return count;
}

std::uint64_t cluster_world::refused() const {
  std::uint64_t count = 0;
  for (const auto& each : members_.all)
    count += each->client.refused();
  return count;
}

void cluster_world::complain(const std::string& what) {
  note("BROKEN: " + what);
  if (complaints_.size() < 20)
    complaints_.push_back(what);
}

void cluster_world::note(const std::string& what) {
  auto line = std::to_string(now_.time_since_epoch() / 1us) + " " + what;
  for (char c : line)
    trace_ = (trace_ ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  static const bool is_shown = std::getenv("TROUPE_SIM_TRACE") != nullptr;
  if (is_shown)
    std::fprintf(stderr, "%s\n", line.c_str());
}

} // namespace troupe
