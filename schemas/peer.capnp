@0xacbbd587f7e04391;
# What nodes of a cluster say to each other, over mutual TLS. How it may evolve: as in inference.capnp. Nodes of two releases meet while a
# cluster is upgraded: a node answers a question that it doesn't know with failedPrecondition.

using Cxx = import "/capnp/c++.capnp";
using Inference = import "inference.capnp";
using Orders = import "assignment.capnp";
using Control = import "control.capnp";
using Join = import "join.capnp";
using Records = import "records.capnp";
$Cxx.namespace("troupe::schema");

const peerProtocolVersion :UInt32 = 1;

interface PeerLogin {
  # The bootstrap capability of a control connection.

  hello @0 (mine :Greeting) -> (error :Inference.Error, theirs :Greeting, peer :Peer, lead :Orders.Leadership);
  # Part of connecting: who calls checks that the right node answers, who answers checks that this one may come in. lead: whom the one that answers follows;
  # told to one that is refused, too, since it may be a leader that was replaced.
  # Errors: permissionDenied (it was removed, or is not who its certificate says), failedPrecondition (no protocol in common).
}

struct Greeting {
  nodeId @0 :Text;
  certificate @1 :Text;              # PEM: the one that this end shows by TLS. The connection ends when it does
  protocol @2 :UInt32;               # the highest peerProtocolVersion that it speaks
  software @3 :Text;                 # its release, for people
}

interface Peer {
  ask @0 (question :PeerQuestion, patienceUs :UInt64) -> (answer :PeerAnswer);
  # patienceUs: who asks doesn't wait longer. Dropping the call takes the question back.
}

struct PeerQuestion {
  union {
    none @0 :Void;
    assign @1 :Orders.Assignment;
    report @2 :NodeReport;
    readArtifact @3 :ReadArtifact;
    deploy @4 :Deploy;
    scale @5 :Scale;
    undeploy @6 :Undeploy;
    awaitVersion @7 :AwaitVersion;
    rollback @8 :Rollback;
    watchVersion @9 :WatchVersion;
    validate @10 :Validate;
    list @11 :Text;                  # the deployment; empty: all
    enrol @12 :Enrol;                # for a node that came to the one that asks
    enrolUser @13 :Join.UserRequest; # likewise
    renew @14 :Text;                 # the asking node's id; gives it another certificate for its key
    updateMember @15 :UpdateMember;
    probe @16 :ProbeMessage;
    askHelp @17 :AskHelp;
    exchange @18 :List(MemberNews);
    createToken @19 :CreateToken;
    listTokens @20 :Void;
    revokeToken @21 :Text;           # its first digits, or the token itself
    removeMember @22 :Text;          # its name, its id, or the id's first digits
    setDraining @23 :SetDraining;
    steerRollout @24 :SteerRollout;
    listUsers @25 :Void;
    revokeUser @26 :RevokeUser;
  }
}

struct PeerAnswer {
  union {
    none @0 :Void;
    error @1 :Inference.Error;
    assigned @2 :AssignmentTaken;
    done @3 :Void;
    piece @4 :ArtifactPiece;
    deployed @5 :UInt32;             # the version; 0: none
    progress @6 :Records.VersionRecord;
    validated @7 :Control.ValidationReport;
    deployments @8 :List(DeploymentView);
    enrolled @9 :Join.Enrolled;
    userEnrolled @10 :Join.UserEnrolled;
    certificate @11 :Text;           # PEM
    probe @12 :ProbeMessage;
    help @13 :HelpOutcome;
    exchange @14 :List(MemberNews);
    tokenMade @15 :TokenMade;
    tokens @16 :List(Data);          # each a Records.TokenRecord, as on disk
    users @17 :List(Data);           # each a Records.UserRecord, likewise
  }
}

# -- what a node shall do -----------------------------------------------------------------------------------------------

struct AssignmentTaken {
  by @0 :Orders.Leadership;          # who leads, as far as the node knows
  taken @1 :Bool;
}

# -- what a node does ---------------------------------------------------------------------------------------------------

struct NodeReport {
  nodeId @0 :Text;
  epoch @1 :UInt64;                  # of the assignment that it follows
  revision @2 :UInt64;               # likewise
  sequence @3 :UInt64;               # grows with each report of this life of the node
  pools @4 :List(PoolReport);
  fuses @5 :List(Fuse);
  watches @6 :List(Watch);

