@0xeaa2a7c3fdd79e3e;
# What a node says to its model hosts over a SOCK_SEQPACKET control socket, one flat message a packet (at most 64 KiB), descriptors
# beside it (SCM_RIGHTS). Node and host are always of one build (the host refuses another protocolVersion), so this schema may
# change freely; it is no API. Tensors never come this way: they go through shared memory (runtime/base/host_layout.hpp).

using Cxx = import "/capnp/c++.capnp";
using Inference = import "inference.capnp";
$Cxx.namespace("troupe::schema");

const hostProtocolVersion :UInt32 = 1;

struct ToTemplate {
  # Descriptors: control socket of the new version template, model file (read-only).
  protocolVersion @0 :UInt32;
  loadVersion @1 :LoadVersion;
}

struct LoadVersion {
  title @0 :Text;                    # "digits@3": the process title, for ps
  inputs @1 :List(Inference.TensorSpec);
  outputs @2 :List(Inference.TensorSpec);
  maxBatch @3 :UInt32;
  threads @4 :UInt32;                # of each replica
  memoryBytes @5 :UInt64;            # beyond the loaded, warmed model
  modelBytes @6 :UInt64;             # size of the file
}

struct FromTemplate {
  # Answers ToTemplate, in order. Descriptor if pid is not 0: pidfd of the version template.
  pid @0 :UInt32;                    # 0: the fork failed
  reason @1 :Text;
}

struct FromVersion {
  # What a version template says on its own control socket.
  union {
    ready @0 :Void;                  # loaded, optimized, warmed
    failed @1 :Failure;              # and it exits
    forked @2 :Forked;               # descriptor: pidfd of the replica
  }

  struct Failure {
    stage @0 :Text;                  # sandbox | load | operators | signature | warm
    reason @1 :Text;                 # at most 4 KiB, for a person
  }

  struct Forked {
    replica @0 :UInt64;
    pid @1 :UInt32;                  # 0: the fork failed; no descriptor
    reason @2 :Text;
  }
}

struct ToVersion {
  # Descriptors: sealed shared memory, work eventfd, done eventfd.
  forkReplica @0 :ForkReplica;
}

struct ForkReplica {
  replica @0 :UInt64;
  seed @1 :UInt64;                   # of libtorch's default generator
  memoryBytes @2 :UInt64;            # size of the shared memory
}
