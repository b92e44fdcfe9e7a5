#pragma once

#include "cluster/private_key.hpp"

#include <string>
#include <string_view>

namespace troupe {

/// What a node answers to the nonce that the other side gave it: that it holds the key, and for which cluster and node it says so.
std::string prove(const private_key& key, std::string_view cluster_id, std::string_view node_id, std::string_view nonce);

/// Whether the owner of `public_key` (DER) made that proof.
bool proves(std::string_view public_key, std::string_view cluster_id, std::string_view node_id, std::string_view nonce,
            std::string_view proof);

} // namespace troupe
