#include "runtime/gateway/http_inference.hpp"

#include "runtime/gateway/wanted.hpp"
#include "runtime/oip/infer_answer.hpp"
#include "runtime/oip/infer_query.hpp"
#include "runtime/policy/request_check.hpp"

#include <memory>

namespace troupe {

namespace {

/// A request that came by HTTP, with the body that its inputs lie in.
class http_request final : public inference_request {
public:
  http_request(infer_query query, http_body body, kj::Own<kj::PromiseFulfiller<http_reply>> done)
    : query_(std::move(query)), body_(std::move(body)), done_(kj::mv(done)) {}

  ~http_request() noexcept override {} // KJ's destructors may throw by their type; these don't

  void on_outputs(const std::vector<tensor_view>& outputs) override {
    if (!done_->isWaiting())
      return; // the client has gone
    auto answer = write_infer_answer(query_, target->spec(), target->id(), outputs);
    if (!answer)
      return done_->fulfill(error_reply(answer.failure()));
    done_->fulfill({200, std::move(answer->body), answer->header_length ? binary_content : json_content, answer->header_length});
  }

  void on_error(const error& failure) override { done_->fulfill(error_reply(failure)); }

private:
  infer_query query_;
  http_body body_;
  kj::Own<kj::PromiseFulfiller<http_reply>> done_;
};

} // namespace

kj::Promise<http_reply> infer(admission& door, const http_plan& plan, std::string_view caller, http_body body) {
  const auto& route = plan.route;
  request_marks marks{caller, {}, plan.fields};
  std::string id;
  if (door.chooses_by_id(route.model, route.version)) {
    // The id stands in the body, which only a model's spec tells how to read: as a rule both versions' are the same.
    if (auto live = door.find_target_of_request(route.model, route.version); live)
      if (auto query = read_infer_query(body.text(), plan.header_length, (*live)->spec()); query)
        id = std::move(query->id);
    marks.id = id;
  }
  auto to = door.choose(route.model, route.version, marks);
  if (!to)
    return no_model_reply(to.failure());
  const auto& spec = to->target->spec();
  auto query = read_infer_query(body.text(), plan.header_length, spec);
  if (!query)
    return error_reply(query.failure());
  std::vector<tensor_view> inputs;
  inputs.reserve(spec.inputs.size());
  auto rows = check_request(spec, query->inputs, inputs);
  if (!rows)
    return error_reply(rows.failure());

  auto done = kj::newPromiseAndFulfiller<http_reply>();
  auto priority = query->priority;
  auto timeout = query->timeout;
  auto next = std::make_unique<http_request>(std::move(*query), std::move(body), kj::mv(done.fulfiller));
  next->inputs = std::move(inputs);
  next->rows = *rows;
  next->priority = priority;
  next->timeout = timeout;
  auto answered = wanted_as_long_as(kj::mv(done.promise), *next);
  door.submit(*to, std::move(next), std::chrono::microseconds(0));
  return answered;
}

} // namespace troupe
