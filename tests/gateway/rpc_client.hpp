#pragma once

#include "runtime/base/sha256.hpp"
#include "schemas/control.capnp.h"
#include "schemas/inference.capnp.h"

#include <boost/test/unit_test.hpp>

#include <capnp/rpc-twoparty.h>
#include <kj/async-io.h>

#include <string>
#include <vector>

namespace troupe {

/// The one KJ loop of the test's own thread.
inline kj::AsyncIoContext& own_io() {
  static auto io = new kj::AsyncIoContext(kj::setupAsyncIo()); // never destroyed: at the end there may be events in its queue
  return *io;
}

/// A client on the test's own thread.
struct rpc_client {
  kj::AsyncIoContext& io = own_io();
  kj::Own<kj::AsyncIoStream> stream;
  kj::Own<capnp::TwoPartyVatNetwork> network;
  kj::Own<capnp::RpcSystem<capnp::rpc::twoparty::VatId>> rpc;

  explicit rpc_client(const std::string& address)
    : rpc_client(own_io()
                     .provider->getNetwork()
                     .parseAddress(address.c_str())
                     .wait(own_io().waitScope)
                     ->connect()
                     .wait(own_io().waitScope)) {}
  explicit rpc_client(kj::Own<kj::AsyncIoStream> connected) : stream(kj::mv(connected)) {
    network = kj::heap<capnp::TwoPartyVatNetwork>(*stream, capnp::rpc::twoparty::Side::CLIENT);
    rpc = kj::heap<capnp::RpcSystem<capnp::rpc::twoparty::VatId>>(capnp::makeRpcClient(*network));
  }
  capnp::Capability::Client bootstrap() {
    capnp::MallocMessageBuilder message;
    auto id = message.initRoot<capnp::rpc::twoparty::VatId>();
    id.setSide(capnp::rpc::twoparty::Side::SERVER);
    return rpc->bootstrap(id);
  }
  schema::Session::Client session() { return bootstrap().castAs<schema::Login>().anonymousRequest().send().getSession(); }
  schema::Inference::Client inference() { return session().inferenceRequest().send().getInference(); }
  schema::Control::Client control() { return session().controlRequest().send().getControl(); }

  auto request(schema::Inference::Client to, const std::vector<float>& values) {
    auto call = to.inferRequest();
    auto request = call.initRequest();
    request.setDeployment("echo");
    request.setId("r1");
    auto input = request.initInputs(1)[0];
    input.setName("x");
    input.setDatatype(schema::Datatype::FP32);
    auto shape = input.initShape(2);
    shape.set(0, 1);
    shape.set(1, static_cast<std::int64_t>(values.size()));
    input.setData(kj::arrayPtr(reinterpret_cast<const kj::byte*>(values.data()), values.size() * sizeof(float)));
    return call;
  }
  template <class Call>
  auto wait(Call call) {
    return call.send().wait(io.waitScope);
  }
  schema::Code infer_code(const std::vector<float>& values) {
    return wait(request(inference(), values)).getResponse().getError().getCode();
  }
  /// Brings an artifact of three bytes to the node.
  void upload_abc(schema::Control::Client& control) {
    auto begin = control.uploadRequest();
    begin.setSha256(sha256_of("abc").c_str());
    begin.setBytes(3);
    auto upload = wait(kj::mv(begin)).getUpload();
    auto write = upload.writeRequest();
    write.setChunk(kj::StringPtr("abc").asBytes());
    wait(kj::mv(write));
    BOOST_TEST((wait(upload.finishRequest()).getError().getCode() == schema::Code::OK));
  }
  auto deploy_digits(schema::Control::Client& control, const char* toml) {
    auto call = control.deployRequest();
    call.setName("digits");
    call.setArtifact(sha256_of("abc").c_str());
    call.setModelToml(toml);
    return wait(kj::mv(call));
  }
};

} // namespace troupe
