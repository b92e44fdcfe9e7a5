#include "tests/sim/sim_world.hpp"

#include "tests/sim/seen_deployment.hpp"

#include <caf/send.hpp>

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
/// Within it a node without faults has everything at work again.
constexpr auto heal_limit = 40s;

} // namespace

// -- events -----------------------------------------------------------------------------------------------------------------------

void sim_world::world_events::emit(event e) {
  ++counts_[e.name];
  world_.note(to_text(e));
  if (world_.node_)
    if (auto journal = world_.node_->actors().journal.get())
      caf::anon_send(journal, note_event{std::move(e)});
}

std::size_t sim_world::world_events::count(const std::string& name) const {
  auto found = counts_.find(name);
  return found == counts_.end() ? 0 : found->second;
}

// -- a world ----------------------------------------------------------------------------------------------------------------------

sim_world::sim_world(sim_artifacts& artifacts, std::uint64_t seed)
  : artifacts_(artifacts), random_(seed), loop_(time_, rng(random_.next())), disk_(rng(random_.next())),
    hosts_(time_, loop_, rng(random_.next())), events_(*this),
    client_(time_, loop_, [this](const std::string& what) { complain(what); }), next_tick_(time_.now()) {
  start_node();
}

sim_world::~sim_world() {
  stop_node();
}

void sim_world::start_node() {
  ++life_;
  note("node starts");
  node_ = std::make_unique<sim_node>(sim_machine{time_, disk_, artifacts_.blobs(), hosts_, events_}, random_.next());
}

void sim_world::stop_node() {
  note("power cut");
  client_.hang_up();
  disk_.cut_power();
  for (const auto& [name, pending] : std::exchange(commands_, {}))
    expected_.doubt(pending.first);
  ++life_; // answers from now on come from a dead node
  auto dying = std::move(node_);
  dying.reset();
  hosts_.cut_power(); // after the last actor that could have asked for another
  loop_.stop();
  time_.forget_tasks();
}

void sim_world::crash_and_restart() {
  stop_node();
  disk_.restart();
  time_.move_to(time_.now() + 100ms);
  start_node();
}

void sim_world::fail_actor() {
  node_->fail_next([this](const std::string& name) { note("fault in " + name); });
}

// -- time -------------------------------------------------------------------------------------------------------------------------

void sim_world::run(std::chrono::nanoseconds span) {
  auto until = time_.now() + span;
  while (time_.now() < until)
    step(until);
}

void sim_world::step(steady_time until) {
  auto next = std::min(until, next_tick_);
  for (auto due : {time_.next(), node_->next_timer()})
    if (due)
      next = std::min(next, *due);
  if (node_->has_work())
    next = std::min(next, time_.now() + 1ms);
  time_.move_to(next);
  while (time_.run_one())
    node_->turn(laziness);
  node_->turn(laziness);
  if (time_.now() >= next_tick_)
    tick();
}

void sim_world::tick() {
  next_tick_ = time_.now() + tick_interval;
  for (const auto& each : node_->routes().pools())
    each->expire(time_.now());
  client_.check_overdue();
  for (const auto& [name, pending] : commands_)
    if (time_.now() > pending.second + command_patience + command_slack)
      complain("no answer to: " + pending.first.text());
  if (!node_->is_up())
    crash_and_restart(); // a root that gives up ends the process, and whoever watches it starts it again
}

// -- what people do ---------------------------------------------------------------------------------------------------------------

template <class Answer, class Question>
void sim_world::command(sim_command what, Question question) {
  note(what.text());
  commands_[what.name] = {what, time_.now()};
  std::function<void(result<Answer>)> told = [this, what, life = life_](result<Answer> answer) {
    if (life != life_)
      return;
    std::uint32_t version = 0;
    if constexpr (std::is_same_v<Answer, deployed>)
      version = answer ? answer->version : 0;
    on_answer(what, answer ? nullptr : &answer.failure(), version);
  };
  node_->ask<Answer>(node_->actors().catalog.get(), std::move(question), command_patience, std::move(told));
}

void sim_world::on_answer(const sim_command& what, const error* failure, std::uint32_t version) {
  commands_.erase(what.name);
  last_answer_ = failure ? to_string(*failure) : "done";
  note(what.text() + " -> " + last_answer_);
  bool possible = true;
  if (!failure)
    possible = expected_.acknowledge(what, version);
  else if (what.what == sim_command::kind::rollback)
    possible = true; // that version may not be there
  else if (failure->code == error_code::failed_precondition && what.what == sim_command::kind::deploy)
    possible = true; // refused: another version is on its way up
  else if (failure->code == error_code::not_found && what.what != sim_command::kind::deploy)
    possible = expected_.refuse_missing(what);
  else if (failure->code != error_code::not_found && failure->code != error_code::invalid_argument)
    expected_.doubt(what);
  if (failure && failure->code == error_code::internal)
    complain(what.text() + " was answered '" + last_answer_ + "'");
  if (!possible)
    complain(what.text() + " was answered '" + last_answer_ + "', but there is " + expected_.describe(what.name));
}

void sim_world::deploy(const std::string& name, sim_model model, std::uint32_t replicas) {
  artifacts_.upload(model);
  command<deployed>({sim_command::kind::deploy, name, replicas},
                    troupe::deploy{name, artifacts_.hash(model), sim_model_toml, replicas});
}

