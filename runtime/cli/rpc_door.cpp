#include "runtime/cli/rpc_door.hpp"

#include "runtime/cli/wire.hpp"

namespace troupe {

namespace {

tensor_spec spec_of(schema::TensorSpec::Reader spec) {
  tensor_spec copy{text_of(spec.getName()), static_cast<datatype>(spec.getDatatype()), {}};
  for (auto dim : spec.getShape())
    copy.dims.push_back(dim);
  return copy;
}

} // namespace

rpc_door::rpc_door(const node_target& target, std::uint32_t connections) {
  for (std::uint32_t i = 0; i < connections; ++i)
    clients_.push_back(std::make_unique<client>(loop_, target));
}

model_signature rpc_door::signature(const std::string& deployment) {
  auto& node = *clients_.front();
  auto call = node.inference().metadataRequest();
  call.setDeployment(deployment);
  auto answer = node.ask(kj::mv(call));
  require_ok(answer.getError());
  model_signature model;
  for (auto input : answer.getMetadata().getInputs())
    model.inputs.push_back(spec_of(input));
  model.batches = answer.getMetadata().getMaxBatch() > 0;
  return model;
}

void rpc_door::prepare(const inference_question& question) {
  deployment_ = question.deployment;
  deadline_ = question.deadline;
  request_.emplace(question.deployment, question.inputs, question.deadline, question.id, question.outputs);
  require_request_size(*this, request_->size());
  for (auto& node : clients_)
    channels_.emplace_back(*node, std::vector<const prepared_request*>{&*request_});
}

inference_answer rpc_door::ask() {
  auto& node = *clients_.front();
  auto results = node.ask(request_->call(node.inference()), patience());
  auto response = results.getResponse();
  require_ok(response.getError());
  inference_answer answer{deployment_, std::to_string(response.getVersion()), text_of(response.getId()), {}};
  for (auto output : response.getOutputs())
    answer.outputs.push_back(tensor_of(output));
  return answer;
}

std::vector<load_channel*> rpc_door::channels() {
  std::vector<load_channel*> all;
  for (auto& channel : channels_)
    all.push_back(&channel);
  return all;
}

std::chrono::nanoseconds rpc_door::patience() const {
  return (deadline_.count() > 0 ? deadline_ : clients_.front()->limits().default_deadline) + answer_grace;
}

} // namespace troupe
