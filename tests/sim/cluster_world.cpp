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
/// Until a node that has ended itself is started again.
constexpr auto restart_delay = 200ms;
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
    promises_(members_, expected_, [this](const std::string& what) { complain(what); }),
    rollouts_(members_, [this](const std::string& what) { complain(what); }), next_tick_(now_) {
  artifacts_.clear();
  found();
}

cluster_world::~cluster_world() = default;

sim_member& cluster_world::add_machine() {
  auto number = members_.all.size();
  members_.all.push_back(std::make_unique<sim_member>(artifacts_, members_, wire_, *this, number, now_, random_.next()));
  listen_to(*members_.all.back());
  return *members_.all.back();
}

void cluster_world::listen_to(sim_member& made) {
  rollouts_.watch(made);
  made.client.on_sent = [this, &made](const sim_choice& to) { rollouts_.on_sent(made, to); };
  made.client.on_answer = [this, &made](const sim_choice& to, const error* why) {
    rollouts_.on_answer(made, to, why);
    bool may_fail = to.split != nullptr && why != nullptr && why->code == error_code::model_failed; // that is what stages are for
    if (why != nullptr && !may_fail && to.wanted)
      on_refusal(made, to.version.deployment, to.sent, *why);
  };
  made.client.on_no_target = [this, &made](const std::string& deployment, steady_time sent, const error& why) {
    on_refusal(made, deployment, sent, why);
  };
}

void cluster_world::on_refusal(const sim_member& by, const std::string& deployment, steady_time sent, const error& why) {
  note(by.name() + " refuses a request to '" + deployment + "': " + to_string(why));
  promises_.on_refusal(by, deployment, sent, why);
}

void cluster_world::found() {
  auto& first = add_machine();
  auto records = first.records();
  found_cluster(records, first.self, {first.time.wall_now(), 24h}).value();
  first.start();
  rollouts_.on_start(first);
}

std::vector<cluster_world::machine_number> cluster_world::awake() const {
  std::vector<machine_number> found;
  for (const auto& each : members_.all)
    if (each->is_awake() && !each->removed)
      found.push_back(each->number);
  return found;
}

std::vector<cluster_world::machine_number> cluster_world::up_to_date() const {
  auto able = awake();
  std::uint64_t newest = 0;
  for (const auto& each : members_.all)
    newest = each->is_off() ? newest : std::max(newest, each->node().lead().epoch);
  able.erase(
      std::remove_if(able.begin(), able.end(), [&](auto which) { return members_.all[which]->node().lead().epoch < newest; }),
      able.end());
  return able;
}

bool cluster_world::all_in() const {
  return std::all_of(joiners_.begin(), joiners_.end(), [](const auto& each) { return each->is_in(); });
}

sim_member* cluster_world::leader() const {
  auto& one = *members_.all[leader_number_];
  return one.is_awake() && one.node().leads() ? &one : nullptr;
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
  for (auto& [which, when] : std::map<machine_number, steady_time>(restarts_))
    if (when <= now_)
      start(which);
  let_people_go_on();
  promises_.look();
  rollouts_.look();
}

void cluster_world::tick(sim_member& one) {
  one.tick();
  if (one.node().is_up())
    return;
  if (!one.node().steps_down())
    complain(one.name() + "'s tree has given up");
  kill(one.number);
  if (!one.removed)
    restarts_[one.number] = now_ + restart_delay; // whoever watches the process starts it again
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
  rollouts_.on_start(member(which));
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
    if (one.is_off() && !one.removed && one.life() > 0)
      start(which);
  }
  settle();
}

void cluster_world::settle() {
  auto until = now_ + settle_limit;
  std::vector<std::string> left = {"nothing was looked at"};
  while (!left.empty() && now_ < until) {
    run(500ms);
    left = commands_.empty() && chores_.empty() && all_in() && murky_.empty()
               ? unsettled(*this)
               : std::vector<std::string>{"people are still at work"};
  }
  for (const auto& each : left)
    complain("never settled: " + each);
  note("settled");
  promises_.on_settled();
}

// -- what is seen -----------------------------------------------------------------------------------------------------------------

void cluster_world::on_assigned(const sim_member& to, const assignment& what, const result<peer_answer>& answer) {
  promises_.on_assigned(to, what, answer);
  rollouts_.on_assigned(to, what, answer);
}

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
