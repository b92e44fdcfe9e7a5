@0xb60b937a6e72224b;
# Steering a node: who may do what begins at Login. How it may evolve: as in inference.capnp.

using Cxx = import "/capnp/c++.capnp";
using Inference = import "inference.capnp";
$Cxx.namespace("troupe::schema");

interface Login {
  # The bootstrap capability of a node's RPC port, and the only thing a stranger holds.

  anonymous @0 (client :Text) -> (error :Inference.Error, session :Session);
  # A session without a name. Allowed only over loopback. client: what the caller is, for the log, e.g. "troupe-cli 0.1".
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
  upload @0 (sha256 :Text, bytes :UInt64) -> (error :Inference.Error, present :Bool, upload :Upload);
  # Begins to bring an artifact to the node. sha256: 64 lower-case hex digits. present: the node has it; upload is null.

  deploy @1 (name :Text, artifact :Text, modelToml :Text, replicas :UInt32) -> (error :Inference.Error, version :UInt32);
  # Makes a new version of the deployment (and the deployment, if it is new) and returns once that is durable; watch its progress
  # by status. artifact: the SHA-256 of an uploaded one. replicas 0: as model.toml says, or as scaled before.
  # Errors: invalidArgument (model.toml: names line, field, expected and found), notFound (artifact not uploaded).

  scale @2 (name :Text, replicas :UInt32) -> (error :Inference.Error);
  # Returns once durable. replicas: 0 keeps the deployment but serves nothing.

  undeploy @3 (name :Text) -> (error :Inference.Error);
  # Returns once durable; its hosts stop after their last batch.

  status @4 (name :Text) -> (error :Inference.Error, node :NodeStatus, deployments :List(DeploymentStatus));
  # name empty: all deployments.

  tree @5 () -> (root :TreeNode);
  # The live supervision tree.

  events @6 (name :Text, limit :UInt32, sinceUnixNs :Int64) -> (error :Inference.Error, events :List(Event));
  # The newest `limit` (at most 10,000) that are younger than sinceUnixNs, oldest first. name empty: all; else those with deployment=name.

  awaitReady @7 (name :Text, version :UInt32, timeoutUs :UInt64) -> (error :Inference.Error);
  # Returns when the version is live with all wanted replicas, with the reason when it failed, or deadlineExceeded.
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
}

struct DeploymentStatus {
  name @0 :Text;
  currentVersion @1 :UInt32;         # answers requests; 0: none yet
  wantedReplicas @2 :UInt32;
  versions @3 :List(VersionStatus);  # newest first
}

struct VersionStatus {
  number @0 :UInt32;
  state @1 :Text;                    # preparing | live | draining | failed | superseded
  reason @2 :Text;                   # why it failed
  artifact @3 :Text;                 # SHA-256
  createdUnixNs @4 :Int64;
  replicas @5 :List(ReplicaStatus);
  queuedRows @6 :UInt32;
  requests @7 :UInt64;               # answered with outputs since the pool started
  failures @8 :UInt64;               # answered with an error
  batches @9 :UInt64;
}

struct ReplicaStatus {
  number @0 :UInt64;
  state @1 :Text;                    # starting | ready | draining
  pid @2 :UInt32;
  sinceUnixNs @3 :Int64;
  restarts @4 :UInt32;
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

  struct Field {
    key @0 :Text;
    value @1 :Text;
  }
}
