#include "runtime/gateway/peer_channel.hpp"

#include "runtime/gateway/error_map.hpp"
#include "runtime/gateway/peer_codec.hpp"
#include "storage/assignment_codec.hpp"
#include "storage/record_schema.hpp"

#include <capnp/message.h>

namespace troupe {

peer_channel::peer_channel(kj::Own<kj::AsyncIoStream> stream, std::uint64_t message_bytes_max)
  : stream_(kj::mv(stream)), network_(stream_, capnp::rpc::twoparty::Side::CLIENT, message_limit(message_bytes_max)),
    system_(capnp::makeRpcClient(network_)), peer_(nullptr) {}

kj::Promise<result<peer_greeting>> peer_channel::greet(const peer_greeting& mine, const std::string& software,
                                                       const std::function<void(const leadership&)>& hear) {
  auto call = login().helloRequest();
  auto greeting = call.initMine();
  greeting.setNodeId(to_text(mine.node_id));
  greeting.setCertificate(to_text(mine.certificate));
  greeting.setProtocol(schema::PEER_PROTOCOL_VERSION);
  greeting.setSoftware(to_text(software));
  return call.send().then([this, hear](capnp::Response<schema::PeerLogin::HelloResults>&& answer) -> result<peer_greeting> {
    leadership lead;
    if (hear && answer.hasLead() && read(answer.getLead(), lead))
      hear(lead);
    if (answer.getError().getCode() != schema::Code::OK)
      return read_error(answer.getError());
    peer_ = answer.getPeer();
    auto theirs = answer.getTheirs();
    return peer_greeting{to_string(theirs.getNodeId()), to_string(theirs.getCertificate())};
  });
}

kj::Promise<result<peer_answer>> peer_channel::ask(const pending_question& what) {
  auto call = peer_.askRequest();
  write(call.initQuestion(), what.what);
  call.setPatienceUs(to_microseconds(what.patience));
  return call.send().then([](capnp::Response<schema::Peer::AskResults>&& answer) { return read_answer(answer.getAnswer()); });
}

schema::PeerLogin::Client peer_channel::login() {
  capnp::MallocMessageBuilder message;
  auto server = message.initRoot<capnp::rpc::twoparty::VatId>();
  server.setSide(capnp::rpc::twoparty::Side::SERVER);
  return system_.bootstrap(server).castAs<schema::PeerLogin>();
}

} // namespace troupe
