#include "cluster/join_token.hpp"

#include "cluster/random_bytes.hpp"
#include "runtime/base/hex.hpp"
#include "runtime/base/sha256.hpp"

#include <cassert>
#include <cstdint>

namespace troupe {

namespace {

constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"; // RFC 4648, 5
constexpr std::size_t cluster_id_size = 16;
constexpr std::size_t hash_size = sha256::hex_size / 2;
constexpr std::size_t bytes_size = cluster_id_size + hash_size + join_token::secret_size;
static_assert(join_token::prefix.size() + (bytes_size * 8 + 5) / 6 == join_token::text_size);

error no_token(const std::string& why) {
  return {error_code::invalid_argument,
          "this is no join token: " + why + "; copy the whole of what 'troupe token create' printed"};
}

std::string encode(std::string_view bytes) {
  std::string text;
  std::uint32_t bits = 0;
  int held = 0;
  for (char c : bytes) {
    bits = bits << 8 | static_cast<unsigned char>(c);
    for (held += 8; held >= 6; held -= 6)
      text += digits[bits >> (held - 6) & 63];
  }
  if (held > 0)
    text += digits[bits << (6 - held) & 63];
  return text;
}

/// `text` has the size that bytes_size bytes have.
result<std::string> decode(std::string_view text) {
  std::string bytes;
  std::uint32_t bits = 0;
  int held = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    auto digit = digits.find(text[i]);
    if (digit == std::string_view::npos)
      return no_token("its character " + std::to_string(join_token::prefix.size() + i + 1)
                      + " is none of A-Z, a-z, 0-9, - and _");
    bits = bits << 6 | static_cast<std::uint32_t>(digit);
    if ((held += 6) < 8)
      continue;
    held -= 8;
    bytes += static_cast<char>(bits >> held & 255);
  }
  if ((bits & ((1U << held) - 1)) != 0)
    return no_token("its last character can't be right");
  return bytes;
}

std::string_view without_blanks(std::string_view text) {
  constexpr std::string_view blanks = " \t\r\n";
  auto first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos)
    return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

} // namespace

join_token make_join_token(std::string cluster_id, std::string authority_sha256) {
  return {std::move(cluster_id), std::move(authority_sha256), random_bytes(join_token::secret_size)};
}

std::string to_text(const join_token& token) {
  auto bytes = from_hex(token.cluster_id).value() + from_hex(token.authority_sha256).value() + token.secret;
  assert(bytes.size() == bytes_size);
  return std::string(join_token::prefix) + encode(bytes);
}

result<join_token> parse_join_token(std::string_view text) {
  text = without_blanks(text);
  if (text.substr(0, join_token::prefix.size()) != join_token::prefix)
    return no_token("it doesn't begin with '" + std::string(join_token::prefix) + "'");
  if (text.size() != join_token::text_size)
    return no_token("it has " + std::to_string(text.size()) + " characters, and one has "
                    + std::to_string(join_token::text_size));
  auto bytes = decode(text.substr(join_token::prefix.size()));
  if (!bytes)
    return bytes.failure();
  return join_token{to_hex(bytes->substr(0, cluster_id_size)), to_hex(bytes->substr(cluster_id_size, hash_size)),
                    bytes->substr(cluster_id_size + hash_size)};
}

std::string sha256_of_secret(std::string_view secret) {
  return sha256_of(secret);
}

} // namespace troupe
