#pragma once

#include <cstdint>
#include <string_view>

/// Hashes that are the same on every node, whatever built it. Not against an adversary.
namespace troupe {

/// Spreads a number over 64 bits (SplitMix64's finalizer, Steele, Lea & Flood 2014).
inline std::uint64_t mixed(std::uint64_t z) {
  z += 0x9e3779b97f4a7c15ULL;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31);
}

/// FNV-1a (Fowler, Noll & Vo 1991) of what was hashed into `before` and of this behind it. Not yet mixed.
inline std::uint64_t fnv1a(std::string_view text, std::uint64_t before = 0xcbf29ce484222325ULL) {
  for (char c : text)
    before = (before ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  return before;
}

/// FNV-1a, mixed.
inline std::uint64_t hash_of(std::string_view text) {
  return mixed(fnv1a(text));
}

} // namespace troupe
