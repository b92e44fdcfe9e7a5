#include "cluster/lan_discovery.hpp"

#include "runtime/base/unique_fd.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

namespace troupe {

namespace {

/// What the program may take to end once it is asked to.
constexpr int goodbye_ms = 2000;

struct pipe_ends {
  unique_fd read;
  unique_fd write;
};

pipe_ends make_pipe() {
  int ends[2] = {-1, -1};
  if (::pipe2(ends, O_CLOEXEC) != 0)
    return {};
  return {unique_fd(ends[0]), unique_fd(ends[1])};
}

std::vector<std::string> command_of(const lan_discovery_options& options) {
  std::vector<std::string> command{options.program};
  if (!options.announce.empty())
    command.insert(command.end(), {options.cluster_id, options.node_id, options.announce});
  return command;
}

/// 0, or the number of the error.
int spawn(const std::vector<std::string>& command, int input, int output, pid_t& pid) {
  std::vector<char*> argv;
  for (const auto& word : command)
    argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
  ::posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
  ::posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1);
  int failure = ::posix_spawn(&pid, argv[0], &actions, nullptr, argv.data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  return failure;
}

} // namespace

/// The program; it ends when its stdin does, and at the latest with this object.
class lan_discovery::running_program {
public:
  explicit running_program(kj::AsyncIoContext& io, const std::vector<std::string>& command) {
    auto to_it = make_pipe();
    auto from_it = make_pipe();
    failure_ = spawn(command, to_it.read.get(), from_it.write.get(), pid_);
    input_ = std::move(to_it.write);
    if (failure_ == 0)
      output = io.lowLevelProvider->wrapInputFd(from_it.read.release(), kj::LowLevelAsyncIoProvider::TAKE_OWNERSHIP
                                                                            | kj::LowLevelAsyncIoProvider::ALREADY_CLOEXEC);
  }
  ~running_program() { end(); }

  /// 0: it was started.
  int failure() const { return failure_; }

  /// How it ended, once it is dead.
  std::string end() {
    if (pid_ <= 0)
      return {};
    input_.reset(); // it says goodbye and ends
    if (!ends_soon())
      ::kill(pid_, SIGKILL);
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    pid_ = 0;
    if (WIFEXITED(status))
      return "it ended with " + std::to_string(WEXITSTATUS(status));
    return "it ended by signal " + std::to_string(WTERMSIG(status));
  }

  kj::Own<kj::AsyncInputStream> output;

private:
  bool ends_soon() const {
    unique_fd process(static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0)));
    pollfd ended{process.get(), POLLIN, 0};
    return ::poll(&ended, 1, goodbye_ms) == 1;
  }

  int failure_ = 0;
  pid_t pid_ = 0;
  unique_fd input_;
};

lan_discovery::lan_discovery(kj::AsyncIoContext& io, lan_discovery_options options,
                             std::function<void(const std::string& trouble)> tell)
  : io_(io), options_(std::move(options)), tell_(std::move(tell)), seen_(options_.cluster_id, options_.node_id),
    next_rest_(options_.rest_base), work_(keep_running().eagerlyEvaluate(nullptr)) {}

lan_discovery::~lan_discovery() noexcept = default;

kj::Promise<void> lan_discovery::keep_running() {
  return run()
      .then([this](std::string why) {
        program_ = nullptr;
        unread_.clear();
        seen_.forget();
        trouble("looking for nodes on the local network failed, and is tried again: " + why);
        auto rest = std::exchange(next_rest_, std::min(2 * next_rest_, options_.rest_max));
        return io_.provider->getTimer().afterDelay(rest.count() * kj::MILLISECONDS);
      })
      .then([this] { return keep_running(); });
}

kj::Promise<std::string> lan_discovery::run() {
  program_ = kj::heap<running_program>(io_, command_of(options_));
  if (program_->failure() != 0)
    return options_.program + " can't be started: " + std::strerror(program_->failure());
  return read_on();
}

kj::Promise<std::string> lan_discovery::read_on() {
  return program_->output->tryRead(bytes_, 1, sizeof bytes_).then([this](std::size_t got) -> kj::Promise<std::string> {
    if (got == 0)
      return options_.program + ": " + program_->end();
    unread_.append(bytes_, got);
    take_lines();
    if (unread_.size() > sightings::line_bytes_max)
      return options_.program + " wrote a line that has no end";
    return read_on();
  });
}

void lan_discovery::take_lines() {
  std::size_t begin = 0;
  for (auto end = unread_.find('\n'); end != std::string::npos; end = unread_.find('\n', begin)) {
    take(std::string_view(unread_).substr(begin, end - begin));
    begin = end + 1;
  }
  unread_.erase(0, begin);
}

void lan_discovery::take(std::string_view line) {
  constexpr std::string_view complaint = "trouble ";
  if (line.substr(0, complaint.size()) == complaint)
    return trouble(std::string(line.substr(complaint.size())));
  next_rest_ = options_.rest_base;
  seen_.take(line);
}

void lan_discovery::trouble(const std::string& what) {
  if (std::exchange(last_trouble_, what) != what)
    tell_(what);
}

} // namespace troupe
