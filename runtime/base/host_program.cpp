#include "runtime/base/host_program.hpp"

#include <filesystem>

namespace troupe {

namespace {

std::string companion(const char* name) {
  std::error_code failed; // without /proc: whatever the working folder has
  auto folder = std::filesystem::read_symlink("/proc/self/exe", failed).parent_path();
  auto beside = folder / name;
  auto installed = folder.parent_path() / "libexec" / "troupe" / name;
  bool only_installed = !std::filesystem::exists(beside, failed) && std::filesystem::exists(installed, failed);
  return (only_installed ? installed : beside).string();
}

} // namespace

std::string host_program() {
  return companion("troupe-host");
}

std::string lan_program() {
  return companion("troupe-lan");
}

} // namespace troupe
