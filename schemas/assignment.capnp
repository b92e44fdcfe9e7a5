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
}

struct RouteOrder {
  # Where a deployment's requests go.
  deployment @0 :Text;
  version @1 :UInt32;                # 0: nowhere
  whyNot @2 :Inference.Error;        # then its requests are answered with this
  modelToml @3 :Text;
  shares @4 :List(RouteShare);
}

struct RouteShare {
  nodeId @0 :Text;
  replicas @1 :UInt32;
}
