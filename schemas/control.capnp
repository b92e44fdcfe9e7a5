@0xb60b937a6e72224b;
# Steering a node: who may do what begins at Login. How it may evolve: as in inference.capnp.

using Cxx = import "/capnp/c++.capnp";
using Inference = import "inference.capnp";
$Cxx.namespace("troupe::schema");

interface Login {
  # The bootstrap capability of a node's RPC port, and the only thing a stranger holds.

  anonymous @0 (client :Text) -> (error :Inference.Error, session :Session);
  # A session. Over TLS the connection's certificate says whose: unauthenticated if there was none; in clear (loopback) it has no name and may do
  # everything. client: what the caller is, for the log and for `createdBy`, e.g.
  # "anna@laptop (troupe-cli 0.1.0)"; at most 256 bytes are kept.
}

interface Session {
  # What this caller may do is which capabilities it can get here. Dropping the session does not revoke what it handed out;
  # the node does so when the session is revoked.

  inference @0 () -> (error :Inference.Error, inference :Inference.Inference);
  control @1 () -> (error :Inference.Error, control :Control);
  limits @2 () -> (limits :Limits);
}

struct Limits {
  # The node's, so that a client can say so before it sends.
  messageBytesMax @0 :UInt64;      # one RPC message
  artifactBytesMax @1 :UInt64;     # one model file
  chunkBytesMax @2 :UInt64;        # one Upload.write
  defaultDeadlineUs @3 :UInt64;
}

interface Control {
  # A user in the role of client may call status, tree, events, awaitReady, progress and nodes; the others are permissionDenied. Each call that may fail
  # has its error first among its results.

  upload @0 (sha256 :Text, bytes :UInt64) -> (error :Inference.Error, present :Bool, upload :Upload);
  # Begins to bring an artifact to the node. sha256: 64 lower-case hex digits. present: the node has it; upload is null.

  deploy @1 (name :Text, artifact :Text, modelToml :Text, replicas :UInt32, golden :Text, rolloutToml :Text)
      -> (error :Inference.Error, version :UInt32);
  # Makes a new version of the deployment (and the deployment, if it is new) and returns once that is durable; watch its progress
  # by `progress`. artifact: the SHA-256 of an uploaded model.pt. golden: the SHA-256 of an uploaded golden.json; empty: none.
  # replicas 0: as model.toml says, or as scaled before. rolloutToml: how it takes over the requests of the live version, a rollout.toml; empty: all of
  # them at once.
  # Errors: invalidArgument (model.toml or rollout.toml: names line, field, expected and found), notFound (artifact not uploaded), failedPrecondition
  # (another version is on its way up, there is no live version to be compared with, or the node is shutting down).

  scale @2 (name :Text, replicas :UInt32) -> (error :Inference.Error);
  # Returns once durable. replicas: 0 keeps the deployment but serves nothing.

  undeploy @3 (name :Text) -> (error :Inference.Error);
  # Returns once durable; its hosts stop after their last batch.

  status @4 (name :Text) -> (error :Inference.Error, node :NodeStatus, deployments :List(DeploymentStatus));
  # name empty: all deployments.

  tree @5 () -> (root :TreeNode);
  # The live supervision tree.

  events @6 (name :Text, limit :UInt32, sinceUnixNs :Int64, after :UInt64) -> (error :Inference.Error, events :List(Event));
  # The newest `limit` (at most 10,000) that are younger than sinceUnixNs and have a sequence above `after`, oldest first. name empty: all;
  # else those with deployment=name.

  awaitReady @7 (name :Text, version :UInt32, timeoutUs :UInt64) -> (error :Inference.Error);
  # Returns when the version is live with all wanted replicas, with the reason when it failed, or deadlineExceeded.

