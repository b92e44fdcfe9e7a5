@0xed4c708de60942c3;
# Asking a deployed model. How it may evolve: fields and methods are added at the end and never renumbered, reused or given a new
# meaning; a reader takes a missing field as its default; enumerants are added at the end.

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("troupe::schema");

enum Datatype {
  # The Open Inference Protocol's names. UINT16 to UINT64 have no TorchScript tensor and are not served.
  bool @0;
  uint8 @1;
  int8 @2;
  int16 @3;
  int32 @4;
  int64 @5;
  fp16 @6;
  bf16 @7;
  fp32 @8;
  fp64 @9;
  bytes @10;
}

struct Tensor {
  # A dense tensor, row-major, little-endian.
  name @0 :Text;
  datatype @1 :Datatype;
  shape @2 :List(Int64);   # at most 8 dimensions, none negative
  data @3 :Data;           # exactly product(shape) * size(datatype) bytes; NaN and infinities pass unchanged.
                           # Of BYTES: product(shape) strings, each its length (UInt32) and so many bytes
}

struct TensorSpec {
  name @0 :Text;
  datatype @1 :Datatype;
  shape @2 :List(Int64);   # -1: any size
}

enum Code {
  # What went wrong, as far as a caller can act on it.
  ok @0;
  invalidArgument @1;      # the request itself is wrong; sending it again won't help
  notFound @2;
  alreadyExists @3;
  failedPrecondition @4;   # right request, wrong moment; the message says what must come first
  conflict @5;             # another writer was faster; read again and retry
  overloaded @6;           # a queue or limit is full; retry later
  deadlineExceeded @7;     # not done in time
  unavailable @8;          # nobody can serve it just now; retry
  poisoned @9;             # this very input crashed two hosts and is quarantined
  unauthenticated @10;
  permissionDenied @11;
  modelFailed @12;         # the model raised an error on this input
  corrupt @13;             # stored bytes don't match their checksum
  ioFailed @14;
  internal @15;
  cancelled @16;           # whoever asked has gone, or took it back
}

struct Error {
  # Part of every answer that can fail in an expected way; RPC exceptions are left for broken connections and bugs.
  code @0 :Code;           # ok: no error
  message @1 :Text;        # for a person; says what to do
}

struct InferRequest {
  deployment @0 :Text;
  inputs @1 :List(Tensor);    # each input of the model exactly once, in any order
  id @2 :Text;                # the caller's name for this request; comes back and stands in logs; at most 128 bytes
  deadlineUs @3 :UInt64;      # from arrival, in microseconds; 0: the node's default (5 s unless configured)
  outputs @4 :List(Text);     # names wanted; empty: all
  version @5 :UInt32;         # 0: whichever the deployment's split gives
  priority @6 :UInt64;        # 1 is served first; 0: the version's default, as is a level that it doesn't have
}

struct InferResponse {
  error @0 :Error;            # if not ok, the rest is empty
  outputs @1 :List(Tensor);
  id @2 :Text;
  version @3 :UInt32;         # the version that answered
}

struct ModelMetadata {
  deployment @0 :Text;
  version @1 :UInt32;
  inputs @2 :List(TensorSpec);
  outputs @3 :List(TensorSpec);
  maxBatch @4 :UInt32;        # most rows in one request; 0: the first dimension is no batch
}

interface Inference {
  # Got from a session. All calls may be pipelined; none waits for another.

  infer @0 (request :InferRequest) -> (response :InferResponse);
  # Expected failures come in response.error. A request over the node's message limit (64 MiB unless configured) breaks the connection.

  metadata @1 (deployment :Text) -> (error :Error, metadata :ModelMetadata);

  feedback @2 (deployment :Text, id :Text, reward :Float64) -> (error :Error, counted :Bool);
  # What came of the request with that id, 0 to 1, for the A/B test that is under way. On any node; where the test is split by the caller, by the same caller.
  # counted: false if the id's reward is known already.
  # Errors: invalidArgument (reward or id, or the test is split by something else), notFound, failedPrecondition (no A/B test is under way).
}
