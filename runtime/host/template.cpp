#include "runtime/host/template.hpp"

#include "runtime/host/control_socket.hpp"
#include "runtime/host/exit_code.hpp"
#include "runtime/host/process.hpp"
#include "runtime/host/torch_runtime.hpp"
#include "runtime/host/version_template.hpp"

#include <cstdio>
#include <malloc.h>
#include <sys/prctl.h>

namespace troupe {

namespace {

struct forking_tools {
  sandbox_programs programs;
  sibling_forker forker;
};

result<forking_tools> make_tools() {
  auto programs = sandbox_programs::compile();
  if (!programs)
    return programs.failure();
  auto forker = sibling_forker::make();
  if (!forker)
    return forker.failure();
  // Every host inherits it; without it a filter can't be installed.
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
    return error{error_code::failed_precondition, "this kernel has no no_new_privs"};
  return forking_tools{std::move(*programs), *forker};
}

bool answer(int control, const result<sibling_forker::forked>& child) {
  capnp::MallocMessageBuilder message;
  auto reply = message.initRoot<schema::FromTemplate>();
  if (!child) {
    reply.setReason(child.failure().message);
    return send_message(control, message).ok();
  }
  reply.setPid(static_cast<std::uint32_t>(child->pid));
  int pidfd = child->pidfd.get();
  return send_message(control, message, &pidfd, 1).ok();
}

result<version_order> read_order(pid_t node, packet& in) {
  message_view message(in);
  auto request = message.root<schema::ToTemplate>();
  if (request.getProtocolVersion() != schema::HOST_PROTOCOL_VERSION)
    return error{error_code::failed_precondition, "troupe-host and troupe are of different builds; install them together"};
  if (in.descriptors.size() != 2)
    return error{error_code::invalid_argument, "a version needs two descriptors"};
  version_order order;
  order.node = node;
  order.title = request.getLoadVersion().getTitle().cStr();
  order.spec = read_spec(request.getLoadVersion());
  order.model_bytes = request.getLoadVersion().getModelBytes();
  order.control = std::move(in.descriptors[0]);
  order.model_file = std::move(in.descriptors[1]);
  return order;
}

result<sibling_forker::forked> fork_version(result<version_order> order, const forking_tools& tools) {
  if (!order)
    return order.failure();
  auto child = tools.forker.fork();
  if (child && child->pid == 0)
    ::_exit(run_version_template(std::move(*order), tools.programs, tools.forker));
  return child;
}

int serve(int control, pid_t node, const forking_tools& tools) {
  packet in;
  for (;;) {
    auto got = receive_packet(control, in);
    if (got && *got == received::closed)
      return finished;
    auto order = got ? read_order(node, in) : result<version_order>(got.failure());
    in.descriptors.clear(); // of a request that was refused
    if (!answer(control, fork_version(std::move(order), tools)))
      return finished;
  }
}

int complain(const std::string& message) {
  std::fprintf(stderr, "troupe-host: %s\n", message.c_str());
  return bad_usage;
}

} // namespace

int run_template(unique_fd control, pid_t node) {
  if (!follow_node(node))
    return lost_node;
  set_title("host template");
  volunteer_for_oom();
  limit_resource(RLIMIT_CORE, 0);
  ::mallopt(M_ARENA_MAX, 1); // an arena for each thread would count against a version's memory
  prepare_torch();
  reset_signal_handlers(); // libtorch 2.6 brings UCX, which catches faults
  if (thread_count() != 1)
    return complain("libtorch has started threads, so it can't be forked; OPENBLAS_NUM_THREADS and OMP_NUM_THREADS must be 1");
  auto tools = make_tools();
  if (!tools)
    return complain(tools.failure().message);
  return serve(control.get(), node, *tools);
}

} // namespace troupe