  struct Fuse {
    # The node has turned back from a candidate by itself.
    deployment @0 :Text;
    splitNumber @1 :UInt64;
    failures @2 :UInt32;             # in a row
  }

  struct Watch {
    # What the node saw of the requests that a split divides, since it has had the split.
    deployment @0 :Text;
    splitNumber @1 :UInt64;
    candidate @2 :Arm;
    incumbent @3 :Arm;
    copies @4 :UInt64;               # sent to the candidate
    shed @5 :UInt64;                 # not sent, because it had enough to do
    others @6 :List(Arm);            # of an A/B test's other versions, in the split's order
  }

  struct Arm {
    answers @0 :List(Seen);          # of each check that looks into answers, in the order of the split's
    rewards @1 :UInt64;
    rewardSum @2 :Float64;
    rewardSquares @3 :Float64;       # sum of squares
    requests @4 :UInt64;             # answered with outputs, or with an error that speaks against the version
    failedAs @5 :List(PoolReport.Bucket); # of these, with an error, by its code: those that aren't 0, ascending
    latency @6 :List(PoolReport.Bucket);  # likewise, by bucket (runtime/policy/evidence/latency_buckets.hpp)
  }

  struct Seen {
    lookedAt @0 :UInt64;
    bad @1 :UInt64;
    bins @2 :UInt32;                 # of how they are distributed; 0: not asked for
    counts @3 :List(PoolReport.Bucket); # those that aren't empty, ascending
  }
}

struct PoolReport {
  phase @0 :Phase;
  why @1 :Inference.Error;           # of failed
  wanted @2 :UInt32;
  started @3 :Bool;                  # all wanted replicas have hosts
  complete @4 :Bool;                 # all wanted replicas serve
  pool @5 :PoolStatus;
  memoryBytes @6 :UInt64;            # 0: not measured yet
  fingerprint @7 :UInt64;            # of its order
  loaded @8 :Bool;                   # its template has the version
  did @9 :Did;                       # null: it isn't judged

  struct Did {
    # With requests, since the pool was made.
    work @0 :List(Bucket);           # those that aren't 0 (runtime/policy/evidence/work_counters.hpp), ascending; a later build may send kinds that this one doesn't know
  }

  struct Bucket {
    index @0 :UInt16;
    count @1 :UInt64;
  }

  enum Phase {
    fetching @0;
    loading @1;
    loaded @2;
    starting @3;
    serving @4;
    draining @5;
    failed @6;
  }
}

struct PoolStatus {
  deployment @0 :Text;
  version @1 :UInt32;
  requests @2 :UInt64;               # answered with outputs
  failures @3 :UInt64;               # answered with an error
  batches @4 :UInt64;
  queuedRows @5 :UInt32;
  queuedRequests @6 :UInt32;
  runners @7 :UInt32;
  replicas @8 :List(Control.ReplicaStatus);
}

# -- artifacts ----------------------------------------------------------------------------------------------------------

struct ReadArtifact {
  sha256 @0 :Text;
  offset @1 :UInt64;
  bytes @2 :UInt32;                  # at most
}

struct ArtifactPiece {
  totalBytes @0 :UInt64;             # of the artifact
  bytes @1 :Data;                    # not verified: whoever has all of them checks their hash
}

# -- deployments, asked of the leader -----------------------------------------------------------------------------------

struct Deploy {
  name @0 :Text;
  artifact @1 :Text;
  modelToml @2 :Text;
  replicas @3 :UInt32;               # 0: as before, or as model.toml says
  golden @4 :Text;
  by @5 :Text;                       # who wants it
  rolloutToml @6 :Text;              # empty: it takes the traffic over at once
}

struct Scale {
  name @0 :Text;
  replicas @1 :UInt32;
}

struct Undeploy {
  name @0 :Text;
}

struct AwaitVersion {
  name @0 :Text;
  version @1 :UInt32;
}

struct Rollback {
  name @0 :Text;
  to @1 :UInt32;
  from @2 :UInt32;
  by @3 :Text;
}