void sim_world::rollback(const std::string& name, version_number to) {
  command<deployed>({sim_command::kind::rollback, name, to}, troupe::rollback{name, to, 0, {}});
}

void sim_world::scale(const std::string& name, std::uint32_t replicas) {
  command<done>({sim_command::kind::scale, name, replicas}, troupe::scale{name, replicas});
}

void sim_world::undeploy(const std::string& name) {
  command<done>({sim_command::kind::undeploy, name, 0}, troupe::undeploy{name});
}

void sim_world::request(const std::string& name, float value, std::chrono::milliseconds patience) {
  client_.send(node_->routes(), name, value, patience, 1 + static_cast<std::uint32_t>(random_.below(2)));
}

// -- promises ---------------------------------------------------------------------------------------------------------------------

std::vector<deployment_view> sim_world::look() {
  std::optional<result<deployment_list>> told;
  std::function<void(result<deployment_list>)> keep = [&told](result<deployment_list> list) { told.emplace(std::move(list)); };
  node_->ask<deployment_list>(node_->actors().catalog.get(), list_deployments{}, command_patience, keep);
  run_until("a list of deployments", command_patience + command_slack, [&] { return told.has_value(); });
  if (!told || !*told) {
    complain("the catalog doesn't say what is deployed: " + (told ? to_string(told->failure()) : "silent"));
    return {};
  }
  return (*told)->deployments;
}

std::size_t sim_world::serving(const std::string& name) {
  std::size_t count = 0;
  for (const auto& view : look())
    if (view.record.name == name)
      for (const auto& version : view.versions)
        for (const auto& replica : version.pool.replicas)
          count += replica.phase == replica_phase::serving ? 1 : 0;
  return count;
}

void sim_world::heal_and_check() {
  hosts_.faults = {};
  disk_.set_failure_chance(0);
  laziness = 0;
  if (disk_.is_broken())
    crash_and_restart();
  run(heal_limit);
  if (!commands_.empty())
    complain("a command is still without an answer");
  auto all = look();
  std::map<std::string, expected_deployment> seen = {{"a", {}}, {"b", {}}, {"c", {}}};
  for (const auto& view : all)
    seen[view.record.name] = {true, view.record.last_version, view.record.wanted_replicas};
  for (const auto& [name, state] : seen)
    if (!expected_.look(name, state))
      complain("'" + name + "' is " + to_string(state) + ", but must be " + expected_.describe(name));
  for (const auto& view : all)
    check_settled(view);
  check_processes(all);
  check_requests(all);
  if (client_.open() != 0)
    complain("requests are open after a quiet time");
}

void sim_world::check_settled(const deployment_view& view) {
  const auto& name = view.record.name;
  if (view.record.target_version != 0)
    complain("'" + name + "' has not finished its way to version " + std::to_string(view.record.target_version));
  if (!is_undone(view) && usable_version(view) != view.record.last_version)
    complain("the newest version of '" + name + "' has not failed, was not rolled back, and is not live");
  for (const auto& version : view.versions) {
    bool is_live = version.record.id.number == usable_version(view);
    bool stays = is_live || version.record.id.number == view.record.previous_version;
    auto wanted = stays ? view.record.wanted_replicas : 0;
    auto text = to_string(version.record.id);
    if (version.serves != (is_live && wanted > 0))
      complain(text + (version.serves ? " serves, but must not" : " does not serve"));
    if (version.pool.replicas.size() != wanted)
      complain(text + " has " + std::to_string(version.pool.replicas.size()) + " replicas, not " + std::to_string(wanted));
    for (const auto& replica : version.pool.replicas)
      if (replica.phase != replica_phase::serving)
        complain("replica " + std::to_string(replica.number) + " of " + text + " does not serve");
  }
}

void sim_world::check_processes(const std::vector<deployment_view>& all) {
  std::size_t wanted = 0;
  for (const auto& view : all)
    for (auto number : {usable_version(view), view.record.previous_version})
      if (number != 0 && view.record.wanted_replicas != 0)
        wanted += 1 + view.record.wanted_replicas;
  if (hosts_.alive() != wanted)
    complain(std::to_string(hosts_.alive()) + " model processes live, not " + std::to_string(wanted) + ": " + hosts_.list());
}

void sim_world::check_requests(const std::vector<deployment_view>& all) {
  auto before = client_.answered();
  std::size_t sent = 0;
  for (const auto& view : all)
    if (usable_version(view) != 0 && view.record.wanted_replicas > 0) {
      request(view.record.name, 1000 + static_cast<float>(sent)); // not one that a fault has put into quarantine
      ++sent;
    }
  run(1s);
  if (client_.answered() != before + sent)
    complain("requests are not answered after a quiet time");
  for (const auto& [name, where] : *node_->routes().read()) {
    auto has_it = [&, &wanted = name](const deployment_view& view) { return view.record.name == wanted; };
    if (std::none_of(all.begin(), all.end(), has_it))
      complain("a route is left to '" + name + "'");
  }
}

void sim_world::complain(const std::string& what) {
  note("BROKEN: " + what);
  if (complaints_.size() < 20)
    complaints_.push_back(what);
}

void sim_world::note(const std::string& what) {
  auto line = std::to_string(time_.now().time_since_epoch() / 1us) + " " + what;
  for (char c : line)
    trace_ = (trace_ ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  static const bool shown = std::getenv("TROUPE_SIM_TRACE") != nullptr;
  if (shown)
    std::fprintf(stderr, "%s\n", line.c_str());
}

} // namespace troupe
