#include "runtime/cli/client.hpp"

#include "runtime/base/config.hpp"
#include "runtime/base/printable.hpp"
#include "runtime/base/units.hpp"
#include "runtime/cli/node_route.hpp"
#include "runtime/cli/wire.hpp"

#include <capnp/rpc-twoparty.capnp.h>

#include <pwd.h>
#include <unistd.h>

namespace troupe {

namespace {

/// Largest answer that we read, and request that KJ lets us send: above every node's own limit, which we check before sending.
constexpr std::uint64_t message_words_max = (4ULL << 30) / sizeof(capnp::word);

capnp::ReaderOptions reader_options() {
  capnp::ReaderOptions options;
  options.traversalLimitInWords = message_words_max;
  return options;
}

std::string machine_name() {
  char name[256] = "";
  ::gethostname(name, sizeof name - 1);
  return name;
}

node_limits limits_of(schema::Limits::Reader limits) {
  return {limits.getMessageBytesMax(), limits.getArtifactBytesMax(), limits.getChunkBytesMax(),
          std::chrono::microseconds(limits.getDefaultDeadlineUs())};
}

} // namespace

std::string user_name() {
  passwd entry{};
  passwd* found = nullptr;
  char text[1024];
  bool known = ::getpwuid_r(::geteuid(), &entry, text, sizeof text, &found) == 0 && found != nullptr;
  return known ? entry.pw_name : "uid-" + std::to_string(::geteuid());
}

std::string client_text() {
  return printable(user_name() + "@" + machine_name() + " (troupe-cli " TROUPE_VERSION ")");
}

client::client(client_loop& loop, const node_target& target) : loop_(loop), address_(target.address) {
  if (auto parsed = listen_address_from(address_); !parsed)
    throw command_failure(exit_code::bad_usage, "--node: " + parsed.failure().message);
  connect(target);
  open_session();
}

client::client(const node_target& target) : client(std::make_unique<client_loop>(), target) {}

client::client(std::unique_ptr<client_loop> loop, const node_target& target) : client(*loop, target) {
  own_loop_ = std::move(loop);
}

void client::connect(const node_target& target) {
  kj::Own<node_route> route;
  auto connecting = loop_.network().parseAddress(address_).then([&](kj::Own<kj::NetworkAddress>&& found) {
    route = kj::heap<node_route>(kj::mv(found), target);
    return route->connect();
  });
  try {
    stream_ = wait(kj::mv(connecting), connect_timeout);
  } catch (const command_failure&) {
    if (route.get() != nullptr && route->untrusted())
      throw;
    throw command_failure(exit_code::no_node,
                          "no node answers at " + address_ + "; start one with `troupe node`, or name another with --node");
  }
}

void client::open_session() {
  network_.emplace(*stream_, capnp::rpc::twoparty::Side::CLIENT, reader_options());
  rpc_.emplace(capnp::makeRpcClient(*network_));
  capnp::MallocMessageBuilder message;
  auto server = message.initRoot<capnp::rpc::twoparty::VatId>();
  server.setSide(capnp::rpc::twoparty::Side::SERVER);
  auto login = rpc_->bootstrap(server).castAs<schema::Login>().anonymousRequest();
  login.setClient(client_text());
  auto opened = first_answer(login.send());
  require_ok(opened.getError());
  session_ = opened.getSession();
  auto control = session_.controlRequest().send();
  auto inference = session_.inferenceRequest().send();
  auto limits = session_.limitsRequest().send();
  auto controlled = wait(kj::mv(control));
  require_ok(controlled.getError());
  control_ = controlled.getControl();
  auto inferred = wait(kj::mv(inference));
  require_ok(inferred.getError());
  inference_ = inferred.getInference();
  limits_ = limits_of(wait(kj::mv(limits)).getLimits());
}

/// What is not a node hangs up, stays silent, or sends what is no Cap'n Proto message.
capnp::Response<schema::Login::AnonymousResults>
client::first_answer(kj::Promise<capnp::Response<schema::Login::AnonymousResults>> answer) {
  auto no_node = [this](const command_failure& why) {
    return command_failure(exit_code::no_node, "what listens at " + address_
                                                   + " does not answer as a troupe node's port for clients (--listen; the "
                                                     "cluster's, --cluster, is for nodes): "
                                                   + why.what());
  };
  try {
    return loop_.wait(kj::mv(answer), connect_timeout, address_);
  } catch (const kj::Exception& e) {
    if (auto refusal = refusal_in(e, address_))
      throw command_failure(*refusal);
    throw no_node(failure_of(e, address_));
  } catch (const command_failure& e) {
    throw no_node(e);
  }
}

void client::pause(std::chrono::nanoseconds length) {
  timer().afterDelay(length.count() * kj::NANOSECONDS).exclusiveJoin(loop_.interrupted()).wait(loop_.scope());
}

/// `params_name` is what the schema compiler calls a call's parameters: "rollback$Params".
command_failure client::unknown_call(kj::StringPtr params_name) {
  std::string name = params_name.cStr();
  std::string version = "unknown version";
  try {
    version = printable(text_of(wait(control().statusRequest().send()).getNode().getVersion()));
  } catch (const command_failure&) { // the version is only for the message
  }
  return {exit_code::failed, "this node (" + version + ") does not know '" + name.substr(0, name.find('$'))
                                 + "'; this troupe is " TROUPE_VERSION ": update the node"};
}

} // namespace troupe
