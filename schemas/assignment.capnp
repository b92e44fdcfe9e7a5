@0xd94f1c3a7be2086d;
# What a node shall do: between nodes and on disk. How it may evolve: as in records.capnp.

using Cxx = import "/capnp/c++.capnp";
using Inference = import "inference.capnp";
$Cxx.namespace("troupe::schema");

struct Leadership {
  # Who leads since when; believed only with the signature of the cluster's authority.
  epoch @0 :UInt64;
  leaderId @1 :Text;
  signature @2 :Data;
}

struct Assignment {
  # All that a node shall do. Of two, the one with the higher epoch counts, then the higher revision.
  by @0 :Leadership;
  revision @1 :UInt64;
  pools @2 :List(PoolOrder);
  routes @3 :List(RouteOrder);
  revoked @4 :List(Revocation);      # added to those that the node has
}

struct Revocation {
  # Certificates of a user that no node takes any more.
  commonName @0 :Text;               # "client:anna"
  untilUnixNs @1 :Int64;             # those that were given until then
  expiresUnixNs @2 :Int64;           # the last of them
}

struct PoolOrder {
  # Replicas of a version that the node shall run.
  deployment @0 :Text;
  version @1 :UInt32;
  artifact @2 :Text;                 # SHA-256
  golden @3 :Text;                   # SHA-256 of golden.json; empty: it has none
  modelToml @4 :Text;
  replicas @5 :UInt32;
  mayStart @6 :Bool;                 # else its version is only loaded
  proven @7 :Bool;                   # the version has served before: failed starts don't make its pool give up
  fingerprint @8 :UInt64;            # of all that makes the version
  judged @9 :Bool;                   # the node tells each second what it did with its requests
}

struct RouteOrder {
  # Where a deployment's requests go.
  deployment @0 :Text;
  version @1 :UInt32;                # 0: nowhere
  whyNot @2 :Inference.Error;        # then its requests are answered with this
  modelToml @3 :Text;
  shares @4 :List(RouteShare);
  candidate @5 :RouteArm;            # null: the split has none
  split @6 :SplitOrder;
  others @7 :List(RouteArm);         # those of the split
}

struct RouteArm {
  # A version that answers requests, and where.
  version @0 :UInt32;
  modelToml @1 :Text;
  shares @2 :List(RouteShare);
}

struct SplitOrder {
  # Which of a deployment's requests another version answers than the one that is live.
  number @0 :UInt64;                 # of the splits that were decided for the deployment
  candidate @1 :UInt32;              # a version; 0: none
  weight @2 :UInt32;                 # of 1,000 requests, so many are answered by it
  copies @3 :UInt32;                 # of 1,000 requests it gets so many copies
  key @4 :Key;
  keyHeader @5 :Text;                # of key header
  always @6 :Rule;                   # null: none
  fuse @7 :UInt32;                   # failures in a row by which a gateway turns back; 0: none
  looks @8 :List(Look);              # what checks look for in answers, in the order of rollout.toml
  takesRewards @9 :Bool;             # an A/B test is under way
  others @10 :List(UInt32);          # versions that it has besides; each answers as many as the candidate

  enum Key {
    none @0;
    caller @1;
    header @2;
    requestId @3;
  }

  struct Look {
    kind @0 :Kind;
    by @1 :By;
    output @2 :Text;                 # empty: all of them
    within @3 :Float64;              # of disagreement by values

    enum Kind {
      finiteOutputs @0;
      outputDrift @1;
      disagreement @2;
    }

    enum By {
      values @0;
      bytes @1;
      topClass @2;
    }
  }

  struct Rule {
    # Requests that the candidate always answers.
    caller @0 :Text;
    header @1 :Text;
    headerValue @2 :Text;
  }
}

struct RouteShare {
  nodeId @0 :Text;
  replicas @1 :UInt32;
}
