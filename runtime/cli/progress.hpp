#pragma once

#include "runtime/cli/console.hpp"

#include <cstdint>
#include <string>

namespace troupe {

/// "upload  [############------------]  50 %  32 MiB of 64 MiB". `amount` is the last part, as the caller wants it.
std::string progress_line(const std::string& label, std::uint64_t done, std::uint64_t total, const std::string& amount);

/// A bar on stderr, redrawn at most ten times a second and wiped when destroyed; nothing at all where nobody watches.
class progress {
public:
  progress(const console& io, std::string label, std::uint64_t total) : io_(io), label_(std::move(label)), total_(total) {}
  ~progress();
  progress(const progress&) = delete;
  progress& operator=(const progress&) = delete;

  /// Whether a call of `show` now would draw: ask before formatting `amount`.
  bool due() const;
  void show(std::uint64_t done, const std::string& amount);

private:
  const console& io_;
  std::string label_;
  std::uint64_t total_;
  steady_time drawn_{};
};

} // namespace troupe