  rollback @8 (name :Text, to :UInt32, from :UInt32) -> (error :Inference.Error, version :UInt32);
  # Ends a rollout that is under way, and brings back version `to` (0: the one that was live before; while a rollout is under way, the one
  # that is live). from: the version that is left, as the caller saw it, so that two people who go back at once don't go back twice (conflict);
  # 0: whichever. version: the one that answers from now on, or that is on its way up again (0: none, a first rollout was ended); watch it by
  # `progress`.
  # Errors: notFound (no such version, or it was collected), failedPrecondition (there is none to go back to, or it never was live).

  progress @9 (name :Text, version :UInt32, seen :UInt32, timeoutUs :UInt64)
      -> (error :Inference.Error, moves :List(Move), ended :Bool, state :Text, reason :Text);
  # Returns once the version has made more than `seen` moves, has ended its way up (live, failed, superseded, rolled back), or the time is
  # over. moves: all it has made, oldest first.

  validate @10 (artifact :Text, modelToml :Text, golden :Text) -> (error :Inference.Error, report :ValidationReport);
  # What deploy does first, and nothing else: in a throw-away host. Artifact and golden as in deploy.

  backup @11 (folder :Text) -> (error :Inference.Error, report :BackupReport);
  # Writes state, events and artifacts into a new folder on the node's machine (an absolute path), complete and synced when it returns.

  setLogLevel @12 (actor :Text, level :Text) -> (error :Inference.Error, levels :List(LogLevel));
  # From now on, until the node ends. actor: a kind as in TreeNode; empty: the default of all others. level: debug, info, warn, error, off, or
  # "default" (back to that of all others). Both empty: changes nothing. levels: those in force, the default first.

  nodes @13 () -> (error :Inference.Error, nodes :List(ClusterNode), lead :Lead);
  # All nodes that belong to the cluster, as this one sees them, by name. failedPrecondition: the node is in no cluster.

  createToken @14 (role :Text, lifetimeUs :UInt64, uses :UInt32) -> (error :Inference.Error, token :Text, id :Text, expiresUnixNs :Int64);
  # A token for joining, durable when it returns. role: node, admin or client. token: a secret, told this once. id: what it is called
  # by from then on.

  listTokens @15 () -> (error :Inference.Error, tokens :List(Token));
  # Newest first, without their secrets; a token that has ended stays for a while.

  revokeToken @16 (id :Text) -> (error :Inference.Error);
  # Makes a token useless; durable when it returns. id: its first digits, as many as tell it from the others, or the token itself.

  drainNode @17 (node :Text, undo :Bool) -> (error :Inference.Error);
  # Moves a node's work to the others, or lets it have work again; durable when it returns, and `nodes` tells how far it is. node: its name,
  # or as many of its id's first digits as tell it from the others.

  removeNode @18 (node :Text) -> (error :Inference.Error);
  # Puts a node out of the cluster for ever; durable when it returns. node: as above.

  steerRollout @19 (name :Text, what :Text) -> (error :Inference.Error);
  # Does to a rollout by stages what a person wants; durable when it returns. what: pause, resume, promote (the candidate answers all requests at once), abort
  # (it answers none any more) or skip (on to the next stage).
  # Errors: invalidArgument (what), notFound (no such deployment), failedPrecondition (no rollout by stages is under way, or it makes no sense now).

  listUsers @20 () -> (error :Inference.Error, users :List(User));
  # Who got a certificate by a token, by name; one whose certificates have ended stays for a while.

  revokeUser @21 (name :Text) -> (error :Inference.Error);
  # From now on no node lets in who is called so, by whatever certificate he has, and his connections end; nor are the tokens good by which he came. Durable when
  # it returns; every node that can be reached knows within a second. With another token he gets a certificate that is good.
}

struct ClusterNode {
  id @0 :Text;
  name @1 :Text;
  address @2 :Text;                  # of its cluster port
  state @3 :Text;                    # alive | suspect | dead | draining | left; of the one that tells also removed
  sinceUnixNs @4 :Int64;             # of the state
  version @5 :Text;                  # of the software
  labels @6 :List(Label);
  leads @7 :Bool;
  isSelf @8 :Bool;                   # the one that tells
  cpuShare @9 :Float64;              # of all its cores, 0 to 1
  cores @10 :UInt32;
  memoryBytes @11 :UInt64;
  memoryFreeBytes @12 :UInt64;
  replicas @13 :UInt32;              # that serve
  roundTripUs @14 :UInt64;           # from the one that tells; 0: not measured

