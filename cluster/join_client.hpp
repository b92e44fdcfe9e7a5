#pragma once

#include "cluster/joining.hpp"
#include "cluster/private_key.hpp"
#include "runtime/base/clock.hpp"

#include <kj/async-io.h>

#include <string>

namespace troupe {

/// Where a cluster is met, and how it is known. Of a token, or of what a member keeps.
struct join_seed {
  std::string address; ///< of any member's cluster port; where a name has several addresses, they are tried in turn
  std::string cluster_id;
  std::string authority_sha256; ///< of the authority's certificate
};

/// Has this node let into the cluster, or in again. `who` lacks its clock and proof, which are filled in, and its host if its address begins with ':'
/// (":7551"): then it is the address that this machine has on the way to the seed. Errors are sentences for whoever started the node: `unavailable`
/// (nobody, or no node, answers there), `permission_denied` (it is another cluster than the token's, or the leader refuses), and those of decide_join.
/// On the loop of `io`; the rest outlives the promise.
kj::Promise<result<enrolled>> join_cluster(kj::AsyncIoProvider& io, const clock& time, join_seed seed, join_request who,
                                           const private_key& key);

/// What a user is given, and where the node that was asked listens for clients.
struct user_joined {
  user_enrolled given;
  std::string listen; ///< "0.0.0.0:7550"
  std::string http;   ///< likewise; "": nowhere
};

/// Gets a user a certificate; the same otherwise.
kj::Promise<result<user_joined>> join_as_user(kj::AsyncIoProvider& io, const clock& time, join_seed seed, user_request who);

} // namespace troupe
