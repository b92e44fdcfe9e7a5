#pragma once

#include "schemas/inference.capnp.h"

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace troupe {

/// Answers each request at once, with one tensor "y" of so many bytes: the beginning of the first input's.
class echo_inference final : public schema::Inference::Server {
public:
  explicit echo_inference(std::uint64_t output_bytes) : output_bytes_(output_bytes) {}

protected:
  kj::Promise<void> infer(InferContext call) override {
    auto request = call.getParams().getRequest();
    auto response = call.getResults(capnp::MessageSize{96 + output_bytes_ / sizeof(capnp::word), 0}).initResponse();
    response.setVersion(1);
    response.setId(request.getId());
    auto given = request.getInputs()[0].getData();
    auto output = response.initOutputs(1)[0];
    output.setName("y");
    output.setDatatype(schema::Datatype::FP32);
    auto dims = output.initShape(2);
    dims.set(0, 1);
    dims.set(1, static_cast<std::int64_t>(output_bytes_ / sizeof(float)));
    auto data = output.initData(static_cast<unsigned>(output_bytes_));
    std::memcpy(data.begin(), given.begin(), std::min<std::size_t>(output_bytes_, given.size()));
    return kj::READY_NOW;
  }

private:
  std::uint64_t output_bytes_;
};

} // namespace troupe
