#include "runtime/gateway/inference_service.hpp"

#include "runtime/base/host_layout.hpp"
#include "runtime/gateway/error_map.hpp"
#include "runtime/gateway/wanted.hpp"

#include <algorithm>
#include <cstring>

namespace troupe {

namespace {

using infer_call = capnp::CallContext<schema::Inference::InferParams, schema::Inference::InferResults>;

std::string_view view_of(capnp::Text::Reader text) {
  return {text.begin(), text.size()};
}

void refuse_call(infer_call& call, const error& failure) {
  auto response = call.getResults(capnp::MessageSize{64 + failure.message.size() / 8, 0}).initResponse();
  write_error(response.initError(), failure);
  if (auto id = call.getParams().getRequest().getId(); id.size() <= request_id_bytes_max)
    response.setId(id);
}

/// A request that came by Cap'n Proto. The call context owns the message that the inputs lie in.
class rpc_request final : public inference_request {
public:
  rpc_request(infer_call call, kj::Own<kj::PromiseFulfiller<void>> done) : call_(kj::mv(call)), done_(kj::mv(done)) {}

  ~rpc_request() noexcept override {} // KJ's destructors may throw by their type; these don't

  std::vector<std::uint32_t> wanted; ///< indices of outputs; empty: all

  void on_outputs(const std::vector<tensor_view>& outputs) override {
    if (!done_->isWaiting())
      return; // the client has gone
    std::uint64_t words = 64;
    for (const auto& output : outputs)
      words += output.size / sizeof(capnp::word) + 32;
    auto response = call_.getResults(capnp::MessageSize{words, 0}).initResponse();
    response.setVersion(target->id().number);
    response.setId(call_.getParams().getRequest().getId());
    auto count = wanted.empty() ? outputs.size() : wanted.size();
    auto list = response.initOutputs(static_cast<unsigned>(count));
    for (unsigned i = 0; i < count; ++i) {
      auto index = wanted.empty() ? i : wanted[i];
      write(list[i], target->spec().outputs[index].name, outputs[index]);
    }
    done_->fulfill();
  }

  void on_error(const error& failure) override {
    if (!done_->isWaiting())
      return;
    refuse_call(call_, failure);
    done_->fulfill();
  }

private:
  static void write(schema::Tensor::Builder into, const std::string& name, const tensor_view& from) {
    into.setName(capnp::Text::Reader(name.data(), name.size()));
    into.setDatatype(static_cast<schema::Datatype>(from.type));
    auto dims = into.initShape(from.rank);
    for (unsigned i = 0; i < from.rank; ++i)
      dims.set(i, from.dims[i]);
    auto data = into.initData(static_cast<unsigned>(from.size));
    if (from.size > 0)
      std::memcpy(data.begin(), from.data, from.size);
  }

