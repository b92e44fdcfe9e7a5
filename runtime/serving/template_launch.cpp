#include "runtime/serving/template_launch.hpp"

#include "runtime/base/seqpacket.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <vector>

namespace troupe {

namespace {

constexpr int control_fd = 3; ///< in the template

/// The node's environment, but for what libtorch's libraries must find when they are loaded: no threads of their own before
/// the forks, and no spinning ones after them.
std::vector<std::string> template_environment() {
  std::vector<std::string> variables = {"OPENBLAS_NUM_THREADS=1", "OMP_NUM_THREADS=1", "OMP_WAIT_POLICY=passive"};
  auto ours = variables.size();
  for (char** entry = environ; *entry != nullptr; ++entry) {
    std::string variable = *entry;
    auto name_size = variable.find('=') + 1;
    auto same_name = [&](const std::string& other) { return other.compare(0, name_size, variable, 0, name_size) == 0; };
    if (std::none_of(variables.begin(), variables.begin() + static_cast<std::ptrdiff_t>(ours), same_name))
      variables.push_back(std::move(variable));
  }
  return variables;
}

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (auto& text : texts)
    pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

/// The two objects that posix_spawn wants set up and torn down.
struct spawn_plan {
  explicit spawn_plan(int control) {
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    ::posix_spawn_file_actions_adddup2(&actions, control, control_fd);
    ::posix_spawn_file_actions_addclosefrom_np(&actions, control_fd + 1);
    sigset_t signals;
    ::sigfillset(&signals);
    ::posix_spawnattr_init(&attributes);
    ::posix_spawnattr_setsigdefault(&attributes, &signals);
    ::sigemptyset(&signals);
    ::posix_spawnattr_setsigmask(&attributes, &signals);
    ::posix_spawnattr_setpgroup(&attributes, 0); // a Ctrl-C is for the node, which lets its hosts finish first
    ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);
  }
  ~spawn_plan() {
    ::posix_spawn_file_actions_destroy(&actions);
    ::posix_spawnattr_destroy(&attributes);
  }
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
};

error failed(const std::string& what, int number) {
  return {error_code::unavailable, what + ": " + std::strerror(number)};
}

} // namespace

result<control_pair> make_control_pair() {
  auto made = make_seqpacket_pair();
  if (!made)
    return made.failure();
  if (::fcntl(made->ours.get(), F_SETFL, O_NONBLOCK) != 0)
    return failed("cannot set up a control socket", errno);
  return control_pair{std::move(made->ours), std::move(made->theirs)};
}

result<launched_template> launch_template(const std::string& host_path) {
  auto control = make_control_pair();
  if (!control)
    return control.failure();
  spawn_plan plan(control->theirs.get());
  auto environment = template_environment();
  std::vector<std::string> arguments = {
      host_path, "--template", "--socket", std::to_string(control_fd), "--node-pid", std::to_string(::getpid())};
  pid_t pid = 0;
  int problem = ::posix_spawn(&pid, host_path.c_str(), &plan.actions, &plan.attributes, pointers_to(arguments).data(),
                              pointers_to(environment).data());
  if (problem != 0)
    return failed("cannot start the model host '" + host_path + "'", problem);
  unique_fd pidfd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  return launched_template{pid, std::move(pidfd), std::move(control->ours)};
}

} // namespace troupe
