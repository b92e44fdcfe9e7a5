#pragma once

#include "runtime/base/error.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace troupe {

/// What somebody needs to join: which cluster, how to know its authority before trusting anybody, and a secret that the leader knows the hash of.
///
///     trp_ + base64url, without padding, of cluster id (16 bytes), SHA-256 of the authority's certificate (32), secret (16)
struct join_token {
  static constexpr std::string_view prefix = "trp_";
  static constexpr std::size_t secret_size = 16;
  static constexpr std::size_t text_size = 90;

  std::string cluster_id;       ///< 32 hex digits
  std::string authority_sha256; ///< 64 hex digits
  std::string secret;           ///< secret_size bytes
};

/// A new one for this cluster.
join_token make_join_token(std::string cluster_id, std::string authority_sha256);

std::string to_text(const join_token& token);

/// `invalid_argument` says what is wrong, and repeats nothing of the text. Blanks around it don't matter.
result<join_token> parse_join_token(std::string_view text);

/// What the leader keeps of a secret: 64 hex digits.
std::string sha256_of_secret(std::string_view secret);

} // namespace troupe
