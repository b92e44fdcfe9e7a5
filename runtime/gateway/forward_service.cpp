#include "runtime/gateway/forward_service.hpp"

#include "runtime/gateway/error_map.hpp"
#include "runtime/gateway/forward_codec.hpp"
#include "runtime/policy/queue_policy.hpp"
#include "runtime/policy/request_check.hpp"

#include <kj/debug.h>

#include <algorithm>
#include <optional>

namespace troupe {

namespace {

/// Most that is allotted at once for answers of which some are still to come.
constexpr std::uint64_t first_words_max = 1 << 17;

/// A call with some of its answers still to come. It owns the message that the inputs lie in, and lets it go with its answers. Belongs to its loop's thread.
class open_call {
public:
  /// Of at least one request. The answers take at most so many bytes. A stream that is gone gets none.
  open_call(kj::Own<received_message> message, std::weak_ptr<message_stream> from, std::uint64_t bytes_max)
    : message_(kj::mv(message)), from_(std::move(from)), bytes_left_(bytes_max), number_(told().getNumber()),
      count_(told().getCall().getRequests().size()), left_(count_) {}
  ~open_call() noexcept {} // KJ's destructors may throw by their type; these don't

  void set_outputs(unsigned index, std::uint32_t crashes, const std::vector<tensor_view>& outputs) {
    auto words = words_for(outputs);
    if (words * sizeof(capnp::word) > bytes_left_)
      return set_error(index, crashes,
                       {error_code::overloaded, "the answers to requests that came together are larger than a message may be "
                                                "(max_message); send fewer at once"});
    bytes_left_ -= words * sizeof(capnp::word);
    auto into = answer(index, words);
    into.setCrashes(crashes);
    write_tensors(into.initOutputs(static_cast<unsigned>(outputs.size())), outputs);
    count_one();
  }
  void set_error(unsigned index, std::uint32_t crashes, const error& failure) {
    auto into = answer(index, 0);
    into.setCrashes(crashes);
    write_error(into.initError(), failure);
    count_one();
  }

private:
  schema::ForwardMessage::Reader told() { return message_->root<schema::ForwardMessage>(); }
  /// `words`: that it will need, about.
  schema::ForwardAnswer::Builder answer(unsigned index, std::uint64_t words) {
    if (!answers_)
      begin_answers(words);
    return (*answers_)[index];
  }
  void begin_answers(std::uint64_t words_each) {
    constexpr std::uint64_t overhead = 32;
    auto words = std::min(count_ * (words_each + overhead) + overhead, first_words_max);
    answer_message_ = kj::heap<capnp::MallocMessageBuilder>(static_cast<unsigned>(words));
    auto root = answer_message_->initRoot<schema::ForwardMessage>();
    root.setNumber(number_);
    answers_ = root.initAnswers(count_);
  }
  void count_one() {
    if (--left_ > 0)
      return;
    if (auto to = from_.lock(); to != nullptr)
      to->send(answer_message_.attach(kj::mv(message_))); // who doesn't read answers can't send more
  }

  kj::Own<received_message> message_;
  const std::weak_ptr<message_stream> from_;
  std::uint64_t bytes_left_; ///< for outputs
  const std::uint64_t number_;
  const unsigned count_;
  unsigned left_;
  kj::Own<capnp::MallocMessageBuilder> answer_message_;
  std::optional<capnp::List<schema::ForwardAnswer>::Builder> answers_;
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

forward_service::forward_service(kj::Own<kj::AsyncIoStream> peer, forward_context& context)
  : context_(context), stream_(std::make_shared<message_stream>(kj::mv(peer), forward_message_bytes_max(context.options))) {}

kj::Promise<void> forward_service::run() {
  return stream_->run([this](kj::Own<received_message> message) { on_call(kj::mv(message)); });
}

void forward_service::on_call(kj::Own<received_message> message) {
  auto told = message->root<schema::ForwardMessage>();
  KJ_REQUIRE(told.isCall(), "not a call");
  auto requests = told.getCall().getRequests();
  KJ_REQUIRE(requests.size() > 0 && requests.size() <= remote_pool::call_requests_max, "not what a node sends in one call",
             requests.size());
  auto name = told.getCall().getDeployment();
  const version_id id{quotable({name.begin(), name.size()}), told.getCall().getVersion()};
  auto target = context_.drain.closed() ? nullptr : find_pool(id);
  auto answers = std::make_shared<open_call>(kj::mv(message), stream_, forward_message_bytes_max(context_.options) / 2);
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
        new forward_context{*loop, routes, routing_view(routes), time, options_, drain, cut_list(*loop)}));
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
