#include "runtime/base/host_program.hpp"

#include <filesystem>

namespace troupe {

std::string host_program() {
  std::error_code failed; // without /proc: whatever the working folder has
  auto folder = std::filesystem::read_symlink("/proc/self/exe", failed).parent_path();
  auto beside = folder / "troupe-host";
  auto installed = folder.parent_path() / "libexec" / "troupe" / "troupe-host";
  bool only_installed = !std::filesystem::exists(beside, failed) && std::filesystem::exists(installed, failed);
  return (only_installed ? installed : beside).string();
}

} // namespace troupe
