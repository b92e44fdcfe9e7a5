#include "tests/e2e/answers.hpp"

#include "runtime/cli/prepared_request.hpp"
#include "runtime/cli/wire.hpp"

#include <cstring>
#include <future>
#include <memory>

namespace troupe::test {

namespace {

constexpr std::chrono::seconds answer_timeout{30};

answer read(schema::InferResponse::Reader response) {
  answer got;
  if (response.getError().getCode() != schema::Code::OK) {
    got.error = to_string(error_of(response.getError()));
    return got;
  }
  got.version = response.getVersion();
  for (auto output : response.getOutputs())
    got.outputs.push_back(tensor_of(output));
  return got;
}

} // namespace

named_tensor fp32(const std::string& name, shape dims, const std::vector<float>& values) {
  named_tensor tensor{name, datatype::fp32, std::move(dims), std::vector<std::byte>(values.size() * sizeof(float))};
  if (!values.empty())
    std::memcpy(tensor.data.data(), values.data(), tensor.data.size());
  return tensor;
}

named_tensor row(float first) {
  return fp32("x", {1, 4}, {first, 2, 3, 4});
}

std::vector<float> floats_of(const named_tensor& tensor) {
  std::vector<float> values(tensor.data.size() / sizeof(float));
  if (!values.empty())
    std::memcpy(values.data(), tensor.data.data(), values.size() * sizeof(float));
  return values;
}

answer caller::ask(const std::string& deployment, const std::vector<named_tensor>& inputs, std::chrono::microseconds deadline) {
  prepared_request request(deployment, inputs, deadline);
  auto response = node_.wait(request.call(node_.inference()).send(), answer_timeout);
  return read(response.getResponse());
}

std::vector<answer> caller::ask_together(const std::string& deployment, const std::vector<named_tensor>& inputs,
                                         std::chrono::microseconds deadline) {
  std::vector<std::unique_ptr<prepared_request>> requests;
  std::vector<pending_answer> pending;
  for (const auto& input : inputs) {
    requests.push_back(std::make_unique<prepared_request>(deployment, std::vector<named_tensor>{input}, deadline));
    pending.push_back(requests.back()->call(node_.inference()).send());
  }
  std::vector<answer> answers;
  for (auto& each : pending)
    answers.push_back(read(node_.wait(kj::mv(each), answer_timeout).getResponse()));
  return answers;
}

bool caller::echoes(const std::string& deployment) {
  auto given = fp32("x", {2, 1}, {41, 42});
  auto got = ask(deployment, {given});
  return got.outputs.size() == 1 && got.outputs[0].data == given.data;
}

bool echoes_to_a_new_client(const std::string& address, const std::string& deployment) {
  return std::async(std::launch::async, [&] { return caller(address).echoes(deployment); }).get();
}

} // namespace troupe::test
