#include "runtime/lan/interfaces.hpp"
#include "runtime/lan/neighbourhood.hpp"

#include <avahi-common/timeval.h>
#include <avahi-core/log.h>

#include <csignal>
#include <cstdio>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

namespace {

using namespace troupe;

constexpr rlim_t memory_max = 256 << 20;
/// An interface may be a moment late when a machine starts.
constexpr unsigned interfaces_patience_ms = 2000;

/// What strangers make of this program stays in it.
void fence() {
  ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  rlimit memory{memory_max, memory_max};
  ::setrlimit(RLIMIT_AS, &memory);
  rlimit core{0, 0};
  ::setrlimit(RLIMIT_CORE, &core);
}

void say(const std::string& line) {
  std::fputs((line + "\n").c_str(), stdout);
  std::fflush(stdout);
}

int fail(const std::string& why) {
  say("trouble " + why);
  return 1;
}

/// The poll ends with stdin, whose other end the node holds.
void end_with_stdin(AvahiSimplePoll* poll) {
  auto api = avahi_simple_poll_get(poll);
  auto on_input = [](AvahiWatch*, int, AvahiWatchEvent, void* of) { avahi_simple_poll_quit(static_cast<AvahiSimplePoll*>(of)); };
  api->watch_new(api, STDIN_FILENO, AVAHI_WATCH_IN, on_input, poll);
}

void check_interfaces_later(AvahiSimplePoll* poll) {
  auto api = avahi_simple_poll_get(poll);
  timeval due{};
  avahi_elapse_time(&due, interfaces_patience_ms, 0);
  auto check = [](AvahiTimeout* timeout, void* of) {
    auto own = avahi_simple_poll_get(static_cast<AvahiSimplePoll*>(of));
    own->timeout_free(timeout);
    if (!reaches_others_by_multicast())
      say("trouble no network interface of this machine does multicast, loopback aside: nodes on other machines can't be found, "
          "nor "
          "find this one; name members with --join");
  };
  api->timeout_new(api, &due, check, poll);
}

int run(std::optional<announcement> own) {
  auto poll = avahi_simple_poll_new();
  if (poll == nullptr)
    return fail("there is no memory for it");
  end_with_stdin(poll);
  check_interfaces_later(poll);
  {
    neighbourhood here(poll, std::move(own), say);
    if (auto up = here.start(); !up)
      return fail(up.failure().message);
    avahi_simple_poll_loop(poll);
  }
  avahi_simple_poll_free(poll);
  return 0;
}

} // namespace

/// troupe-lan [CLUSTER NODE ADDRESS]: tells on stdout what announces itself on the local network (cluster/sightings.hpp has the lines), and announces this node
/// if it is told what. Ends when its stdin does.
int main(int count, char** arguments) {
  if (count != 1 && count != 4) {
    std::fputs("usage: troupe-lan [CLUSTER NODE ADDRESS]\nIt is started by a node with --discover lan.\n", stderr);
    return 2;
  }
  fence();
  std::signal(SIGPIPE, SIG_DFL); // nobody listens any more
  avahi_set_log_function([](AvahiLogLevel, const char*) {});
  return run(count == 4 ? std::optional(announcement{arguments[1], arguments[2], arguments[3]}) : std::nullopt);
}
