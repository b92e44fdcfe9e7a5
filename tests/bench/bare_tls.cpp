#include "tests/bench/bare_tls.hpp"

#include "cluster/authority.hpp"
#include "cluster/certificates.hpp"
#include "cluster/tls.hpp"
#include "tests/bench/echo_inference.hpp"
#include "tests/bench/in_child.hpp"
#include "tests/bench/program.hpp"

#include <capnp/rpc-twoparty.h>

#include <chrono>
#include <string>
#include <vector>

namespace troupe::bench {

namespace {

const std::string server_id(32, 'a');
const std::string client_id(32, 'b');
constexpr std::chrono::milliseconds warm_up{200};

tls_identity identity_of(const authority& owner, const std::string& node_id) {
  auto key = private_key::make();
  certificate_term term{real_clock().wall_now()};
  return {owner.certificate_pem(), owner.issue_node(node_id, key.public_key(), term).value(), key.pem()};
}

/// Serves one connection to its end.
int serve(unsigned port, const tls_identity& own, std::uint64_t bytes_out) {
  auto io = kj::setupAsyncIo();
  identity_holder identity(own);
  tls_endpoint tls(identity);
  auto door = io.provider->getNetwork().parseAddress("127.0.0.1", port).wait(io.waitScope)->listen();
  auto proven = tls.accept_member(door->accept().wait(io.waitScope)).wait(io.waitScope);
  capnp::TwoPartyServer server(kj::heap<echo_inference>(bytes_out));
  server.accept(*proven.stream).wait(io.waitScope);
  return 0;
}

kj::Own<kj::AsyncIoStream> connect(kj::AsyncIoContext& io, tls_endpoint& tls, unsigned port) {
  auto address = io.provider->getNetwork().parseAddress("127.0.0.1", port).wait(io.waitScope);
  kj::Own<kj::AsyncIoStream> raw;
  await("the floor over TLS serves",
        [&] { return kj::runCatchingExceptions([&] { raw = address->connect().wait(io.waitScope); }) == nullptr; });
  return tls.connect(kj::mv(raw), dns_name_of_node(server_id)).wait(io.waitScope).stream;
}

/// Calls until `span` is over; how long each took, in µs.
std::vector<double> call_for(std::chrono::nanoseconds span, schema::Inference::Client& server, kj::WaitScope& scope,
                             const std::string& bytes) {
  using steady = std::chrono::steady_clock;
  std::vector<double> samples;
  for (auto end = steady::now() + span; steady::now() < end;) {
    auto begun = steady::now();
    auto call = server.inferRequest(capnp::MessageSize{64 + bytes.size() / sizeof(capnp::word), 0});
    auto input = call.initRequest().initInputs(1)[0];
    input.setData(capnp::Data::Reader(reinterpret_cast<const kj::byte*>(bytes.data()), bytes.size()));
    call.send().wait(scope);
    samples.push_back(std::chrono::duration<double, std::micro>(steady::now() - begun).count());
  }
  return samples;
}

double ask(unsigned port, const tls_identity& own, std::uint64_t bytes_in, std::chrono::nanoseconds span) {
  auto io = kj::setupAsyncIo();
  identity_holder identity(own);
  tls_endpoint tls(identity);
  auto stream = connect(io, tls, port);
  capnp::TwoPartyClient client(*stream);
  auto server = client.bootstrap().castAs<schema::Inference>();
  const std::string bytes(bytes_in, 'x');
  call_for(warm_up, server, io.waitScope, bytes);
  return median(call_for(span, server, io.waitScope, bytes));
}

} // namespace

double bare_tls_call_us(lab& room, std::uint64_t bytes_in, std::uint64_t bytes_out) {
  auto owner = authority::make(std::string(32, 'c'), real_clock().wall_now());
  auto server = identity_of(owner, server_id);
  auto client = identity_of(owner, client_id);
  auto port = free_port();
  in_child<int> serving([&] { return serve(port, server, bytes_out); });
  return in_child<double>([&] { return ask(port, client, bytes_in, room.span()); }).get();
}

} // namespace troupe::bench
