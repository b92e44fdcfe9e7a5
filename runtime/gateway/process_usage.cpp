#include "runtime/gateway/process_usage.hpp"

#include <fstream>
#include <sstream>
#include <string>
#include <unistd.h>

namespace troupe {

namespace {

/// The kernel looks at every page of a process to tell its memory.
constexpr auto memory_age_max = std::chrono::seconds(10);
constexpr auto processor_interval_min = std::chrono::seconds(1);

std::string path_of(pid_t process, const char* file) {
  return "/proc/" + std::to_string(process) + "/" + file;
}

/// The figure of a line "Pss:   123 kB".
std::optional<std::uint64_t> bytes_in(std::istream& from, const std::string& key) {
  for (std::string line; std::getline(from, line);)
    if (line.rfind(key, 0) == 0)
      return std::stoull(line.substr(key.size())) * 1024;
  return std::nullopt;
}

} // namespace

std::optional<std::chrono::nanoseconds> cpu_time_of(pid_t process) {
  std::ifstream file(path_of(process, "stat"));
  std::string text;
  std::getline(file, text);
  auto end = text.rfind(')'); // of the name, which may hold anything
  if (end == std::string::npos)
    return std::nullopt;
  std::istringstream fields(text.substr(end + 1));
  std::string skipped;
  for (int i = 0; i < 11; ++i) // from the state to the faults; see proc(5)
    fields >> skipped;
  std::uint64_t user = 0;
  std::uint64_t system = 0;
  if (!(fields >> user >> system))
    return std::nullopt;
  static const auto ticks_a_second = static_cast<std::uint64_t>(::sysconf(_SC_CLK_TCK));
  return std::chrono::nanoseconds((user + system) * (1'000'000'000 / ticks_a_second));
}

std::optional<std::uint64_t> memory_of(pid_t process) {
  std::ifstream file(path_of(process, "smaps_rollup"));
  return bytes_in(file, "Pss:");
}

machine_memory memory_of_machine() {
  std::ifstream file("/proc/meminfo");
  auto total = bytes_in(file, "MemTotal:").value_or(0);
  return {total, total - bytes_in(file, "MemAvailable:").value_or(total)};
}

std::optional<std::uint64_t> memory_meter::read(pid_t process, steady_time now) {
  auto& reading = readings_[process];
  if (reading.at == steady_time{} || now - reading.at >= memory_age_max)
    reading = {memory_of(process), now};
  return reading.bytes;
}

void memory_meter::forget_old(steady_time now) {
  for (auto each = readings_.begin(); each != readings_.end();)
    each = now - each->second.at >= memory_age_max ? readings_.erase(each) : std::next(each);
}

processor_meter::processor_meter() : last_(look()) {}

double processor_meter::read(steady_time now) {
  if (last_at_ && now - *last_at_ < processor_interval_min)
    return share_;
  auto found = look();
  if (found.all > last_.all)
    share_ = static_cast<double>(found.busy - last_.busy) / static_cast<double>(found.all - last_.all);
  last_ = found;
  last_at_ = now;
  return share_;
}

processor_meter::ticks processor_meter::look() {
  std::ifstream file("/proc/stat");
  std::string name;
  file >> name; // "cpu": all of them
  ticks found;
  std::uint64_t value = 0;
  constexpr int idle = 3;
  constexpr int waits_for_disk = 4;
  constexpr int fields = 8; // up to stolen time; guests count as user time already
  for (int i = 0; i < fields && file >> value; ++i) {
    found.all += value;
    found.busy += i == idle || i == waits_for_disk ? 0 : value;
  }
  return found;
}

} // namespace troupe