struct SteerRollout {
  name @0 :Text;
  what @1 :Command;
  by @2 :Text;

  enum Command {
    pause @0;
    resume @1;
    promote @2;
    abort @3;
    skip @4;
  }
}

struct WatchVersion {
  name @0 :Text;
  version @1 :UInt32;
  seen @2 :UInt64;
  atOnce @3 :Bool;
}

struct Validate {
  artifact @0 :Text;
  modelToml @1 :Text;
  golden @2 :Text;
}

struct DeploymentView {
  record @0 :Records.DeploymentRecord;
  versions @1 :List(VersionView);    # newest first
  rollout @2 :RolloutView;           # null: none by stages is under way
}

struct RolloutView {
  # What is known of a rollout by stages beyond the records.
  missing @0 :Text;                  # why the stage isn't left yet
  checks @1 :List(Check);            # in the order of rollout.toml
  candidate @2 :Control.RolloutStatus.Figures;
  incumbent @3 :Control.RolloutStatus.Figures;
  copies @4 :UInt64;                 # sent to the candidate
  shed @5 :UInt64;                   # not sent, because it had enough to do
  weight @6 :UInt32;                 # of 1,000 requests, that the candidate answers
  others @7 :List(Control.RolloutStatus.Other);

  struct Check {
    judgement @0 :Judgement;
    words @1 :Text;
    samples @2 :UInt64;

    enum Judgement {
      fine @0;
      undecided @1;
      worse @2;
    }
  }
}

struct VersionView {
  record @0 :Records.VersionRecord;
  serves @1 :Bool;
  draining @2 :Bool;
  resident @3 :Bool;
  pool @4 :PoolStatus;               # of a version that has a pool
  unplaced @5 :Text;                 # why some of its replicas have no node; empty: all have one
}

# -- members, asked of the leader ---------------------------------------------------------------------------------------

struct Enrol {
  request @0 :Join.JoinRequest;
  nonce @1 :Data;                    # that the asking node gave it
}

struct UpdateMember {
  # The asking node is elsewhere now, or has other labels; or the leader may know nothing of it.
  nodeId @0 :Text;
  address @1 :Text;
  labels @2 :List(Records.MemberRecord.Label);
  name @3 :Text;
  certificate @4 :Text;              # PEM; takes the node in again if the leader has no record of it
}

# -- who lives ----------------------------------------------------------------------------------------------------------

struct MemberNews {
  # What nodes tell each other of a member; cluster/member.hpp says which news win.
  id @0 :Text;
  name @1 :Text;
  address @2 :Text;
  labels @3 :List(Records.MemberRecord.Label);
  incarnation @4 :UInt64;
  state @5 :State;
  draining @6 :Bool;
  load @7 :Load;
  softwareVersion @8 :Text;

  enum State {
    alive @0;
    suspect @1;
    dead @2;
    left @3;
    removed @4;
  }

  struct Load {
    revision @0 :UInt64;
    cpuBusy @1 :Float64;             # share of all its cores, 0 to 1
    cores @2 :UInt32;
    memoryFreeBytes @3 :UInt64;
    memoryTotalBytes @4 :UInt64;
    queuedRequests @5 :UInt64;
    replicas @6 :UInt32;             # that serve
    diskFull @7 :Bool;               # it has no room for more models
  }
}

struct ProbeMessage {
  news @0 :List(MemberNews);         # the sender's own first
  digest @1 :UInt64;                 # of all that the sender knows
  lead @2 :Orders.Leadership;        # whom the sender follows
}

struct AskHelp {
  sequence @0 :UInt64;
  target @1 :Text;
}

enum HelpOutcome {
  reached @0;
  notReached @1;
  notTried @2;
}

# -- who belongs to the cluster, asked of the leader --------------------------------------------------------------------

struct CreateToken {
  role @0 :Records.TokenRecord.Role;
  lifetimeUs @1 :UInt64;
  uses @2 :UInt32;
  by @3 :Text;
}

struct TokenMade {
  text @0 :Text;                     # a secret
  id @1 :Text;
  expiresUnixNs @2 :Int64;
}

struct RevokeUser {
  name @0 :Text;
  by @1 :Text;
}

struct SetDraining {
  node @0 :Text;
  draining @1 :Bool;
}
