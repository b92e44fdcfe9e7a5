#include "runtime/base/sha256.hpp"

#include "runtime/base/hex.hpp"

#include <openssl/evp.h>

#include <array>
#include <cassert>
#include <new>

namespace troupe {

struct sha256::context {
  context() : digest(EVP_MD_CTX_new()) {
    if (digest == nullptr || EVP_DigestInit_ex(digest, EVP_sha256(), nullptr) != 1)
      throw std::bad_alloc(); // the only way these fail
  }
  context(const context&) = delete;
  ~context() { EVP_MD_CTX_free(digest); }

  EVP_MD_CTX* digest;
};

sha256::sha256() : context_(std::make_unique<context>()) {}
sha256::~sha256() = default;
sha256::sha256(sha256&&) noexcept = default;
sha256& sha256::operator=(sha256&&) noexcept = default;

void sha256::update(const void* data, std::size_t size) {
  [[maybe_unused]] auto done = EVP_DigestUpdate(context_->digest, data, size);
  assert(done == 1);
}

std::string sha256::finish() {
  std::array<unsigned char, hex_size / 2> bytes{};
  [[maybe_unused]] auto done = EVP_DigestFinal_ex(context_->digest, bytes.data(), nullptr);
  assert(done == 1);
  return to_hex({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

std::string sha256_of(std::string_view bytes) {
  sha256 hash;
  hash.update(bytes);
  return hash.finish();
}

bool is_sha256(std::string_view text) {
  return text.size() == sha256::hex_size && from_hex(text).has_value();
}

} // namespace troupe
