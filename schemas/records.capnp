@0xc163492f35f2e28d;
# What stands on disk. How it may evolve: fields are added at the end, never renumbered or reused; a reader takes a missing field
# as its default and must keep working on records of every earlier release. A change that can't be made so raises formatVersion,
# and an older node refuses the store.

using Cxx = import "/capnp/c++.capnp";
using Orders = import "assignment.capnp";
$Cxx.namespace("troupe::schema");

const formatVersion :UInt32 = 1;

struct NodeRecord {
  # One per store, written when it is made, moved to another machine, or restored.
  formatVersion @0 :UInt32;
  nodeId @1 :Text;
  createdUnixNs @2 :Int64;
  machineId @3 :Text;                # hash of the machine's id (runtime/node/node_identity.hpp); empty: unknown, the next start fills it in
}

struct DeploymentRecord {
  # Key: deployment name. Written before anything is acted on.
  name @0 :Text;
  wantedReplicas @1 :UInt32;
  currentVersion @2 :UInt32;         # answers requests; 0: none yet
  targetVersion @3 :UInt32;          # on its way up; 0: none
  lastVersion @4 :UInt32;            # highest number ever given
  createdUnixNs @5 :Int64;
  previousVersion @6 :UInt32;        # was live before currentVersion and stays resident; 0: none
  bakeUntilUnixNs @7 :Int64;         # until then
  course @8 :RolloutCourse;          # of the target; null: it has not begun to take requests over
}

struct RolloutCourse {
  # How far a version has taken over the requests of the one before it (runtime/policy/rollout_course.hpp).
  stage @0 :UInt32;                  # index
  sinceUnixNs @1 :Int64;
  heldNs @2 :Int64;                  # how long the stage was watched
  countedUnixNs @3 :Int64;           # up to here
  paused @4 :Bool;
  asking @5 :Bool;
  outcome @6 :Outcome;
  reason @7 :Text;                   # of the outcome, or of the question
  splitNumber @8 :UInt32;            # grows with each split of requests
  splitsBefore @9 :UInt64;           # what nodes are told is the sum of both: no other rollout of the deployment's has it
  winner @10 :UInt32;                # another version of the A/B test, which goes live; 0: none

  enum Outcome {
    underWay @0;
    promoted @1;
    rolledBack @2;
  }
}

struct VersionRecord {
  # Key: deployment name, version number. Immutable but for state, reason and moves.
  deployment @0 :Text;
  number @1 :UInt32;
  artifactSha256 @2 :Text;
  modelToml @3 :Text;                # as it was submitted
  createdUnixNs @4 :Int64;
  state @5 :State;
  reason @6 :Text;                   # why it failed, or why it was rolled back
  goldenSha256 @7 :Text;             # of golden.json; empty: it has none
  createdBy @8 :Text;                # what the caller said it is, e.g. "anna@laptop (troupe-cli 0.1.0)"
  moves @9 :List(Move);              # into each state it was in, oldest first; the newest 64
  rolloutToml @10 :Text;             # as it was submitted; empty: it takes the traffic over at once

  enum State {
    # runtime/policy/rollout_plan.hpp draws which follows which.
    preparing @0;
    live @1;
    superseded @2;
    failed @3;
    validating @4;
    starting @5;
    verifying @6;
    rollingOut @7;
    rolledBack @8;
  }

  struct Move {
    state @0 :State;
    unixNs @1 :Int64;
    by @2 :Text;                     # who wanted it; empty: it came about
    note @3 :Text;                   # what and why, for a person
  }
}

struct EventRecord {
  # Key: time and a sequence number.
  unixNs @0 :Int64;
  severity @1 :UInt8;                # 0 info, 1 warn, 2 error
  name @2 :Text;
  fields @3 :List(Field);

  struct Field {
    key @0 :Text;
    value @1 :Text;
  }
}

struct ClusterRecord {
  # One per store of a node that belongs to a cluster: written when it is founded or joined, and whenever what stands in it changes.
  clusterId @0 :Text;
  authorityPem @1 :Text;             # the certificate of the cluster's authority
  authorityKeyPem @2 :Text;          # a secret; empty: this node doesn't lead
  nodeKeyPem @3 :Text;               # a secret
  nodeCertificatePem @4 :Text;
  epoch @5 :UInt64;                  # of the newest mandate that the node has seen
  leaderId @6 :Text;
  mandateSignature @7 :Data;
}

struct MemberRecord {
  # Key: node id. In the leader's store alone. A removed member stays, so that its id and its certificate stay refused.
  nodeId @0 :Text;
  name @1 :Text;
  address @2 :Text;                  # of its cluster port
  publicKey @3 :Data;                # SubjectPublicKeyInfo, DER
  labels @4 :List(Label);
  joinedUnixNs @5 :Int64;
  removed @6 :Bool;
  removedUnixNs @7 :Int64;
  draining @8 :Bool;

  struct Label {
    key @0 :Text;
    value @1 :Text;
  }
}

struct TokenRecord {
  # Key: SHA-256 of the token's secret, in hex. In the leader's store alone.
  secretSha256 @0 :Text;
  role @1 :Role;
  createdUnixNs @2 :Int64;
  expiresUnixNs @3 :Int64;
  usesLeft @4 :UInt32;
  usedBy @5 :List(Use);              # oldest first
  createdBy @6 :Text;                # what the caller said it is
  revoked @7 :Bool;

  enum Role {
    node @0;
    admin @1;
    client @2;
  }

  struct Use {
    who @0 :Text;                    # a node's id, or a user's name
    publicKeySha256 @1 :Text;
    unixNs @2 :Int64;
  }
}

struct UserRecord {
  # Key: "user/", role and name, as in "user/client:anna". In the leader's store alone.
  name @0 :Text;
  role @1 :TokenRecord.Role;         # admin or client
  givenUnixNs @2 :Int64;             # the newest certificate
  expiresUnixNs @3 :Int64;           # when that ends
  tokenId @4 :Text;                  # the first digits of the token's hash
  revokedUnixNs @5 :Int64;           # certificates given until then are refused; 0: none is
}

struct KeptAssignment {
  # What a node was told last to do, so that it can go on without its leader. Keys: 0, 1, 2…, each with the next 512 KiB of the record.
  formatVersion @0 :UInt32;          # keptAssignmentVersion; a reader goes on without one of another version
  what @1 :Orders.Assignment;
}

const keptAssignmentVersion :UInt32 = 1;
