#include "runtime/gateway/forward_service.hpp"

#include "runtime/gateway/error_map.hpp"
#include "runtime/gateway/forward_codec.hpp"
#include "runtime/policy/queue_policy.hpp"
#include "runtime/policy/request_check.hpp"

#include <kj/debug.h>

#include <algorithm>
#include <atomic>

namespace troupe {

/// A call, until each of its requests has its answer and all answers have gone out: it owns the message that the inputs lie in. Belongs to its loop's thread.
class forward_service::open_call : public std::enable_shared_from_this<open_call> {
public:
  /// A peer that is gone gets no answers. One takes at most so many bytes.
  open_call(kj::Own<received_message> message, std::weak_ptr<peer> from, std::uint64_t number, std::size_t requests,
            std::uint64_t bytes_max, std::atomic<std::uint32_t>& count)
    : counted_(count), message_(kj::mv(message)), from_(std::move(from)), bytes_max_(bytes_max), number_(number),
      withdrawn_(requests) {}
  ~open_call() noexcept { // KJ's destructors may throw by their type; these don't
    if (auto to = from_.lock())
      to->calls.erase(number_);
  }

  /// Whether nobody waits for that request any more.
  std::shared_ptr<const std::atomic<bool>> withdrawn(unsigned index) { return {shared_from_this(), &withdrawn_[index]}; }
  void withdraw(unsigned index) {
    KJ_REQUIRE(index < withdrawn_.size(), "not one of the call's requests");
    withdrawn_[index].store(true, std::memory_order_relaxed);
  }
  void withdraw_all() {
    for (auto& each : withdrawn_)
      each.store(true, std::memory_order_relaxed);
  }

  void set_outputs(unsigned index, std::uint32_t crashes, const std::vector<tensor_view>& outputs) {
    auto words = words_for(outputs);
    if (words * sizeof(capnp::word) > bytes_max_)
      return set_error(
          index, crashes,
          {error_code::overloaded, "the answer is larger than a message between nodes may be (limits.message_bytes)"});
    send(index, crashes, words, [&](schema::ForwardAnswer::Builder into) {
      write_tensors(into.initOutputs(static_cast<unsigned>(outputs.size())), outputs);
    });
  }
  void set_error(unsigned index, std::uint32_t crashes, const error& failure) {
    send(index, crashes, failure.message.size() / sizeof(capnp::word),
         [&](schema::ForwardAnswer::Builder into) { write_error(into.initError(), failure); });
  }

private:
  /// `words`: that it needs, about. Who doesn't read answers can't send more: his message is held with each.
  template <class Write>
  void send(unsigned index, std::uint32_t crashes, std::uint64_t words, const Write& write) {
    constexpr std::uint64_t overhead = 32;
    auto to = from_.lock();
    if (to == nullptr)
      return;
    auto message = kj::heap<capnp::MallocMessageBuilder>(static_cast<unsigned>(words + overhead));
    auto root = message->initRoot<schema::ForwardMessage>();
    root.setNumber(number_);
    auto answer = root.initAnswer();
    answer.setIndex(index);
    answer.setCrashes(crashes);
    write(answer);
    to->stream.send(message.attach(shared_from_this()));
  }

  const counted counted_;
  kj::Own<received_message> message_;
  const std::weak_ptr<peer> from_;
  const std::uint64_t bytes_max_;
  const std::uint64_t number_;
  std::vector<std::atomic<bool>> withdrawn_; ///< by request; read on any thread
};

/// One of a call's requests.
class forward_service::forwarded_request final : public inference_request {
public:
  forwarded_request(std::shared_ptr<open_call> call, unsigned index) : call_(std::move(call)), index_(index) {
    abandoned = call_->withdrawn(index);
  }

  void on_outputs(const std::vector<tensor_view>& outputs) override { call_->set_outputs(index_, crashes, outputs); }
  void on_error(const error& failure) override { call_->set_error(index_, crashes, failure); }

private:
  const std::shared_ptr<open_call> call_;
  const unsigned index_;
};

namespace {

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

forward_service::forward_service(kj::Own<kj::AsyncIoStream> peer, forward_context& context)
  : context_(context), peer_(std::make_shared<forward_service::peer>(kj::mv(peer), forward_message_bytes_max(context.options))) {}

forward_service::~forward_service() noexcept {
  for (const auto& [number, call] : peer_->calls)
    call->withdraw_all();
}

kj::Promise<void> forward_service::run() {
  return peer_->stream.run([this](kj::Own<received_message> message) {
    auto told = message->root<schema::ForwardMessage>();
    KJ_REQUIRE(!told.isAnswer(), "not what a node says that asks");
    if (told.isWithdrawn())
      on_withdrawn(told.getNumber(), told.getWithdrawn());
    else
      on_call(kj::mv(message));
  });
}

/// What has been answered meanwhile is no longer there.
void forward_service::on_withdrawn(std::uint64_t number, capnp::List<std::uint32_t>::Reader indices) {
  auto found = peer_->calls.find(number);
  if (found == peer_->calls.end())
    return;
  for (auto index : indices)
    found->second->withdraw(index);
}

void forward_service::on_call(kj::Own<received_message> message) {
  auto told = message->root<schema::ForwardMessage>();
  auto number = told.getNumber();
  KJ_REQUIRE(peer_->calls.count(number) == 0, "a second call of this number");
  auto requests = told.getCall().getRequests();
  KJ_REQUIRE(requests.size() > 0 && requests.size() <= remote_pool::call_requests_max, "not what a node sends in one call",
             requests.size());
  auto name = told.getCall().getDeployment();
  const version_id id{quotable({name.begin(), name.size()}), told.getCall().getVersion()};
  auto target = context_.drain.closed() ? nullptr : find_pool(id);
  auto answers = std::make_shared<open_call>(kj::mv(message), peer_, number, requests.size(),
                                             forward_message_bytes_max(context_.options) / 2, context_.under_way);
  peer_->calls[number] = answers.get();
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
        new forward_context{*loop, routes, routing_view(routes), time, options_, drain, cut_list(*loop), under_way_}));
}

kj::Promise<void> forward_server::serve(std::size_t loop, kj::Own<kj::AsyncIoStream> peer, const std::string& who) {
  auto served = kj::heap<forward_service>(kj::mv(peer), *lanes_[loop]);
  auto gone = served->run().exclusiveJoin(lanes_[loop]->open.until_cut(who));
  return gone.attach(kj::mv(served));
}

void forward_server::cut(const std::string& who) {
  for (auto& lane : lanes_)
    lane->open.cut(who);
}

} // namespace troupe
