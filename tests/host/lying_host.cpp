// Plays troupe-host without libtorch, honestly but for one lie, which the environment names: LIE=version_garbage. Its model
// gives its first input back. It shows that the node believes nothing that it can't check.

#include "runtime/base/host_layout.hpp"
#include "runtime/base/seqpacket.hpp"
#include "runtime/host/control_socket.hpp"
#include "runtime/host/fork.hpp"
#include "runtime/host/process.hpp"

#include <cstdlib>
#include <cstring>
#include <poll.h>
#include <string>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

using namespace troupe;

namespace {

std::string the_lie() {
  const char* lie = std::getenv("LIE");
  return lie == nullptr ? "" : lie;
}

const std::string lie = the_lie();

[[noreturn]] void hang() {
  for (;;)
    ::pause();
}

void send_garbage(int socket, std::size_t size) {
  std::string bytes(size, '\xff');
  ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
}

/// A pidfd of somebody who is no child of the node: the node itself.
sibling_forker::forked the_node() {
  return {::getppid(), unique_fd(static_cast<int>(::syscall(SYS_pidfd_open, ::getppid(), 0)))};
}

/// A pidfd of somebody whom the node knows already: this process.
sibling_forker::forked myself() {
  return {::getpid(), unique_fd(static_cast<int>(::syscall(SYS_pidfd_open, ::getpid(), 0)))};
}

pid_t node = 0;

/// Forks a process that dies with the node, as real hosts do.
sibling_forker::forked fork_follower(const sibling_forker& forker) {
  auto child = forker.fork();
  if (child->pid == 0 && !follow_node(node))
    ::_exit(3);
  return std::move(*child);
}

// ---- replica

void ring(int bell, std::uint64_t count = 1) {
  [[maybe_unused]] auto written = ::write(bell, &count, sizeof count);
}

void say(done_page& done, std::uint64_t sequence, done_status status, const std::string& text) {
  done.sequence = sequence;
  done.status = static_cast<std::uint32_t>(status);
  done.text_size = static_cast<std::uint32_t>(text.size());
  std::memcpy(done.text, text.data(), text.size());
}

void echo(const work_page& work, done_page& done, std::byte* memory) {
  done.outputs[0] = work.inputs[0];
  done.outputs[0].offset = outputs_offset({work.input_bytes, work.output_bytes}, work.sequence);
  std::memcpy(memory + done.outputs[0].offset, memory + work.inputs[0].offset, work.inputs[0].size);
  done.output_count = 1;
  say(done, work.sequence + (lie == "replica_wrong_sequence" ? 1 : 0), done_status::outputs, "");
}

int run_replica(packet& in, std::uint64_t size) {
  int memory_fd = in.descriptors[0].get();
  int work_bell = in.descriptors[1].get();
  int done_bell = in.descriptors[2].get();
  auto memory = static_cast<std::byte*>(::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, memory_fd, 0));
  auto& work = *reinterpret_cast<work_page*>(memory + work_page_offset);
  auto& done = *reinterpret_cast<done_page*>(memory + done_page_offset);
  if (lie == "replica_silent")
    hang();
  if (lie == "replica_shrinks_memory" && (::ftruncate(memory_fd, 0) == 0 || ::ftruncate(memory_fd, 1LL << 40) == 0))
    return 1;
  if (lie == "replica_full_bell") {
    ring(work_bell, ~0ULL - 1);
    ring(done_bell);
    hang();
  }
  auto first = lie == "replica_fails"                 ? done_status::failed
               : lie == "replica_begins_with_outputs" ? done_status::outputs
                                                      : done_status::ready;
  say(done, 0, first, "no \x07 luck");
  ring(done_bell);
  for (;;) {
    pollfd bell{work_bell, POLLIN, 0};
    ::poll(&bell, 1, -1);
    std::uint64_t count = 0;
    if (::read(work_bell, &count, sizeof count) != sizeof count)
      continue;
    echo(work, done, memory);
    ring(done_bell);
  }
}

// ---- version template

void report_forked(int control, std::uint64_t replica, const sibling_forker::forked& child) {
  capnp::MallocMessageBuilder message;
  auto forked = message.initRoot<schema::FromVersion>().initForked();
  forked.setReplica(replica);
  forked.setPid(static_cast<std::uint32_t>(child.pid));
  int pidfd = child.pidfd.get();
  (void)send_message(control, message, &pidfd, lie == "version_no_pidfd" ? 0 : 1).ok();
}

void report_ready(int control) {
  capnp::MallocMessageBuilder message;
  message.initRoot<schema::FromVersion>().setReady();
  (void)send_message(control, message).ok();
}

int run_version(unique_fd control, const sibling_forker& forker) {
  if (lie == "version_garbage")
    send_garbage(control.get(), 64);
  if (lie == "version_too_large")
    send_garbage(control.get(), packet_bytes_max + 8);
  if (lie == "version_forks_while_loading")
    report_forked(control.get(), 1, myself());
  if (lie == "version_hangs_up") {
    control.reset();
    hang();
  }
  report_ready(control.get());
  if (lie == "version_ready_twice")
    report_ready(control.get());
  if (lie == "version_forks_unasked")
    report_forked(control.get(), 77, fork_follower(forker));
  packet in;
  while (*receive_packet(control.get(), in) == received::packet) {
    message_view message(in);
    auto wanted = message.root<schema::ToVersion>().getForkReplica();
    auto child = fork_follower(forker);
    if (child.pid == 0)
      ::_exit(run_replica(in, wanted.getMemoryBytes()));
    report_forked(control.get(), wanted.getReplica(),
                  lie == "version_reports_itself"     ? myself()
                  : lie == "version_reports_the_node" ? the_node()
                                                      : std::move(child));
  }
  return 0;
}

// ---- template

void report_version(int control, const sibling_forker::forked& child) {
  capnp::MallocMessageBuilder message;
  auto reply = message.initRoot<schema::FromTemplate>();
  reply.setPid(static_cast<std::uint32_t>(child.pid + (lie == "template_wrong_pid" ? 1 : 0)));
  int pidfd = child.pidfd.get();
  (void)send_message(control, message, &pidfd, lie == "template_no_pidfd" ? 0 : 1).ok();
}

int run_template(int control, const sibling_forker& forker) {
  if (lie == "template_speaks_unasked")
    send_garbage(control, 64);
  packet in;
  while (*receive_packet(control, in) == received::packet) {
    if (lie == "template_garbage") {
      send_garbage(control, 64);
      continue;
    }
    auto child = fork_follower(forker);
    if (child.pid == 0)
      ::_exit(run_version(std::move(in.descriptors[0]), forker));
    report_version(control, lie == "template_reports_the_node" ? the_node() : std::move(child));
    in.descriptors.clear();
  }
  return 0;
}

} // namespace

int main(int, char** argv) {
  node = std::atoi(argv[5]);
  if (!follow_node(node))
    return 3;
  return run_template(std::atoi(argv[3]), *sibling_forker::make());
}