  infer_call call_;
  kj::Own<kj::PromiseFulfiller<void>> done_;
};

result<void> read_tensors(capnp::List<schema::Tensor>::Reader list, std::vector<named_view>& into) {
  into.clear();
  if (list.size() > host_tensors_max)
    return error{error_code::invalid_argument, "the request has " + std::to_string(list.size()) + " inputs; at most "
                                                   + std::to_string(host_tensors_max) + " are served"};
  for (auto tensor : list) {
    auto name = view_of(tensor.getName());
    auto dims = tensor.getShape();
    if (dims.size() > rank_max)
      return error{error_code::invalid_argument, "input '" + quotable(name) + "' has " + std::to_string(dims.size())
                                                     + " dimensions; at most " + std::to_string(rank_max) + " are served"};
    auto data = tensor.getData();
    named_view next{name, {}};
    next.tensor.type = static_cast<datatype>(tensor.getDatatype());
    next.tensor.rank = static_cast<std::uint8_t>(dims.size());
    for (unsigned i = 0; i < dims.size(); ++i)
      next.tensor.dims[i] = dims[i];
    next.tensor.data = reinterpret_cast<const std::byte*>(data.begin());
    next.tensor.size = data.size();
    into.push_back(next);
  }
  return {};
}

result<std::vector<std::uint32_t>> read_wanted(const model_spec& spec, capnp::List<capnp::Text>::Reader names) {
  if (names.size() == 0)
    return std::vector<std::uint32_t>{};
  if (names.size() > spec.outputs.size())
    return error{error_code::invalid_argument, "more outputs are asked for than the model gives"};
  std::vector<std::string_view> wanted;
  for (auto name : names)
    wanted.push_back(view_of(name));
  return select_outputs(spec, wanted);
}

/// What the client gives the request; 0 if it leaves that to us.
std::chrono::microseconds patience_of(schema::InferRequest::Reader request) {
  return std::chrono::microseconds(std::min<std::uint64_t>(request.getDeadlineUs(), INT64_MAX));
}

} // namespace

kj::Promise<void> inference_service::infer(InferContext call) {
  auto request = call.getParams().getRequest();
  auto refused = [&call](const error& why) -> kj::Promise<void> {
    refuse_call(call, why);
    return kj::READY_NOW;
  };
  request_marks marks{caller_, view_of(request.getId()), {}};
  auto to = context_.door.choose(view_of(request.getDeployment()), request.getVersion(), marks);
  if (!to)
    return refused(to.failure());
  const auto& spec = to->target->spec();
  if (request.getId().size() > request_id_bytes_max)
    return refused(
        {error_code::invalid_argument, "the request id is longer than " + std::to_string(request_id_bytes_max) + " bytes"});
  if (auto read = read_tensors(request.getInputs(), context_.scratch); !read)
    return refused(read.failure());
  auto wanted = read_wanted(spec, request.getOutputs());
  if (!wanted)
    return refused(wanted.failure());
  std::vector<tensor_view> inputs;
  inputs.reserve(spec.inputs.size());
  auto rows = check_request(spec, context_.scratch, inputs);
  if (!rows)
    return refused(rows.failure());

  auto done = kj::newPromiseAndFulfiller<void>();
  auto patience = patience_of(request);
  call.allowCancellation(); // else a client that has gone would still be waited for
  auto next = std::make_unique<rpc_request>(kj::mv(call), kj::mv(done.fulfiller));
  next->inputs = std::move(inputs);
  next->wanted = std::move(*wanted);
  next->rows = *rows;
  next->priority = request.getPriority();
  auto answered = wanted_as_long_as(kj::mv(done.promise), *next);
  context_.door.submit(*to, std::move(next), patience);
  return answered;
}

kj::Promise<void> inference_service::feedback(FeedbackContext call) {
  auto params = call.getParams();
  request_marks marks{caller_, view_of(params.getId()), {}};
  auto counted = context_.door.reward(view_of(params.getDeployment()), marks, params.getReward());
  if (counted)
    call.getResults().setCounted(*counted);
  else
    write_error(call.getResults().initError(), counted.failure());
  return kj::READY_NOW;
}

kj::Promise<void> inference_service::metadata(MetadataContext call) {
  auto target = context_.door.find_target(view_of(call.getParams().getDeployment()), 0);
  auto results = call.getResults();
  if (!target) {
    write_error(results.initError(), target.failure());
    return kj::READY_NOW;
  }
  const auto& spec = (*target)->spec();
  auto metadata = results.initMetadata();
  metadata.setDeployment((*target)->id().deployment.c_str());
  metadata.setVersion((*target)->id().number);
  metadata.setMaxBatch(spec.max_batch);
  auto write = [](auto list, const std::vector<tensor_spec>& specs) {
    for (unsigned i = 0; i < specs.size(); ++i) {
      list[i].setName(specs[i].name.c_str());
      list[i].setDatatype(static_cast<schema::Datatype>(specs[i].type));
      auto dims = list[i].initShape(static_cast<unsigned>(specs[i].dims.size()));
      for (unsigned d = 0; d < specs[i].dims.size(); ++d)
        dims.set(d, specs[i].dims[d]);
    }
  };
  write(metadata.initInputs(static_cast<unsigned>(spec.inputs.size())), spec.inputs);
  write(metadata.initOutputs(static_cast<unsigned>(spec.outputs.size())), spec.outputs);
  return kj::READY_NOW;
}

} // namespace troupe
