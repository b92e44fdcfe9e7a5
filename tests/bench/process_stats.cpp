#include "tests/bench/process_stats.hpp"

#include "tests/bench/program.hpp"

#include <ctime>
#include <filesystem>
#include <sstream>
#include <stdexcept>
#include <string>

namespace troupe::bench {

namespace {

std::string proc_path(pid_t pid, const char* file) {
  return "/proc/" + std::to_string(pid) + "/" + file;
}

/// Sum of the lines "FIELD:   N kB" of a file in /proc/PID, in bytes.
std::uint64_t bytes_of(pid_t pid, const char* file, const std::vector<std::string>& fields) {
  std::istringstream lines(text_of_file(proc_path(pid, file)));
  std::uint64_t kibibytes = 0;
  std::size_t found = 0;
  for (std::string line; std::getline(lines, line);)
    for (const auto& field : fields)
      if (line.compare(0, field.size() + 1, field + ":") == 0) {
        kibibytes += std::stoull(line.substr(field.size() + 1));
        ++found;
      }
  if (found != fields.size())
    throw std::runtime_error("can't read " + fields.front() + " in " + proc_path(pid, file));
  return kibibytes * 1024;
}

} // namespace

std::chrono::nanoseconds cpu_time(pid_t pid) {
  clockid_t clock{};
  timespec time{};
  if (::clock_getcpuclockid(pid, &clock) != 0 || ::clock_gettime(clock, &time) != 0)
    throw std::runtime_error("no CPU time of process " + std::to_string(pid));
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

std::uint64_t anonymous_bytes(pid_t pid) {
  return bytes_of(pid, "status", {"RssAnon"});
}

std::uint64_t proportional_bytes(pid_t pid) {
  return bytes_of(pid, "smaps_rollup", {"Pss"});
}

std::uint64_t private_bytes(pid_t pid) {
  return bytes_of(pid, "smaps_rollup", {"Private_Clean", "Private_Dirty"});
}

std::vector<pid_t> children_of(pid_t pid) {
  std::vector<pid_t> found;
  for (const auto& task : std::filesystem::directory_iterator(proc_path(pid, "task"))) {
    std::istringstream list(text_of_file(task.path() / "children"));
    for (pid_t child = 0; list >> child;)
      found.push_back(child);
  }
  return found;
}

} // namespace troupe::bench
