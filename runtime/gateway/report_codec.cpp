#include "runtime/gateway/report_codec.hpp"

#include "runtime/base/rollout_toml.hpp"
#include "runtime/policy/answer_check.hpp"
#include "storage/error_schema.hpp"
#include "storage/record_schema.hpp"
#include "storage/schema_lists.hpp"

#include <algorithm>
#include <numeric>
#include <string_view>

namespace troupe {

namespace {

void write_replica(schema::ReplicaStatus::Builder into, const replica_info& from) {
  into.setNumber(from.number);
  into.setState(to_string(from.phase));
  into.setPid(static_cast<std::uint32_t>(from.pid));
  into.setSinceUnixNs(to_unix_ns(from.since));
  into.setRestarts(from.restarts);
  into.setNode(to_text(from.node_name));
}

bool read_replica(schema::ReplicaStatus::Reader from, replica_info& into) {
  auto state = to_string(from.getState());
  for (auto phase : {replica_phase::starting, replica_phase::verifying, replica_phase::serving, replica_phase::draining})
    if (state == to_string(phase)) {
      into = {from.getNumber(),   phase, static_cast<pid_t>(from.getPid()), from_unix_ns(from.getSinceUnixNs()),
              from.getRestarts(), {},    to_string(from.getNode())};
      return true;
    }
  return false;
}

void write_pool(schema::PoolStatus::Builder into, const pool_status& from) {
  into.setDeployment(to_text(from.id.deployment));
  into.setVersion(from.id.number);
  into.setRequests(from.counters.requests);
  into.setFailures(from.counters.failures);
  into.setBatches(from.counters.batches);
  into.setQueuedRows(from.counters.queued_rows);
  into.setQueuedRequests(from.counters.queued_requests);
  into.setRunners(from.counters.runners);
  write_list(into.initReplicas(list_size(from.replicas)), from.replicas, write_replica);
}

bool read_pool(schema::PoolStatus::Reader from, pool_status& into) {
  into.id = {to_string(from.getDeployment()), from.getVersion()};
  into.counters.requests = from.getRequests();
  into.counters.failures = from.getFailures();
  into.counters.batches = from.getBatches();
  into.counters.queued_rows = from.getQueuedRows();
  into.counters.queued_requests = from.getQueuedRequests();
  into.counters.runners = from.getRunners();
  return read_list(from.getReplicas(), into.replicas, read_replica);
}

static_assert(static_cast<int>(schema::PoolReport::Phase::FETCHING) == static_cast<int>(pool_phase::fetching));
static_assert(static_cast<int>(schema::PoolReport::Phase::DRAINING) == static_cast<int>(pool_phase::draining));
static_assert(static_cast<int>(schema::PoolReport::Phase::FAILED) == static_cast<int>(pool_phase::failed));

/// How many of them aren't 0.
template <class Counts>
unsigned used_in(const Counts& counts) {
  return static_cast<unsigned>(std::count_if(counts.begin(), counts.end(), [](std::uint64_t count) { return count != 0; }));
}

template <class Counts>
void write_counts(capnp::List<schema::PoolReport::Bucket>::Builder into, const Counts& counts) {
  unsigned next = 0;
  for (std::size_t i = 0; i < counts.size(); ++i)
    if (counts[i] != 0) {
      into[next].setIndex(static_cast<std::uint16_t>(i));
      into[next++].setCount(counts[i]);
    }
}

template <class Counts>
bool read_counts(capnp::List<schema::PoolReport::Bucket>::Reader from, Counts& into) {
  for (auto bucket : from) {
    if (bucket.getIndex() >= into.size())
      return false;
    into[bucket.getIndex()] = bucket.getCount();
  }
  return true;
}

/// What a later build counts besides is left out.
void read_work(capnp::List<schema::PoolReport::Bucket>::Reader from, work_counters& into) {
  for (auto count : from)
    if (count.getIndex() < into.counts.size())
      into.counts[count.getIndex()] = count.getCount();
}

void write_fuse(schema::NodeReport::Fuse::Builder into, const fuse_report& from) {
  into.setDeployment(to_text(from.deployment));
  into.setSplitNumber(from.split_number);
  into.setFailures(from.failures);
}

bool read_fuse(schema::NodeReport::Fuse::Reader from, fuse_report& into) {
  into = {to_string(from.getDeployment()), from.getSplitNumber(), from.getFailures()};
  return valid_deployment_name(into.deployment);
}

void write_seen(schema::NodeReport::Seen::Builder into, const answer_counters& from) {
  into.setLookedAt(from.bad.requests);
  into.setBad(from.bad.failures);
  into.setBins(static_cast<std::uint32_t>(from.bins.size()));
  write_counts(into.initCounts(used_in(from.bins)), from.bins);
}

bool read_seen(schema::NodeReport::Seen::Reader from, answer_counters& into) {
  if (from.getBins() > std::max(value_bin_count, class_bins_max) || from.getBad() > from.getLookedAt())
    return false;
  into.bad = {from.getBad(), from.getLookedAt()};
  into.bins.resize(from.getBins());
  return read_counts(from.getCounts(), into.bins);
}

void write_arm(schema::NodeReport::Arm::Builder into, const arm_counters& from) {
  write_list(into.initAnswers(list_size(from.answers)), from.answers, write_seen);
  into.setRewards(from.rewards.count);
  into.setRewardSum(from.rewards.sum);
  into.setRewardSquares(from.rewards.squares);
  into.setRequests(from.errors.requests);
  write_counts(into.initFailedAs(used_in(from.failed_as)), from.failed_as);
  write_counts(into.initLatency(used_in(from.latency.counts)), from.latency.counts);
}

bool read_arm(schema::NodeReport::Arm::Reader from, arm_counters& into) {
  into.rewards = {from.getRewards(), from.getRewardSum(), from.getRewardSquares()};
  if (!read_counts(from.getFailedAs(), into.failed_as) || !read_counts(from.getLatency(), into.latency.counts))
    return false;
  auto sum = [](const auto& counts) { return std::accumulate(counts.begin(), counts.end(), std::uint64_t{0}); };
  into.latency.total = sum(into.latency.counts);
  into.errors = {sum(into.failed_as), from.getRequests()};
  return into.errors.failures <= into.errors.requests && from.getAnswers().size() <= rollout_checks_max
         && read_list(from.getAnswers(), into.answers, read_seen);
}

void write_watch(schema::NodeReport::Watch::Builder into, const watch_report& from) {
  into.setDeployment(to_text(from.deployment));
  into.setSplitNumber(from.split_number);
  write_arm(into.initCandidate(), from.seen->candidate);
  write_arm(into.initIncumbent(), from.seen->incumbent);
  write_list(into.initOthers(list_size(from.seen->others)), from.seen->others, write_arm);
  into.setCopies(from.seen->copies);
  into.setShed(from.seen->shed);
}

bool read_watch(schema::NodeReport::Watch::Reader from, watch_report& into) {
  auto seen = std::make_shared<watch_counters>();
  seen->copies = from.getCopies();
  seen->shed = from.getShed();
  bool whole = read_arm(from.getCandidate(), seen->candidate) && read_arm(from.getIncumbent(), seen->incumbent)
               && from.getOthers().size() <= rollout_others_max && read_list(from.getOthers(), seen->others, read_arm);
  into = {to_string(from.getDeployment()), from.getSplitNumber(), std::move(seen)};
  return whole && valid_deployment_name(into.deployment);
}

void write_report(schema::PoolReport::Builder into, const pool_report& from) {
  into.setPhase(static_cast<schema::PoolReport::Phase>(from.phase));
  write_error(into.initWhy(), from.why);
  into.setWanted(from.wanted);
  into.setStarted(from.started);
  into.setComplete(from.complete);
  write_pool(into.initPool(), from.status);
  into.setMemoryBytes(from.memory_bytes);
  into.setFingerprint(from.fingerprint);
  into.setLoaded(from.loaded);
  if (from.did)
    write_counts(into.initDid().initWork(used_in(from.did->counts)), from.did->counts);
}

bool read_report(schema::PoolReport::Reader from, pool_report& into) {
  if (static_cast<unsigned>(from.getPhase()) > static_cast<unsigned>(pool_phase::failed))
    return false;
  into.phase = static_cast<pool_phase>(from.getPhase());
  into.why = read_error(from.getWhy());
  into.wanted = from.getWanted();
  into.started = from.getStarted();
  into.complete = from.getComplete();
  into.memory_bytes = from.getMemoryBytes();
  into.fingerprint = from.getFingerprint();
  into.loaded = from.getLoaded();
  if (from.hasDid())
    read_work(from.getDid().getWork(), into.did.emplace());
  return read_pool(from.getPool(), into.status) && valid_deployment_name(into.status.id.deployment);
}

void write_version(schema::VersionView::Builder into, const version_view& from) {
  write_record(into.initRecord(), from.record);
  into.setServes(from.serves);
  into.setDraining(from.draining);
  into.setResident(from.resident);
  into.setUnplaced(to_text(from.unplaced));
  write_pool(into.initPool(), from.pool);
}

bool read_version(schema::VersionView::Reader from, version_view& into) {
  into.serves = from.getServes();
  into.draining = from.getDraining();
  into.resident = from.getResident();
  into.unplaced = to_string(from.getUnplaced());
  return read_record(from.getRecord(), into.record) && read_pool(from.getPool(), into.pool);
}

void write_check(schema::RolloutView::Check::Builder into, const check_view& from) {
  into.setJudgement(static_cast<schema::RolloutView::Check::Judgement>(from.judgement));
  into.setWords(to_text(from.words));
  into.setSamples(from.samples);
}

bool read_check(schema::RolloutView::Check::Reader from, check_view& into) {
  into = {static_cast<check_judgement>(from.getJudgement()), to_string(from.getWords()), from.getSamples()};
  return into.judgement <= check_judgement::worse;
}

arm_figures figures_in(schema::RolloutStatus::Figures::Reader from) {
  return {from.getRequests(),
          from.getFailures(),
          std::chrono::microseconds(from.getP50Us()),
          std::chrono::microseconds(from.getP99Us()),
          from.getRewards(),
          from.getRewardMean(),
          from.getIsOut()};
}

void write_rollout(schema::RolloutView::Builder into, const rollout_status& from) {
  into.setMissing(to_text(from.missing));
  write_list(into.initChecks(list_size(from.checks)), from.checks, write_check);
  write_figures(into.initCandidate(), from.figures.candidate);
  write_figures(into.initIncumbent(), from.figures.incumbent);
  write_others(into.initOthers(list_size(from.figures.others)), from.figures.others);
  into.setCopies(from.figures.copies);
  into.setShed(from.figures.shed);
  into.setWeight(from.weight);
}

bool read_rollout(schema::RolloutView::Reader from, const deployment_record& record, rollout_status& into) {
  into.candidate = record.target_version;
  into.incumbent = record.current_version;
  into.course = record.course.value_or(rollout_course{});
  into.weight = from.getWeight();
  into.missing = to_string(from.getMissing());
  into.figures = {figures_in(from.getCandidate()), figures_in(from.getIncumbent()), from.getCopies(), from.getShed(), {}};
  if (from.getOthers().size() > rollout_others_max)
    return false;
  for (auto other : from.getOthers())
    into.figures.others.push_back({other.getVersion(), figures_in(other.getDid())});
  return read_list(from.getChecks(), into.checks, read_check);
}

void write_view(schema::DeploymentView::Builder into, const deployment_view& from) {
  write_record(into.initRecord(), from.record);
  write_list(into.initVersions(list_size(from.versions)), from.versions, write_version);
  if (from.rollout)
    write_rollout(into.initRollout(), *from.rollout);
}

bool read_view(schema::DeploymentView::Reader from, deployment_view& into) {
  if (!read_record(from.getRecord(), into.record) || !read_list(from.getVersions(), into.versions, read_version))
    return false;
  return !from.hasRollout() || read_rollout(from.getRollout(), into.record, into.rollout.emplace());
}

} // namespace

void write_others(capnp::List<schema::RolloutStatus::Other>::Builder into, const std::vector<other_figures>& from) {
  for (unsigned i = 0; i < into.size(); ++i) {
    into[i].setVersion(from[i].version);
    write_figures(into[i].initDid(), from[i].did);
  }
}

void write_figures(schema::RolloutStatus::Figures::Builder into, const arm_figures& from) {
  into.setRequests(from.requests);
  into.setFailures(from.failures);
  into.setP50Us(static_cast<std::uint64_t>(from.p50.count()));
  into.setP99Us(static_cast<std::uint64_t>(from.p99.count()));
  into.setRewards(from.rewards);
  into.setRewardMean(from.reward_mean);
  into.setIsOut(from.is_out);
}

void write(schema::NodeReport::Builder into, const node_report& from) {
  into.setNodeId(to_text(from.node_id));
  into.setEpoch(from.epoch);
  into.setRevision(from.revision);
  into.setSequence(from.sequence);
  write_list(into.initPools(list_size(from.pools)), from.pools, write_report);
  write_list(into.initFuses(list_size(from.fuses)), from.fuses, write_fuse);
  write_list(into.initWatches(list_size(from.watches)), from.watches, write_watch);
}

bool read(schema::NodeReport::Reader from, node_report& into) {
  into.node_id = to_string(from.getNodeId());
  into.epoch = from.getEpoch();
  into.revision = from.getRevision();
  into.sequence = from.getSequence();
  return !into.node_id.empty() && read_list(from.getPools(), into.pools, read_report)
         && read_list(from.getFuses(), into.fuses, read_fuse) && read_list(from.getWatches(), into.watches, read_watch);
}

void write(capnp::List<schema::DeploymentView>::Builder into, const deployment_list& from) {
  write_list(into, from.deployments, write_view);
}

bool read(capnp::List<schema::DeploymentView>::Reader from, deployment_list& into) {
  return read_list(from, into.deployments, read_view);
}

} // namespace troupe
