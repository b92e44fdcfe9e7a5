#include "runtime/gateway/forward_service.hpp"

#include "runtime/gateway/error_map.hpp"
#include "runtime/gateway/forward_codec.hpp"
#include "runtime/gateway/rpc_connection.hpp"
#include "runtime/policy/queue_policy.hpp"
#include "runtime/policy/request_check.hpp"

#include <kj/debug.h>

#include <algorithm>

namespace troupe {

namespace {

using infer_call = capnp::CallContext<schema::Forward::InferParams, schema::Forward::InferResults>;

/// A call with some of its answers still to come. The call context owns the message that the inputs lie in. Belongs to its loop's thread.
class open_call {
public:
  /// `all_answered` is fulfilled once each of its requests, at least one, has its answer.
  open_call(infer_call call, std::uint64_t bytes_max, kj::Own<kj::PromiseFulfiller<void>> all_answered)
    : call_(kj::mv(call)), bytes_left_(bytes_max), left_(call_.getParams().getRequests().size()),
      answers_(call_.getResults().initAnswers(left_)), all_answered_(kj::mv(all_answered)) {}
  ~open_call() noexcept {} // KJ's destructors may throw by their type; these don't

  void set_outputs(unsigned index, std::uint32_t crashes, const std::vector<tensor_view>& outputs) {
    auto words = words_for(outputs);
    if (words * sizeof(capnp::word) > bytes_left_)
      return set_error(index, crashes,
                       {error_code::overloaded, "the answers to requests that came together are larger than a message may be "
                                                "(max_message); send fewer at once"});
    bytes_left_ -= words * sizeof(capnp::word);
    answers_[index].setCrashes(crashes);
    write_tensors(answers_[index].initOutputs(static_cast<unsigned>(outputs.size())), outputs);
    count_one();
  }
  void set_error(unsigned index, std::uint32_t crashes, const error& failure) {
    answers_[index].setCrashes(crashes);
    write_error(answers_[index].initError(), failure);
    count_one();
  }

private:
  void count_one() {
    if (--left_ == 0)
      all_answered_->fulfill();
  }

  infer_call call_;
  std::uint64_t bytes_left_; ///< for outputs
  unsigned left_;
  capnp::List<schema::ForwardAnswer>::Builder answers_;
  kj::Own<kj::PromiseFulfiller<void>> all_answered_;
};

/// One of a call's requests.
class forwarded_request final : public inference_request {
public:
  forwarded_request(std::shared_ptr<open_call> call, unsigned index) : call_(std::move(call)), index_(index) {}

  void on_outputs(const std::vector<tensor_view>& outputs) override { call_->set_outputs(index_, crashes, outputs); }
  void on_error(const error& failure) override { call_->set_error(index_, crashes, failure); }

private:
  const std::shared_ptr<open_call> call_;
  const unsigned index_;
};

/// What holds for any request, whoever sent it.
result<std::uint32_t> check(const model_spec& spec, capnp::List<schema::ForwardTensor>::Reader list,
                            std::vector<tensor_view>& inputs) {
  auto read = read_tensors(spec.inputs, list);
  if (!read)
    return read.failure();
  std::vector<named_view> named;
  named.reserve(read->size());
  for (std::size_t i = 0; i < read->size(); ++i)
    named.push_back({spec.inputs[i].name, (*read)[i]});
  return check_request(spec, named, inputs);
}

std::chrono::microseconds microseconds_of(std::uint64_t count, std::chrono::microseconds most) {
  return std::chrono::microseconds(std::min(count, static_cast<std::uint64_t>(most.count())));
}

} // namespace

kj::Promise<void> forward_service::infer(InferContext call) {
  auto params = call.getParams();
  auto requests = params.getRequests();
  KJ_REQUIRE(requests.size() > 0 && requests.size() <= remote_pool::call_requests_max, "not what a node sends in one call",
             requests.size());
  auto name = params.getDeployment();
  const version_id id{quotable({name.begin(), name.size()}), params.getVersion()};
  auto target = context_.drain.closed() ? nullptr : find_pool(id);
  auto done = kj::newPromiseAndFulfiller<void>();
  auto answers = std::make_shared<open_call>(call, forward_message_bytes_max(context_.options) / 2, kj::mv(done.fulfiller));
  auto now = context_.time.now();
  for (unsigned i = 0; i < requests.size(); ++i) {
    auto from = requests[i];
    if (target == nullptr) {
      answers->set_error(i, from.getCrashes(),
                         context_.drain.closed()
                             ? drain_gate::refusal()
                             : error{error_code::unavailable, to_string(id) + " does not run on the node that was asked; retry"});
      continue;
    }
    auto next = std::make_unique<forwarded_request>(answers, i);
    auto rows = check(target->spec(), from.getInputs(), next->inputs);
    if (!rows) {
      answers->set_error(i, from.getCrashes(), rows.failure());
      continue;
    }
    next->rows = *rows;
    next->crashes = from.getCrashes();
    next->alone = from.getAlone();
    next->is_copy = from.getCopy();
    next->priority = from.getPriority();
    next->timeout = microseconds_of(from.getTimeoutUs(), context_.options.deadline_max);
    next->arrived = now;
    next->deadline = now + without_travel(microseconds_of(from.getDeadlineUs(), context_.options.deadline_max));
    next->loop = &context_.loop;
    target->submit(std::move(next));
  }
  if (target != nullptr)
    target->dispatch();
  return kj::mv(done.promise);
}

std::shared_ptr<pool> forward_service::find_pool(const version_id& id) {
  auto local_of = [&id](const version_id& version, const std::shared_ptr<spread>& target) {
    return target != nullptr && version == id ? target->local() : nullptr;
  };
  if (auto route = context_.routes.find(id.deployment); route != nullptr) {
    if (auto local = local_of(route->version, route->target); local != nullptr)
      return local;
    if (route->candidate) {
      if (auto local = local_of(route->candidate->version, route->candidate->target); local != nullptr)
        return local;
      for (const auto& other : route->candidate->others)
        if (auto local = local_of(other.version, other.target); local != nullptr)
          return local;
    }
  }
  return context_.pools.find_pool(id); // another node may have switched before this one
}

forward_server::forward_server(const std::vector<kj_loop*>& loops, const routing_cell& routes, const clock& time,
                               gateway_options options, const drain_gate& drain)
  : options_(options) {
  for (auto loop : loops)
    lanes_.push_back(std::unique_ptr<forward_context>(
        new forward_context{*loop, routes, routing_view(routes), time, options_, drain, cut_list(*loop)}));
}

kj::Promise<void> forward_server::serve(std::size_t loop, kj::Own<kj::AsyncIoStream> peer, const std::string& who) {
  auto served =
      kj::heap<rpc_connection>(kj::mv(peer), kj::heap<forward_service>(*lanes_[loop]), forward_message_bytes_max(options_));
  auto gone = served->on_disconnect().exclusiveJoin(lanes_[loop]->open.until_cut(who));
  return gone.attach(kj::mv(served));
}

void forward_server::cut(const std::string& who) {
  for (auto& lane : lanes_)
    lane->open.cut(who);
}

} // namespace troupe