  struct Label {
    key @0 :Text;
    value @1 :Text;
  }
}

struct Lead {
  # Who leads, and how well the node that tells hears from it.
  leaderId @0 :Text;
  leaderName @1 :Text;               # or its id, if the name is not known
  epoch @2 :UInt64;                  # grows with each leader
  away @3 :Bool;                     # it is suspected or dead: what the cluster shall do can't be changed
  stateAgeUs @4 :UInt64;             # since the node last heard from it; 0 on the leader
  trouble @5 :Text;                  # what a person should mend, and how: two nodes lead, or the cluster turns this one away; empty: nothing
  unheard @6 :Bool;                  # the node has heard nothing of it since it started, stateAgeUs ago
}

struct Token {
  id @0 :Text;
  role @1 :Text;                     # node | admin | client
  createdUnixNs @2 :Int64;
  expiresUnixNs @3 :Int64;
  usesLeft @4 :UInt32;
  createdBy @5 :Text;
  revoked @6 :Bool;
  usedBy @7 :List(Use);              # oldest first

  struct Use {
    who @0 :Text;                    # a node's id, or a user's name
    unixNs @1 :Int64;
  }
}

struct User {
  name @0 :Text;
  role @1 :Text;                     # admin | client
  givenUnixNs @2 :Int64;             # the newest certificate
  expiresUnixNs @3 :Int64;           # when that ends
  tokenId @4 :Text;                  # by which it came
  revoked @5 :Bool;                  # no certificate of his is good
}

struct Move {
  state @0 :Text;                    # as in VersionStatus
  unixNs @1 :Int64;
  by @2 :Text;                       # who wanted it; empty: nobody did, it came about
  note @3 :Text;                     # what and why, for a person
}

struct ValidationReport {
  goldenCases @0 :UInt32;            # that gave what they should
  loadUs @1 :UInt64;                 # load, optimize, warm
  slowestUs @2 :UInt64;              # of the golden cases and of one full batch
}

struct BackupReport {
  folder @0 :Text;
  files @1 :UInt32;
  bytes @2 :UInt64;
}

struct LogLevel {
  actor @0 :Text;                    # empty: all others
  level @1 :Text;
}

interface Upload {
  write @0 (chunk :Data) -> (error :Inference.Error);   # in order; at most Limits.chunkBytesMax bytes
  finish @1 () -> (error :Inference.Error);             # durable and verified when it returns ok
}

struct NodeStatus {
  name @0 :Text;
  version @1 :Text;          # of the software
  uptimeUs @2 :UInt64;
  pid @3 :UInt32;
  residentBytes @4 :UInt64;
  draining @5 :Bool;         # it was asked to stop

  # Of its cluster; empty and 0 where it is in none.
  nodeId @6 :Text;
  leads @7 :Bool;
  leaderName @8 :Text;       # or its id, if the name is not known
  epoch @9 :UInt64;          # grows with each leader
  leaderAway @10 :Bool;      # it can't be asked: what is told of deployments is what it told last, and as old as stateAgeUs says
  stateAgeUs @11 :UInt64;    # else: since the node last heard from its leader; 0 on the leader
  trouble @12 :Text;         # as in Lead
  stateKept @13 :Bool;       # with leaderAway: it told nothing since the node started, stateAgeUs ago; what is told is what the node had kept, and what it runs itself
}

struct DeploymentStatus {
  name @0 :Text;
  currentVersion @1 :UInt32;         # answers requests; 0: none yet
  wantedReplicas @2 :UInt32;
  versions @3 :List(VersionStatus);  # newest first
  rollout @4 :RolloutStatus;         # null: no version takes requests over by stages
}

