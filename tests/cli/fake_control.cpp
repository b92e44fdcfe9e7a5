#include "tests/cli/fake_control.hpp"

#include "runtime/base/sha256.hpp"

#include <capnp/any.h>
#include <capnp/message.h>

#include <algorithm>
#include <cmath>
#include <csignal>
#include <unistd.h>

namespace troupe::test {

namespace {

bool is_known(const std::string& name) {
  for (auto known : {"echo", "pair", "half", "liar", "flaky", "mortal", "impatient", "silent", "hangup", "broken", "slow", "busy",
                     "lost", "canary", "graceful"})
    if (name == known)
      return true;
  return false;
}

constexpr std::int64_t second = 1'000'000'000;

struct fake_move {
  std::string state;
  double unix_seconds;
  std::string by{};
  std::string note{};
};

/// Of version 1.
const std::vector<fake_move> first_life = {{"validating", 1'000}, {"live", 1'010}, {"superseded", 3'060}};

void fill_moves(capnp::List<schema::Move>::Builder list, const std::vector<fake_move>& moves) {
  for (unsigned i = 0; i < list.size(); ++i) {
    list[i].setState(moves[i].state);
    list[i].setUnixNs(std::llround(moves[i].unix_seconds * 1e3) * (second / 1'000));
    list[i].setBy(moves[i].by);
    list[i].setNote(moves[i].note);
  }
}

/// The deployment as a newer node sends it: its struct has more data and more pointers than this code knows.
void widen(schema::DeploymentStatus::Reader known, capnp::List<capnp::AnyPointer>::Builder status_pointers) {
  constexpr unsigned deployments = 2; // the third pointer of StatusResults
  constexpr unsigned more = 2;
  capnp::AnyStruct::Reader from(known);
  auto data = from.getDataSection();
  auto pointers = from.getPointerSection();
  auto wide =
      status_pointers[deployments].initAsListOfAnyStruct(static_cast<std::uint16_t>(data.size() / sizeof(capnp::word) + more),
                                                         static_cast<std::uint16_t>(pointers.size() + more), 1)[0];
  std::fill(wide.getDataSection().begin(), wide.getDataSection().end(), capnp::byte{0xff});
  std::copy(data.begin(), data.end(), wide.getDataSection().begin());
  for (unsigned i = 0; i < pointers.size(); ++i)
    wide.getPointerSection()[i].set(pointers[i]);
  wide.getPointerSection()[static_cast<unsigned>(pointers.size())].setAs<capnp::Text>("a word of tomorrow");
}

class fake_upload final : public schema::Upload::Server {
public:
  explicit fake_upload(fake_record& seen) : seen_(seen) {}

protected:
  kj::Promise<void> write(WriteContext context) override {
    auto chunk = context.getParams().getChunk();
    seen_.note("write " + std::to_string(chunk.size()));
    std::lock_guard lock(seen_.mutex);
    seen_.uploaded.append(reinterpret_cast<const char*>(chunk.begin()), chunk.size());
    return kj::READY_NOW;
  }

  kj::Promise<void> finish(FinishContext) override {
    seen_.note("finish");
    return kj::READY_NOW;
  }

private:
  fake_record& seen_;
};

/// What a node of the first days knew.
class older_control : public schema::Control::Server {
public:
  explicit older_control(fake_connection& connection) : connection_(connection), seen_(connection.seen) {}
  virtual ~older_control() = default;

protected:
  kj::Promise<void> upload(UploadContext context) override {
    auto params = context.getParams();
    seen_.note("upload " + std::to_string(params.getBytes()));
    std::lock_guard lock(seen_.mutex);
    if (seen_.uploaded.empty())
      context.getResults().setUpload(kj::heap<fake_upload>(seen_));
    else
      context.getResults().setPresent(true);
    return kj::READY_NOW;
  }

  kj::Promise<void> deploy(DeployContext context) override {
    auto params = context.getParams();
    auto golden = text_of(params.getGolden());
    seen_.note("deploy " + text_of(params.getName()) + " " + std::to_string(params.getReplicas())
               + (golden.empty() ? "" : " with golden cases"));
    std::lock_guard lock(seen_.mutex);
    seen_.rollout_toml = text_of(params.getRolloutToml());
    seen_.deployed = {text_of(params.getArtifact()), sha256_of(text_of(params.getModelToml())), golden};
    context.getResults().setVersion(3);
    return kj::READY_NOW;
  }

  kj::Promise<void> scale(ScaleContext context) override {
    auto params = context.getParams();
    seen_.note("scale " + text_of(params.getName()) + " " + std::to_string(params.getReplicas()));
    require_known(text_of(params.getName()), context.getResults().initError());
    return kj::READY_NOW;
  }

  kj::Promise<void> undeploy(UndeployContext context) override {
    seen_.note("undeploy " + text_of(context.getParams().getName()));
    require_known(text_of(context.getParams().getName()), context.getResults().initError());
    return kj::READY_NOW;
  }

  kj::Promise<void> status(StatusContext context) override {
    if (looks_++ == seen_.looks_max) {
      connection_.end->fulfill();
      return kj::NEVER_DONE;
    }
    auto name = text_of(context.getParams().getName());
    auto results = context.getResults();
    if (!name.empty() && !require_known(name, results.initError()))
      return kj::READY_NOW;
    auto node = results.initNode();
    node.setName("node-1");
    node.setVersion(seen_.built == fake_node::generation::older ? "0.0.9" : "0.1.0");
    node.setUptimeUs(125'000'000);
    node.setPid(42);
    node.setResidentBytes(31 << 20);
    if (seen_.built == fake_node::generation::newer) {
      capnp::MallocMessageBuilder known;
      auto deployment = known.initRoot<schema::DeploymentStatus>();
      fill(deployment);
      widen(deployment.asReader(), capnp::toAny(results).getPointerSection());
    } else {
      auto deployment = results.initDeployments(1)[0];
      fill(deployment);
      if (name == "canary" || name == "graceful")
        fill_rollout(deployment, name);
    }
    return kj::READY_NOW;
  }

  kj::Promise<void> tree(TreeContext context) override {
    auto root = context.getResults().initRoot();
    root.setName("root");
    root.setKind("supervisor");
    root.setState("running");
    root.setAgeUs(125'000'000);
    auto children = root.initChildren(2);
    children[0].setName("catalog");
    children[0].initChildren(1)[0].setName("echo");
    children[1].setName("keeper");
    children[1].setRestarts(2);
    children[1].setDetail("last: signal:11");
    return kj::READY_NOW;
  }

  kj::Promise<void> events(EventsContext context) override {
    auto params = context.getParams();
    seen_.note("events " + text_of(params.getName()) + " " + std::to_string(params.getLimit())
               + (params.getSinceUnixNs() == 0 ? " all" : " since " + std::to_string(params.getSinceUnixNs()))
               + (params.getAfter() == 0 ? "" : " after " + std::to_string(params.getAfter())));
    auto sequences = params.getName() == "nothing" ? std::vector<std::uint64_t>() : sequences_after(params.getAfter());
    auto list = context.getResults().initEvents(static_cast<unsigned>(sequences.size()));
    for (unsigned i = 0; i < list.size(); ++i)
      fill(list[i], sequences[i]);
    return kj::READY_NOW;
  }

protected:
  /// Two at first, then one, then one after a gap; then none, and at last the end of the connection.
  std::vector<std::uint64_t> sequences_after(std::uint64_t after) {
    if (after == 0)
      return {1, 2};
    if (after == 2)
      return {3};
    if (after == 3)
      return {6};
    if (looks_without_events_++ > 0)
      connection_.end->fulfill();
    return {};
  }

  void fill(schema::Event::Builder event, std::uint64_t sequence) {
    event.setUnixNs(1'700'000'000'123'456'789);
    event.setSeverity("warn");
    event.setName("replica_crashed");
    auto field = event.initFields(1)[0];
    field.setKey("reason");
    field.setValue("signal 11");
    if (seen_.built != fake_node::generation::older)
      event.setSequence(sequence);
  }

  void fill(schema::DeploymentStatus::Builder deployment) {
    deployment.setName("echo");
    deployment.setCurrentVersion(2);
    deployment.setWantedReplicas(2);
    auto versions = deployment.initVersions(3);
    fill(versions[0], 3, "failed", "the model raised an error");
    fill(versions[1], 2, "live", "");
    fill(versions[2], 1, "superseded", "");
    if (seen_.built != fake_node::generation::older)
      fill_new_fields(versions);
  }

  void fill_new_fields(capnp::List<schema::VersionStatus>::Builder versions) {
    std::lock_guard lock(seen_.mutex);
    auto live = versions[1];
    live.setArtifact(seen_.deployed.artifact);
    live.setModelTomlSha256(seen_.deployed.model_toml_sha256);
    live.setGolden(seen_.deployed.golden);
    live.setCreatedUnixNs(3'000 * second);
    live.setCreatedBy("anna@laptop (troupe-cli 0.2.0)");
    live.setResident(true);
    fill_moves(live.initMoves(2), {{"validating", 3'000}, {"live", 3'060}});
    versions[2].setResident(true);
    fill_moves(versions[2].initMoves(3), first_life);
  }

  /// Version 3 takes over in the first two looks, and then has done so or not.
  void fill_rollout(schema::DeploymentStatus::Builder deployment, const std::string& name) {
    deployment.setName(name);
    auto candidate = deployment.getVersions()[0];
    std::vector<fake_move> moves = {{"validating", 3'100},
                                    {"rolling_out", 3'200},
                                    {"rolling_out", 3'200, "", "stage 1 of 4 began: 1% of requests: the candidate is ready"}};
    if (looks_ <= 2)
      fill_rollout(deployment.initRollout());
    else if (name == "canary")
      moves.push_back({"rolled_back", 3'300, "", "p99 latency 31 ms, the incumbent's 12 ms"});
    else
      moves.push_back({"live", 3'300});
    candidate.setCreatedBy("ben@desk");
    candidate.setState(moves.back().state);
    candidate.setReason("");
    fill_moves(candidate.initMoves(static_cast<unsigned>(moves.size())), moves);
  }

  void fill_rollout(schema::RolloutStatus::Builder rollout) {
    rollout.setCandidate(3);
    rollout.setIncumbent(2);
    rollout.setRolloutToml("strategy = \"blue_green\"\n");
    rollout.setHeldUs(2'000'000);
    rollout.setOutcome("under_way");
    rollout.setMissing("the candidate can't answer");
    rollout.setPaused(paused_);
  }

  static void fill(schema::VersionStatus::Builder version, std::uint32_t number, const char* state, const char* reason) {
    version.setNumber(number);
    version.setState(state);
    version.setReason(reason);
    version.setRequests(number * 100);
    if (number != 2)
      return;
    auto replica = version.initReplicas(1)[0];
    replica.setNumber(7);
    replica.setState("ready");
    replica.setPid(4711);
  }

  fake_connection& connection_;
  fake_record& seen_;
  int looks_ = 0; ///< at the status, or at the nodes
  int looks_without_events_ = 0;
  bool paused_ = false;
};

class todays_control final : public older_control {
public:
  using older_control::older_control;

protected:
  /// A node that is drained keeps what fits nowhere else.
  kj::Promise<void> status(StatusContext context) override {
    auto told = older_control::status(context);
    for (auto deployment : context.getResults().getDeployments())
      if (!drained_.empty()) {
        auto kept = deployment.getVersions()[1];
        kept.setUnplaced("echo@2 needs 1 GiB on a node for 1 more replica (1 stays on a draining node until then); of 1 node 1 "
                         "lacks zone=b; add a node with zone=b, or loosen the constraints");
        kept.getReplicas()[0].setNode(drained_);
      }
    return told;
  }

  kj::Promise<void> validate(ValidateContext context) override {
    auto params = context.getParams();
    seen_.note("validate " + text_of(params.getArtifact()).substr(0, 8)
               + (params.getGolden().size() == 0 ? "" : " with golden cases"));
    auto results = context.getResults();
    if (text_of(params.getModelToml()).find("# broken") != std::string::npos) {
      refuse(results.initError(), schema::Code::MODEL_FAILED, "golden.json: case 0: the model failed: it is broken");
      return kj::READY_NOW;
    }
    auto report = results.initReport();
    report.setGoldenCases(params.getGolden().size() == 0 ? 0 : 10);
    report.setLoadUs(310'000);
    report.setSlowestUs(1'200);
    return kj::READY_NOW;
  }

  kj::Promise<void> rollback(RollbackContext context) override {
    auto params = context.getParams();
    auto results = context.getResults();
    seen_.note("rollback " + text_of(params.getName()) + " from " + std::to_string(params.getFrom()) + " to "
               + std::to_string(params.getTo()));
    if (!require_known(text_of(params.getName()), results.initError()))
      return kj::READY_NOW;
    if (params.getTo() > 2)
      refuse(results.initError(), schema::Code::FAILED_PRECONDITION, "echo@3 never was live; go back to 1 or 2");
    bool first = params.getName() == "slow"; // whose only rollout ends
    results.setVersion(params.getTo() != 0 ? params.getTo() : first ? 0 : 2);
    return kj::READY_NOW;
  }

  kj::Promise<void> steerRollout(SteerRolloutContext context) override {
    auto name = text_of(context.getParams().getName());
    auto what = text_of(context.getParams().getWhat());
    seen_.note("steer " + name + " " + what);
    auto results = context.getResults();
    if (!require_known(name, results.initError()))
      return kj::READY_NOW;
    if (what == "resume")
      refuse(results.initError(), schema::Code::FAILED_PRECONDITION, "the rollout isn't paused; it goes on by itself");
    paused_ = what == "pause";
    return kj::READY_NOW;
  }

  kj::Promise<void> progress(ProgressContext context) override {
    auto params = context.getParams();
    auto results = context.getResults();
    if (params.getName() == "away" && ++polls_away_ <= 2) {
      refuse(results.initError(), schema::Code::UNAVAILABLE, "the leader, n1, can't answer just now");
      return kj::READY_NOW;
    }
    auto moves = moves_of(text_of(params.getName()), params.getVersion(), params.getSeen());
    fill_moves(results.initMoves(static_cast<unsigned>(moves.size())), moves);
    results.setEnded(params.getName() != "slow" && moves.back().state != "preparing");
    results.setState(moves.back().state);
    if (moves.back().state == "rolled_back")
      results.setReason(moves.back().note);
    if (moves.back().state == "failed")
      results.setReason("the model raised an error");
    if (moves.back().state == "superseded")
      results.setReason("no artifact 0123 here");
    if (results.getEnded() || params.getSeen() < moves.size())
      return kj::READY_NOW;
    if (++polls_ == 1 && params.getTimeoutUs() > long_poll_us)
      ::kill(::getpid(), SIGINT); // whoever waits so long for nothing presses Ctrl-C
    return connection_.timer.afterDelay(params.getTimeoutUs() * kj::MICROSECONDS);
  }

  kj::Promise<void> backup(BackupContext context) override {
    auto folder = text_of(context.getParams().getFolder());
    seen_.note("backup " + folder);
    auto results = context.getResults();
    if (folder == "/full")
      refuse(results.initError(), schema::Code::IO_FAILED, "can't write /full; free some space and try again");
    auto report = results.initReport();
    report.setFolder(folder);
    report.setFiles(7);
    report.setBytes(2048);
    return kj::READY_NOW;
  }

  kj::Promise<void> setLogLevel(SetLogLevelContext context) override {
    auto params = context.getParams();
    seen_.note("log-level '" + text_of(params.getActor()) + "' '" + text_of(params.getLevel()) + "'");
    auto levels = context.getResults().initLevels(2);
    levels[0].setLevel("info");
    levels[1].setActor("pool");
    levels[1].setLevel("debug");
    return kj::READY_NOW;
  }

  kj::Promise<void> nodes(NodesContext context) override {
    if (looks_++ == seen_.looks_max) {
      connection_.end->fulfill();
      return kj::NEVER_DONE;
    }
    auto results = context.getResults();
    auto lead = results.initLead();
    lead.setLeaderName("node-1");
    lead.setEpoch(3);
    auto nodes = results.initNodes(2);
    fill(nodes[0], "node-1", "10.0.0.1:7551", "alive");
    nodes[0].setLeads(true);
    nodes[0].setRoundTripUs(310);
    fill(nodes[1], "node-2", "10.0.0.2:7551", "draining");
    nodes[1].setIsSelf(true);
    if (drained_ == "empty") {
      nodes[1].setName("empty");
      nodes[1].setReplicas(0);
    }
    return kj::READY_NOW;
  }

  kj::Promise<void> createToken(CreateTokenContext context) override {
    auto params = context.getParams();
    auto role = text_of(params.getRole());
    seen_.note("token " + role + " " + std::to_string(params.getLifetimeUs()) + " " + std::to_string(params.getUses()));
    auto results = context.getResults();
    if (params.getUses() == 0) {
      refuse(results.initError(), schema::Code::INVALID_ARGUMENT, "a token has 1 to 1000 uses");
      return kj::READY_NOW;
    }
    results.setToken("trp_secret");
    results.setId("0123456789ab");
    results.setExpiresUnixNs(3'600 * second);
    return kj::READY_NOW;
  }

  kj::Promise<void> listTokens(ListTokensContext context) override {
    auto tokens = context.getResults().initTokens(2);
    tokens[0].setId("0123456789ab");
    tokens[0].setRole("client");
    tokens[0].setExpiresUnixNs(2 * 3'600 * second);
    tokens[0].setUsesLeft(2);
    tokens[0].setCreatedBy("anna@laptop");
    tokens[0].initUsedBy(1)[0].setWho("ben");
    tokens[1].setId("ba9876543210");
    tokens[1].setRole("node");
    tokens[1].setExpiresUnixNs(60 * second);
    return kj::READY_NOW;
  }

  kj::Promise<void> revokeToken(RevokeTokenContext context) override {
    seen_.note("revoke " + text_of(context.getParams().getId()));
    return kj::READY_NOW;
  }

  kj::Promise<void> listUsers(ListUsersContext context) override {
    auto users = context.getResults().initUsers(3);
    for (unsigned i = 0; i < users.size(); ++i) {
      users[i].setName(i == 0 ? "anna" : i == 1 ? "ben" : "cleo");
      users[i].setRole(i == 0 ? "admin" : "client");
      users[i].setGivenUnixNs(0);
      users[i].setExpiresUnixNs(i == 2 ? 60 * second : 3 * 3'600 * second);
      users[i].setTokenId("0123456789ab");
      users[i].setRevoked(i == 1);
    }
    return kj::READY_NOW;
  }

  kj::Promise<void> revokeUser(RevokeUserContext context) override {
    seen_.note("put out " + text_of(context.getParams().getName()));
    return kj::READY_NOW;
  }

  kj::Promise<void> drainNode(DrainNodeContext context) override {
    auto params = context.getParams();
    drained_ = text_of(params.getNode());
    seen_.note(std::string(params.getUndo() ? "undrain " : "drain ") + text_of(params.getNode()));
    return kj::READY_NOW;
  }

  kj::Promise<void> removeNode(RemoveNodeContext context) override {
    auto name = text_of(context.getParams().getNode());
    seen_.note("remove " + name);
    if (name == "node-1")
      refuse(context.getResults().initError(), schema::Code::FAILED_PRECONDITION, "node-1 leads; it can't remove itself");
    return kj::READY_NOW;
  }

private:
  static void fill(schema::ClusterNode::Builder node, const char* name, const char* address, const char* state) {
    node.setId("aaaa");
    node.setName(name);
    node.setAddress(address);
    node.setState(state);
    node.setSinceUnixNs(3'540 * second);
    node.setVersion("0.2.0");
    node.setCpuShare(0.375);
    node.setCores(8);
    node.setReplicas(4);
    auto label = node.initLabels(1)[0];
    label.setKey("zone");
    label.setValue("a");
  }

  static constexpr std::uint64_t long_poll_us = 1'000'000;

  /// Version 3 comes up in two looks, 2 is live all the time, 1 was live once and comes up again.
  static std::vector<fake_move> moves_of(const std::string& name, std::uint32_t version, std::uint32_t seen) {
    if (name == "slow")
      return {{"validating", 5'000}};
    if (name == "broken")
      return {{"validating", 5'000}, {"failed", 5'000.12}};
    if (name == "canary")
      return {{"validating", 5'000},
              {"rolling_out", 5'002},
              {"rolling_out", 5'002, "", "stage 1 of 4 began: 1% of requests: the candidate is ready"},
              {"rolling_out", 5'063.2, "", "rolled back: p99 latency 31 ms, the incumbent's 12 ms"},
              {"rolled_back", 5'063.2, "", "p99 latency 31 ms, the incumbent's 12 ms"}};
    if (name == "lost")
      return {{"live", 3'060}, {"superseded", 4'000}, {"preparing", 5'000}, {"superseded", 5'001}};
    if (version == 2)
      return {{"validating", 3'000}, {"live", 3'060}};
    std::vector<fake_move> moves = version == 1 ? first_life : std::vector<fake_move>{{"validating", 5'000}};
    moves.push_back({"preparing", 5'000.12});
    if (seen >= moves.size())
      moves.insert(moves.end(), {{"rolling_out", 5'001.5}, {"live", 5'001.51}});
    return moves;
  }

  int polls_ = 0;
  int polls_away_ = 0;
  std::string drained_; ///< last
};

} // namespace

void refuse(schema::Error::Builder error, schema::Code code, const std::string& message) {
  error.setCode(code);
  error.setMessage(message);
}

bool require_known(const std::string& name, schema::Error::Builder error) {
  if (!is_known(name))
    refuse(error, schema::Code::NOT_FOUND, "no deployment '" + name + "'");
  return is_known(name);
}

schema::Control::Client make_fake_control(fake_connection& connection) {
  if (connection.seen.built == fake_node::generation::older)
    return kj::heap<older_control>(connection);
  return kj::heap<todays_control>(connection);
}

} // namespace troupe::test
