#include "tests/sim/sim_member.hpp"

#include <caf/send.hpp>

#include <algorithm>
#include <cstdio>

namespace troupe {

namespace {

using namespace std::chrono_literals;

std::string draw_id(rng& random) {
  char text[33];
  std::snprintf(text, sizeof text, "%016llx%016llx", static_cast<unsigned long long>(random.next()),
                static_cast<unsigned long long>(random.next()));
  return text;
}

} // namespace

sim_member* sim_members::at(const std::string& address) const {
  auto found = std::find_if(all.begin(), all.end(), [&](const auto& each) { return each->self.address == address; });
  return found == all.end() ? nullptr : found->get();
}

void sim_member::member_events::emit(event e) {
  if (of_.is_off())
    return; // the last words of the dead
  of_.listener_.on_event(of_, e);
  if (of_.life_->node != nullptr)
    if (auto journal = of_.node().actors().journal.get())
      caf::anon_send(journal, note_event{std::move(e)});
}

sim_member::sim_member(sim_artifacts& artifacts, sim_members& all, sim_wire& wire, member_listener& listener,
                       std::size_t the_number, steady_time now, std::uint64_t seed)
  : number(the_number), loop(time, rng(seed + 1)), disk(rng(seed + 2)), hosts(time, loop, rng(seed + 3)),
    client(time, loop, [this](const std::string& what) { listener_.on_complaint(name() + ": " + what); }), artifacts_(artifacts),
    all_(all), wire_(wire), listener_(listener), random_(seed), events_(*this) {
  time.move_to(now);
  self.node_id = draw_id(random_);
  self.name = "n" + std::to_string(number + 1);
  self.address = "10.0.0." + std::to_string(number + 1) + ":7551";
}

sim_member::~sim_member() {
  if (!is_off())
    stop();
}

// -- lives ------------------------------------------------------------------------------------------------------------------------

void sim_member::start() {
  ++lives_;
  frozen_ = false;
  disk.restart();
  auto record = own_cluster(records(), self.node_id).value().value();
  auto known = records().members().value();
  if (!leads(record, self.node_id)) // as a node does
    known.erase(std::remove_if(known.begin(), known.end(), [](const auto& member) { return member.removed; }), known.end());
  life_ = std::make_unique<life_parts>(*this, all_);
  for (const auto& member : known)
    if (member.node_id != self.node_id)
      life_->peers.set(member.node_id, {member.name, member.address, false, 0, member.removed});
  life_->node = std::make_unique<sim_node>(sim_machine{time, disk, artifacts_.blobs(number), hosts, events_}, random_.next(),
                                           sim_membership{std::move(record), self, std::move(known), life_->network});
}

void sim_member::stop() {
  client.hang_up();
  disk.cut_power();
  for (const auto& each : node().routes().targets())
    targets_.push_back(each);
  auto dying = std::move(life_); // from now on it is off: nothing that it says gets out
  dying->questions.forget();
  dying->node.reset();
  hosts.cut_power(); // after the last actor that could have asked for another
  for (const auto& each : targets_)
    if (auto kept = each.lock()) { // by a request that nobody answers any more, and that it keeps
      kept->close();
      kept->set_local(nullptr); // or by one that waits in its pool
    }
  // A request that is destroyed may be given to the loop for another try.
  while (time.next()) {
    loop.stop();
    time.forget_tasks();
  }
  targets_.clear();
}

void sim_member::thaw(steady_time now) {
  client.excuse(now - time.now());
  time.move_to(now); // what is asked from now on comes later than what waited
  frozen_ = false;
}

void sim_member::lose(const sim_member& other) {
  life_->questions.lose(other);
  life_->requests.lose(other);
  life_->forwarded.lose(other.number);
}

// -- time -------------------------------------------------------------------------------------------------------------------------

steady_time sim_member::wakes_at() const {
  if (!is_awake())
    return steady_time::max();
  auto when = steady_time::max();
  for (auto due : {time.next(), node().next_timer()})
    if (due)
      when = std::min(when, *due);
  return node().has_work() ? std::min(when, time.now() + 1ms) : when;
}

void sim_member::advance(steady_time now, double laziness) {
  if (frozen_)
    return;
  bool nothing = wakes_at() > now;
  time.move_to(now);
  if (is_off() || nothing)
    return;
  while (time.run_one())
    node().turn(laziness);
  node().turn(laziness);
}

void sim_member::tick() {
  for (const auto& each : node().routes().pools())
    each->expire(time.now());
  expire_targets();
  client.check_overdue();
}

void sim_member::expire_targets() {
  auto is_known = [this](const std::shared_ptr<spread>& one) {
    return std::any_of(targets_.begin(), targets_.end(), [&](const auto& each) { return each.lock() == one; });
  };
  std::vector<std::shared_ptr<spread>> fresh;
  for (auto& each : node().routes().targets())
    if (!is_known(each))
      fresh.push_back(std::move(each));
  std::sort(fresh.begin(), fresh.end(), [](const auto& a, const auto& b) {
    return std::tie(a->id().deployment, a->id().number) < std::tie(b->id().deployment, b->id().number);
  });
  targets_.insert(targets_.end(), fresh.begin(), fresh.end());
  targets_.erase(std::remove_if(targets_.begin(), targets_.end(), [](const auto& each) { return each.expired(); }),
                 targets_.end());
  for (const auto& each : std::vector<std::weak_ptr<spread>>(targets_))
    if (auto target = each.lock())
      target->expire(time.now());
}

// -- what others ask --------------------------------------------------------------------------------------------------------------

void sim_member::answer(const sim_member& from, const peer_question& what, std::chrono::milliseconds patience,
                        std::function<void(result<peer_answer>)> told) {
  const auto& who = from.self.node_id;
  if (life_->peers.find(who)->removed())
    return told(error{error_code::unavailable, "node " + self.node_id + " refuses this node: it was removed from the cluster"});
  if (auto given = std::get_if<assignment>(&what))
    listener_.on_assigning(*this, *given);
  node().desk().ask(who, what, patience, [this, what, told = std::move(told)](const result<peer_answer>& outcome) {
    if (is_off())
      return;
    if (auto given = std::get_if<assignment>(&what))
      listener_.on_assigned(*this, *given, outcome);
    told(outcome);
  });
}

void sim_member::serve(const sim_member& from, const sim_call_key& key, const version_id& which,
                       const std::vector<sim_forwarded>& requests, std::function<void(sim_forwarder::answers)> told) {
  for (const auto& each : requests)
    listener_.on_forwarded(from, which, each.sent);
  life_->forwarded.serve(key, which, requests, [this, told = std::move(told)](const auto& answers) {
    if (!is_off())
      told(answers);
  });
}

} // namespace troupe
