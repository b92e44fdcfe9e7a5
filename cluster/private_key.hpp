#pragma once

#include "runtime/base/error.hpp"

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

struct evp_pkey_st; // OpenSSL's EVP_PKEY

namespace troupe {

/// A key pair on the curve P-256. Copies share it; OpenSSL wipes it with the last one. Any thread.
class private_key {
public:
  static constexpr std::size_t pem_bytes_max = 4096;

  static private_key make();
  /// `invalid_argument` if this is no unencrypted private key on P-256.
  static result<private_key> from_pem(std::string_view pem);

  /// PKCS #8, unencrypted: a secret. See `wipe`.
  std::string pem() const;
  /// SubjectPublicKeyInfo, DER.
  std::string public_key() const;
  /// ECDSA over the SHA-256 of `text`. What is signed must begin with words that tell what it is, and that no other purpose uses.
  std::string sign(std::string_view text) const;

  evp_pkey_st* handle() const { return key_.get(); }

private:
  explicit private_key(std::shared_ptr<evp_pkey_st> key) : key_(std::move(key)) {}

  std::shared_ptr<evp_pkey_st> key_;
};

inline constexpr std::size_t public_key_bytes_max = 512;

/// Whether `public_key` is one on P-256, as DER; `invalid_argument` if not.
result<void> check_public_key(std::string_view public_key);

/// Whether the owner of `public_key` (DER) signed `text`. False for what is no key or no signature.
bool verifies(std::string_view public_key, std::string_view text, std::string_view signature);

/// Overwrites a secret that is needed no more.
void wipe(std::string& secret);

} // namespace troupe
