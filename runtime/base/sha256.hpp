#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace troupe {

/// SHA-256 of bytes that come in pieces.
class sha256 {
public:
  /// Digits in a digest's text.
  static constexpr std::size_t hex_size = 64;

  sha256();
  ~sha256();
  sha256(sha256&&) noexcept;
  sha256& operator=(sha256&&) noexcept;

  void update(const void* data, std::size_t size);
  void update(std::string_view bytes) { update(bytes.data(), bytes.size()); }
  /// The digest of everything so far as 64 lower-case hex digits. Once; nothing may be added after it.
  std::string finish();

private:
  struct context;
  std::unique_ptr<context> context_;
};

/// The digest of `bytes` as 64 lower-case hex digits.
std::string sha256_of(std::string_view bytes);

/// Whether `text` is 64 lower-case hex digits, so that it may name a file.
bool is_sha256(std::string_view text);

} // namespace troupe
