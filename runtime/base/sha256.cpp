#include "runtime/base/sha256.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <new>

namespace troupe {

namespace {

constexpr std::string_view hex_digits = "0123456789abcdef";

} // namespace

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
  std::string text;
  for (auto byte : bytes) {
    text += hex_digits[byte >> 4];
    text += hex_digits[byte & 15];
  }
  return text;
}

std::string sha256_of(std::string_view bytes) {
  sha256 hash;
  hash.update(bytes);
  return hash.finish();
}

bool is_sha256(std::string_view text) {
  return text.size() == sha256::hex_size
         && std::all_of(text.begin(), text.end(), [](char c) { return hex_digits.find(c) != std::string_view::npos; });
}

} // namespace troupe
