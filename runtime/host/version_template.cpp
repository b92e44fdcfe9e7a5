#include "runtime/host/version_template.hpp"

#include "runtime/host/control_socket.hpp"
#include "runtime/host/exit_code.hpp"
#include "runtime/host/model.hpp"
#include "runtime/host/process.hpp"
#include "runtime/host/replica.hpp"
#include "runtime/host/version_sandbox.hpp"

#include <algorithm>
#include <optional>
#include <unistd.h>

namespace troupe {

namespace {

/// The part of the life in which it failed, as schemas/host.capnp names it, and why.
struct load_failure {
  const char* stage;
  std::string reason;
};

using stage_outcome = std::optional<load_failure>;

stage_outcome enter_sandbox(version_order& order, const sandbox_programs& programs) {
  set_title("tpl " + order.title);
  limit_resource(RLIMIT_FSIZE, 0);
  const auto& filter = order.spec.threads > 1 ? programs.version_template_of_threads : programs.version_template;
  if (auto entered = enter_version_sandbox(order.control, order.model_file, filter); !entered)
    return load_failure{"sandbox", entered.failure().message};
  return {};
}

result<model> load(const version_order& order) {
  limit_load_memory(order.model_bytes, order.spec.memory_bytes);
  return model::load(order.model_file.get(), order.model_bytes, order.spec);
}

stage_outcome warm(model& net, std::uint32_t rows) {
  auto outcome = net.warm(rows);
  if (outcome.status == done_status::outputs)
    return {};
  return load_failure{"warm", "called with zeros, the model failed: " + outcome.text};
}

/// The batch sizes that replicas must be quick at, then the largest once more with no more memory than a replica will have. Once
/// is enough for each: there is one plan for all shapes (prepare_torch).
stage_outcome warm_all(model& net, const model_spec& spec) {
  for (auto rows : {std::min(spec.max_batch, 1U), spec.max_batch})
    if (auto failed = warm(net, rows))
      return failed;
  trim_memory();
  limit_address_space(address_space_bytes() + spec.memory_bytes, limit_kind::soft);
  auto failed = warm(net, spec.max_batch);
  trim_memory();
  return failed;
}

/// From the sandbox to a warm model, or the stage that failed.
struct loading {
  std::optional<model> net;
  stage_outcome failed;
};

loading bring_up(version_order& order, const sandbox_programs& programs) {
  if (auto failed = enter_sandbox(order, programs))
    return {{}, failed};
  auto net = load(order);
  if (!net)
    return {{}, load_failure{"load", net.failure().message}};
  if (auto allowed = net->check_operators(); !allowed)
    return {{}, load_failure{"operators", allowed.failure().message}};
  if (auto optimized = net->optimize(); !optimized)
    return {{}, load_failure{"warm", optimized.failure().message}};
  if (auto fits = net->check_signature(); !fits)
    return {{}, load_failure{"signature", fits.failure().message}};
  if (auto failed = warm_all(*net, order.spec))
    return {{}, failed};
  order.model_file.reset();
  return {std::move(*net), {}};
}

void report_failure(int control, const load_failure& failed) {
  capnp::MallocMessageBuilder message;
  auto failure = message.initRoot<schema::FromVersion>().initFailed();
  failure.setStage(failed.stage);
  failure.setReason(failed.reason);
  (void)send_message(control, message).ok();
}

bool report_ready(int control) {
  capnp::MallocMessageBuilder message;
  message.initRoot<schema::FromVersion>().setReady();
  return send_message(control, message).ok();
}

bool report_fork(int control, std::uint64_t replica, const result<sibling_forker::forked>& child) {
  capnp::MallocMessageBuilder message;
  auto forked = message.initRoot<schema::FromVersion>().initForked();
  forked.setReplica(replica);
  if (!child) {
    forked.setReason(child.failure().message);
    return send_message(control, message).ok();
  }
  forked.setPid(static_cast<std::uint32_t>(child->pid));
  int pidfd = child->pidfd.get();
  return send_message(control, message, &pidfd, 1).ok();
}

replica_order read_order(const version_order& order, schema::ForkReplica::Reader wanted, packet& with) {
  replica_order replica;
  replica.node = order.node;
  replica.title = order.title;
  replica.memory = std::move(with.descriptors[0]);
  replica.work = std::move(with.descriptors[1]);
  replica.done = std::move(with.descriptors[2]);
  replica.memory_size = wanted.getMemoryBytes();
  replica.seed = wanted.getSeed();
  return replica;
}

/// Forks until the node closes the socket.
int serve(version_order& order, model& net, const sandbox_programs& programs, const sibling_forker& forker) {
  packet in;
  for (;;) {
    auto got = receive_packet(order.control.get(), in);
    if (got && *got == received::closed)
      return finished;
    if (!got || *got != received::packet || in.descriptors.size() != 3)
      return broken_protocol;
    message_view message(in);
    auto wanted = message.root<schema::ToVersion>().getForkReplica();
    auto child = forker.fork();
    if (child && child->pid == 0) {
      auto replica = read_order(order, wanted, in);
      order.control.reset();
      ::_exit(run_replica(std::move(replica), net, order.spec, programs));
    }
    if (!report_fork(order.control.get(), wanted.getReplica(), child))
      return finished;
    in.descriptors.clear();
  }
}

} // namespace

int run_version_template(version_order order, const sandbox_programs& programs, const sibling_forker& forker) {
  if (!follow_node(order.node))
    return lost_node;
  auto loaded = bring_up(order, programs);
  if (loaded.failed) {
    report_failure(order.control.get(), *loaded.failed);
    return load_failed;
  }
  if (!report_ready(order.control.get()))
    return finished;
  return serve(order, *loaded.net, programs, forker);
}

} // namespace troupe
