#include "tests/sim/story_workers.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <stdexcept>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <utility>

namespace troupe {

namespace {

/// Each line that a worker writes is one of both: a seed that it begins with, or what became of it.
nlohmann::json begun(std::uint64_t seed) {
  return {{"seed", seed}};
}

nlohmann::json ended(std::uint64_t seed, const story_outcome& seen) {
  return {{"seed", seed}, {"complaints", seen.complaints}, {"trace", seen.trace}, {"answered", seen.answered}};
}

class worker {
public:
  /// `work` says what it has to say with its argument, in a process of its own.
  explicit worker(const std::function<void(std::FILE*)>& work) {
    int ends[2];
    if (::pipe(ends) != 0)
      throw std::runtime_error("no pipe");
    std::fflush(nullptr);
    process_ = ::fork();
    if (process_ < 0)
      throw std::runtime_error("no process");
    if (process_ == 0) {
      ::close(ends[0]);
      run(work, ends[1]);
    }
    ::close(ends[1]);
    in_ = ::fdopen(ends[0], "r");
  }
  worker(worker&& other) noexcept : process_(other.process_), in_(std::exchange(other.in_, nullptr)) {}
  ~worker() {
    if (in_ != nullptr)
      std::fclose(in_);
  }

  /// Every line that it writes; then how it ended.
  int listen(const std::function<void(const nlohmann::json&)>& on_line) {
    std::string line;
    for (int c = std::fgetc(in_); c != EOF; c = std::fgetc(in_)) {
      if (c != '\n') {
        line += static_cast<char>(c);
        continue;
      }
      on_line(nlohmann::json::parse(line));
      line.clear();
    }
    int status = 0;
    ::waitpid(process_, &status, 0);
    return status;
  }

private:
  /// What it throws ends the process: nobody above is of this one.
  [[noreturn]] static void run(const std::function<void(std::FILE*)>& work, int into) noexcept {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    auto out = ::fdopen(into, "w");
    work(out);
    std::fclose(out);
    ::_exit(0);
  }

  pid_t process_;
  std::FILE* in_;
};

void say(std::FILE* out, const nlohmann::json& what) {
  std::fprintf(out, "%s\n", what.dump().c_str());
  std::fflush(out);
}

} // namespace

void live_in_processes(const story& live, std::uint64_t first, std::uint64_t count,
                       const std::function<void(std::uint64_t seed, const story_outcome&)>& on_outcome) {
  auto workers_count = std::min<std::uint64_t>(std::max(1U, std::thread::hardware_concurrency()), count);
  std::vector<worker> workers;
  for (std::uint64_t which = 0; which < workers_count; ++which)
    workers.emplace_back([&](std::FILE* out) {
      for (auto seed = first + which; seed < first + count; seed += workers_count) {
        say(out, begun(seed));
        say(out, ended(seed, live(seed)));
      }
    });
  for (auto& each : workers) {
    std::uint64_t at = 0;
    auto status = each.listen([&](const nlohmann::json& line) {
      at = line.at("seed");
      if (line.contains("trace"))
        on_outcome(at, {line.at("complaints"), line.at("trace"), line.at("answered")});
    });
    if (status != 0)
      on_outcome(at, {{"its process ended with status " + std::to_string(status)}, 0, 0});
  }
}

} // namespace troupe
