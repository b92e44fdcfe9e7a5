@0xaa6b8c38b562fa33;
# Requests that a node has another one of its cluster answer. Evolves as inference.capnp does.

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("troupe::schema");
using Inference = import "inference.capnp";

struct ForwardTensor {
  # As Tensor; its place in the list says which of the model's it is.
  datatype @0 :Inference.Datatype;
  shape @1 :List(Int64);
  data @2 :Data;
}

struct ForwardRequest {
  inputs @0 :List(ForwardTensor);   # all of the model's, in its order
  deadlineUs @1 :UInt64;            # what is left until its deadline, in microseconds
  timeoutUs @2 :UInt64;             # as its sender gave it; 0: none
  priority @3 :UInt64;              # likewise
  crashes @4 :UInt32;               # hosts that died with it
  alone @5 :Bool;                   # runs in a batch of its own
  copy @6 :Bool;                    # nobody waits for its answer
}

struct ForwardAnswer {
  error @0 :Inference.Error;        # if not ok, there are no outputs; unavailable: another place may have it
  outputs @1 :List(ForwardTensor);  # all of the model's, in its order
  crashes @2 :UInt32;               # as above, with those here
  index @3 :UInt32;                 # of its request in the call
}

struct ForwardMessage {
  # All that goes over a data connection between nodes, in Cap'n Proto's stream framing: calls from the node that opened it, and from the other one an answer
  # to each of their requests, as soon as there is one, whether it was withdrawn meanwhile or not. No RPC: what that does for a call costs more than a small
  # request. A node answers with its own replicas or not at all: it never forwards again.

  number @0 :UInt64;                # of the call on its connection; its answers have the same number
  union {
    call :group {
      deployment @1 :Text;
      version @2 :UInt32;
      requests @3 :List(ForwardRequest);   # 1 to 64 of one version
    }
    answer @4 :ForwardAnswer;
    withdrawn @5 :List(UInt32);            # by index: requests of the call that nobody waits for any more
  }
}
