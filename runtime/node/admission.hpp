#pragma once

#include "cluster/join_client.hpp"
#include "cluster/join_token.hpp"
#include "runtime/base/config.hpp"

#include <chrono>

namespace troupe {

/// How long a node tries to get in while nobody answers: its seeds may be starting just now, too.
inline constexpr std::chrono::seconds admission_patience{30};

/// Has the node let into the token's cluster, by the first that does it of its seeds (each host name stands for all its addresses, resolved anew at each round) and of
/// what is discovered. It goes round again while nobody answers; a node that answers with a refusal ends it. The error has a line for each address that failed, if
/// there are several. Blocks.
result<enrolled> be_admitted(const node_options& options, const join_token& token, const join_request& who,
                             const private_key& key, const clock& time);

} // namespace troupe
