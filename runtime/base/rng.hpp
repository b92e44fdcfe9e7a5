#pragma once

#include <cstdint>

namespace troupe {

/// A small seeded generator (SplitMix64, Steele, Lea & Flood 2014): the same seed gives the same numbers on every machine. Not for secrets.
class rng {
public:
  explicit rng(std::uint64_t seed) : state_(seed) {}

  std::uint64_t next() {
    auto z = (state_ += 0x9e3779b97f4a7c15ULL);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
  }

  /// Uniform in [0, bound); bound 0 gives 0. (The modulo's bias is below bound / 2^64.)
  std::uint64_t below(std::uint64_t bound) { return bound == 0 ? 0 : next() % bound; }

  /// Uniform in [0, 1).
  double unit() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }

  /// True with probability p.
  bool chance(double p) { return unit() < p; }

private:
  std::uint64_t state_;
};

} // namespace troupe