struct RolloutStatus {
  candidate @0 :UInt32;              # a version
  incumbent @1 :UInt32;
  rolloutToml @2 :Text;              # of the candidate: its stages and checks
  stage @3 :UInt32;                  # index
  sinceUnixNs @4 :Int64;             # of the stage
  heldUs @5 :UInt64;                 # how long the stage was watched, without pauses
  paused @6 :Bool;
  asking @7 :Bool;                   # only a person goes on; reason says why
  outcome @8 :Text;                  # under_way | promoted | rolled_back: the last two only for a moment
  reason @9 :Text;                   # of the question, or of the outcome
  missing @10 :Text;                 # why the stage isn't left yet; empty: it is about to be
  weight @11 :UInt32;                # of 1,000 requests, so many go to the candidate
  checks @12 :List(Check);           # in the order of rollout.toml; empty: nothing was judged yet
  candidateDid @13 :Figures;         # since the stage began
  incumbentDid @14 :Figures;
  copies @15 :UInt64;                # sent to the candidate since the stage began
  shed @16 :UInt64;                  # copies that were not sent, because it had enough to do
  others @17 :List(Other);           # that an A/B test has besides, each with as many requests as the candidate

  struct Other {
    version @0 :UInt32;
    did @1 :Figures;
  }

  struct Check {
    kind @0 :Text;
    judgement @1 :Text;              # fine | undecided | worse
    words @2 :Text;
    samples @3 :UInt64;              # of the candidate
    name @4 :Text;                   # tells it from others of its kind: "output_drift by top_class of scores"
  }

  struct Figures {
    requests @0 :UInt64;             # answered, or failed by the version's fault
    failures @1 :UInt64;
    p50Us @2 :UInt64;
    p99Us @3 :UInt64;
    rewards @4 :UInt64;              # of an A/B test
    rewardMean @5 :Float64;
    isOut @6 :Bool;                  # proven to be below another, in an A/B test of several versions
  }
}

struct VersionStatus {
  number @0 :UInt32;
  state @1 :Text;
  # validating | preparing | starting | verifying | rolling_out | live | superseded | rolled_back | failed; draining: its pool is being stopped
  reason @2 :Text;                   # why it failed or was rolled back
  artifact @3 :Text;                 # SHA-256
  createdUnixNs @4 :Int64;
  replicas @5 :List(ReplicaStatus);
  queuedRows @6 :UInt32;
  requests @7 :UInt64;               # answered with outputs since the pool started
  failures @8 :UInt64;               # answered with an error
  batches @9 :UInt64;
  golden @10 :Text;                  # SHA-256 of golden.json; empty: it has none
  modelTomlSha256 @11 :Text;
  createdBy @12 :Text;
  moves @13 :List(Move);             # oldest first
  resident @14 :Bool;                # serves or could at once: a rollback to it is one switch
  unplaced @15 :Text;                # why some of its replicas run nowhere; empty: all have a place
}

struct ReplicaStatus {
  number @0 :UInt64;
  state @1 :Text;                    # starting | verifying | ready | draining
  pid @2 :UInt32;
  sinceUnixNs @3 :Int64;
  restarts @4 :UInt32;
  node @5 :Text;                     # the name of the node that it runs on; empty: the one that tells
}

struct TreeNode {
  name @0 :Text;                     # within its parent
  kind @1 :Text;                     # supervisor, pool, replica…
  state @2 :Text;
  ageUs @3 :UInt64;
  restarts @4 :UInt32;
  detail @5 :Text;                   # e.g. the last failure
  children @6 :List(TreeNode);
}

struct Event {
  unixNs @0 :Int64;
  severity @1 :Text;                 # info | warn | error
  name @2 :Text;
  fields @3 :List(Field);
  sequence @4 :UInt64;               # grows by 1 from event to event

  struct Field {
    key @0 :Text;
    value @1 :Text;
  }
}
