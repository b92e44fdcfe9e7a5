@0xe1cdfea77edda6d9;
# How a machine or a person gets into a cluster. How it may evolve: as in inference.capnp.

using Cxx = import "/capnp/c++.capnp";
using Inference = import "inference.capnp";
$Cxx.namespace("troupe::schema");

struct Introduction {
  # What a node tells anybody, in clear. Nothing of it may be believed but an authority whose hash one knows.
  authority @0 :Text;                # the certificate of the cluster's authority, PEM
  unixNs @1 :Int64;                  # the node's clock, so that who joins learns that its own is off
}
