@0xe1cdfea77edda6d9;
# How a machine or a person gets into a cluster. How it may evolve: as in inference.capnp.

using Cxx = import "/capnp/c++.capnp";
using Inference = import "inference.capnp";
using Records = import "records.capnp";
$Cxx.namespace("troupe::schema");

struct Introduction {
  # What a node tells anybody, in clear. Nothing of it may be believed but an authority whose hash one knows.
  authority @0 :Text;                # the certificate of the cluster's authority, PEM
  unixNs @1 :Int64;                  # the node's clock, so that who joins learns that its own is off
}

interface Join {
  # The bootstrap capability of a join connection, and all that who has no certificate holds. The node that is asked hands on to the leader.

  begin @0 () -> (clusterId :Text, nonce :Data);
  # nonce: of this connection, the same each time; who enrols signs it.

  enrol @1 (request :JoinRequest) -> (error :Inference.Error, enrolled :Enrolled);
  # Lets a node in, or in again.

  user @2 (request :UserRequest) -> (error :Inference.Error, enrolled :UserEnrolled, listen :Text, http :Text);
  # Gives a user a certificate. listen, http: where the node that is asked listens for clients, "0.0.0.0:7550"; empty: nowhere.
}

struct JoinRequest {
  tokenSecret @0 :Data;              # empty: it is a member already
  nodeId @1 :Text;
  name @2 :Text;
  address @3 :Text;                  # of its cluster port, for the other nodes
  publicKey @4 :Data;                # SubjectPublicKeyInfo, DER
  labels @5 :List(Records.MemberRecord.Label);
  clockUnixNs @6 :Int64;             # what it takes for now
  proof @7 :Data;                    # the nonce, signed with its key
}

struct Enrolled {
  certificate @0 :Text;              # PEM
  clusterId @1 :Text;
  authority @2 :Text;                # PEM
  epoch @3 :UInt64;                  # who leads since when, with the authority's signature
  leaderId @4 :Text;
  signature @5 :Data;
  members @6 :List(Records.MemberRecord);
}

struct UserRequest {
  tokenSecret @0 :Data;
  name @1 :Text;
  publicKey @2 :Data;
}

struct UserEnrolled {
  certificate @0 :Text;              # PEM
  clusterId @1 :Text;
  authority @2 :Text;                # PEM
  role @3 :Role;

  enum Role {
    node @0;
    admin @1;
    client @2;
  }
}
