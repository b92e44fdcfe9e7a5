#include "tests/sim/rollout_promises.hpp"

#include "runtime/base/rollout_toml.hpp"
#include "runtime/policy/blame.hpp"
#include "runtime/policy/rolling_plan.hpp"
#include "storage/keys.hpp"
#include "storage/record_codec.hpp"
#include "storage/state_store.hpp"

#include <algorithm>

namespace troupe {

namespace {

bool has_ended(version_state state) {
  return state == version_state::rolled_back || state == version_state::superseded || state == version_state::failed;
}

/// What the candidate gets, by the words of rollout_course.hpp.
permille weight_of(const rollout_spec& spec, const rollout_course& course) {
  switch (course.outcome) {
  case course_outcome::promoted: return all_requests;
  case course_outcome::rolled_back: return 0;
  case course_outcome::under_way: break;
  }
  return spec.stages.at(course.stage).weight;
}

bool leads_to(const routing_table& table, const version_id& version) {
  auto where = table.find(version.deployment);
  if (where == table.end())
    return false;
  const auto& candidate = where->second.candidate;
  if (where->second.version == version || !candidate)
    return where->second.version == version;
  if (candidate->split->rule().weight + candidate->split->rule().copies == 0)
    return false;
  auto is_it = [&version](const other_route& other) { return other.version == version; };
  return candidate->version == version || std::any_of(candidate->others.begin(), candidate->others.end(), is_it);
}

} // namespace

// -- what leaders store -----------------------------------------------------------------------------------------------------------

/// Versions are heard of before the deployment that goes with them.
void rollout_promises::watch(sim_member& one) {
  auto hear = [this, &one](column_family family, auto on_mutation) {
    watches_.push_back(one.disk.watch(family, "", [this, &one, on_mutation](revision_number, const auto& mutations) {
      if (auto epoch = leads_.find(one.number); epoch != leads_.end())
        for (const auto& each : mutations)
          on_mutation(epoch->second, each);
    }));
  };
  hear(column_family::versions, [this](epoch_number epoch, const mutation& what) {
    if (what.value)
      note_version(epoch, decode_version(*what.value).value());
    else
      stored_[epoch].erase(what.key);
  });
  hear(column_family::deployments, [this](epoch_number epoch, const mutation& what) {
    if (what.value)
      note_deployment(epoch, decode_deployment(*what.value).value());
  });
}

void rollout_promises::on_start(sim_member& one) {
  leads_.erase(one.number);
  if (!one.node().leads())
    return;
  auto epoch = leads_[one.number] = one.node().lead().epoch;
  state_store records(one.disk);
  for (const auto& deployment : records.deployments().value()) {
    for (const auto& version : records.versions(deployment.name).value())
      note_version(epoch, version);
    note_deployment(epoch, deployment);
  }
}

void rollout_promises::note_version(epoch_number epoch, const version_record& version) {
  stored_[epoch][version_key(version.id)] = {version.id, version.rollout_toml, has_ended(version.state)};
}

void rollout_promises::note_deployment(epoch_number epoch, const deployment_record& deployment) {
  auto& tested = tested_[epoch][deployment.name];
  tested.clear();
  if (auto target = stored_[epoch].find(version_key({deployment.name, deployment.target_version}));
      target != stored_[epoch].end())
    tested = parse_rollout_toml(target->second.rollout_toml, "rollout.toml").value().others;
  const auto& course = deployment.course;
  if (!course || deployment.target_version == 0 || course->split_number == 0)
    return;
  const auto& version = stored_[epoch].at(version_key({deployment.name, deployment.target_version}));
  auto spec = with_rolling_stages(parse_rollout_toml(version.rollout_toml, "rollout.toml").value(), deployment.wanted_replicas);
  decide(deployment.name, course->splits_before + course->split_number,
         {epoch, deployment.target_version, weight_of(spec, *course), spec.fuse});
}

void rollout_promises::decide(const std::string& deployment, split_number number, const decided_split& what) {
  auto& known = decided_[{deployment, number}];
  auto same_epoch = [&](const decided_split& each) { return each.epoch == what.epoch; };
  auto before = std::find_if(known.begin(), known.end(), same_epoch);
  if (before == known.end())
    known.push_back(what);
  else if (before->candidate != what.candidate || before->weight != what.weight || before->fuse != what.fuse)
    complain_("split " + std::to_string(number) + " of '" + deployment + "' was decided twice in epoch "
              + std::to_string(what.epoch) + ": for version " + std::to_string(before->candidate) + " with "
              + std::to_string(before->weight) + ", and for version " + std::to_string(what.candidate) + " with "
              + std::to_string(what.weight));
}

// -- what nodes are told ------------------------------------------------------------------------------------------------------------

void rollout_promises::on_assigning(const sim_member& to, const assignment& what) {
  auto& last = seen_of(to).last;
  if (what.by.epoch > last.epoch)
    last = {what.by.epoch, {}};
}

void rollout_promises::on_assigned(const sim_member& to, const assignment& what, const result<peer_answer>& answer) {
  auto told = answer ? std::get_if<assignment_taken>(&*answer) : nullptr;
  auto& known = acknowledged_[to.number];
  if (told == nullptr || !told->taken || what.by.epoch < known.epoch)
    return;
  if (what.by.epoch > known.epoch)
    known = {what.by.epoch, {}};
  for (const auto& route : what.routes)
    known.numbers[route.deployment] = std::max(known.numbers[route.deployment], route.split.number);
}

// -- what nodes go by -------------------------------------------------------------------------------------------------------------

void rollout_promises::look() {
  for (const auto& member : members_.all)
    if (member->is_awake())
      look_at(*member);
}

rollout_promises::seen_table& rollout_promises::seen_of(const sim_member& one) {
  auto& seen = seen_[one.number];
  if (seen.life != one.life())
    seen = {one.life(), 0, acknowledged_[one.number], 0, {}, {}};
  return seen;
}

void rollout_promises::look_at(const sim_member& one) {
  auto& seen = seen_of(one);
  auto epoch = one.node().lead().epoch;
  if (std::exchange(seen.epoch, epoch) != epoch) {
    seen.led.clear();
    seen.left.clear();
  }
  const auto& routes = one.node().routes();
  auto table = routes.read();
  if (std::exchange(seen.revision, routes.revision()) != routes.revision())
    for (const auto& [deployment, where] : *table)
      if (where.candidate)
        look_at_split(one, seen, deployment, *where.candidate);
  look_for_left(one, seen, *table);
}

void rollout_promises::look_at_split(const sim_member& one, seen_table& seen, const std::string& deployment,
                                     const candidate_route& route) {
  const auto& rule = route.split->rule();
  auto text = "split " + std::to_string(rule.generation) + " of '" + deployment + "' for version "
              + std::to_string(route.version.number) + " with " + std::to_string(rule.weight);
  if (!was_decided(deployment, seen.epoch, route))
    complain_(one.name() + " goes by a " + text + ", which nobody has decided");
  auto& last = seen.last.numbers[deployment];
  if (rule.generation < last)
    complain_(one.name() + " goes back to " + text + " from split " + std::to_string(last));
  last = std::max(last, rule.generation);
}

bool rollout_promises::was_decided(const std::string& deployment, epoch_number epoch, const candidate_route& route) const {
  const auto& rule = route.split->rule();
  auto found = decided_.find({deployment, rule.generation});
  return found != decided_.end() && std::any_of(found->second.begin(), found->second.end(), [&](const decided_split& each) {
           return each.epoch <= epoch && each.candidate == route.version.number && each.weight == rule.weight
                  && each.fuse == rule.fuse;
         });
}

void rollout_promises::look_for_left(const sim_member& one, seen_table& seen, const routing_table& table) {
  const auto& stored = stored_[seen.epoch];
  auto& tested = tested_[seen.epoch];
  auto is_over = [&tested](const stored_version& version) {
    const auto& others = tested[version.id.deployment];
    return version.ended && std::find(others.begin(), others.end(), version.id.number) == others.end();
  };
  for (auto it = seen.left.begin(); it != seen.left.end();) {
    auto version = stored.find(it->first);
    it = version != stored.end() && is_over(version->second) ? std::next(it) : seen.left.erase(it);
  }
  for (const auto& [key, version] : stored)
    if (leads_to(table, version.id))
      seen.led.insert(key);
    else if (!is_over(version))
      seen.led.erase(key);
    else if (seen.led.count(key) != 0)
      seen.left.emplace(key, one.time.now());
}

// -- where requests go ------------------------------------------------------------------------------------------------------------

void rollout_promises::on_sent(const sim_member& by, const sim_choice& to) {
  look_at(by);
  if (seen_of(by).left.count(version_key(to.version)) != 0)
    complain_(by.name() + " sends a request to " + to_string(to.version) + ", which has ended and which its table had left");
  if (to.split == nullptr)
    return;
  const auto& rule = to.split->rule();
  if (rule.weight == 0)
    complain_(by.name() + " sends a request to " + to_string(to.version) + ", whose split gives it none");
  const auto& known = answers_[{by.number, by.life(), to.version.deployment, rule.generation}];
  if (rule.fuse > 0 && !known.any_good && known.failures >= rule.fuse)
    complain_(by.name() + " sends a request to " + to_string(to.version) + " after " + std::to_string(known.failures)
              + " failures, though its fuse bears " + std::to_string(rule.fuse));
}

void rollout_promises::on_answer(const sim_member& by, const sim_choice& to, const error* why) {
  if (to.split == nullptr)
    return;
  auto& known = answers_[{by.number, by.life(), to.version.deployment, to.split->rule().generation}];
  if (why == nullptr)
    known.any_good = true;
  else if (speaks_against_version(why->code))
    ++known.failures;
}

void rollout_promises::on_forwarded(const sim_member& from, const version_id& which, steady_time sent) {
  const auto& left = seen_[from.number].left;
  if (auto found = left.find(version_key(which)); found != left.end() && sent > found->second)
    complain_("a request comes from " + from.name() + " to " + to_string(which)
              + ", which has ended and which its table had left");
}

} // namespace troupe
