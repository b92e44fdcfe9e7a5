#include "runtime/cli/client.hpp"

#include "runtime/base/config.hpp"
#include "runtime/base/printable.hpp"
#include "runtime/base/units.hpp"
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

std::string text_of(const kj::Exception& e) {
  return printable({e.getDescription().begin(), e.getDescription().size()});
}

std::string user_name() {
  passwd entry{};
  passwd* found = nullptr;
  char text[1024];
  bool known = ::getpwuid_r(::geteuid(), &entry, text, sizeof text, &found) == 0 && found != nullptr;
  return known ? entry.pw_name : "uid-" + std::to_string(::geteuid());
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

std::string client_text() {
  return printable(user_name() + "@" + machine_name() + " (troupe-cli " TROUPE_VERSION ")");
}

client::client(const std::string& address) : address_(address), io_(kj::setupAsyncIo()) {
  if (auto parsed = listen_address_from(address); !parsed)
    throw command_failure(exit_code::bad_usage, "--node: " + parsed.failure().message);
  connect();
  open_session();
}

void client::connect() {
  auto connecting = io_.provider->getNetwork().parseAddress(address_).then([](kj::Own<kj::NetworkAddress>&& to) {
    auto stream = to->connect();
    return stream.attach(kj::mv(to));
  });
  try {
    stream_ = wait(kj::mv(connecting), connect_timeout);
  } catch (const command_failure&) {
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
  auto control = session_->controlRequest().send();
  auto inference = session_->inferenceRequest().send();
  auto limits = session_->limitsRequest().send();
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
  try {
    return wait(kj::mv(answer), connect_timeout);
  } catch (const command_failure& e) {
    throw command_failure(exit_code::no_node, "what listens at " + address_ + " does not answer as a troupe node: " + e.what());
  }
}

command_failure client::failure_of(const kj::Exception& e) const {
  switch (e.getType()) {
  case kj::Exception::Type::DISCONNECTED:
    return {exit_code::no_node, "the connection to " + address_ + " was lost; see `troupe status` whether the node is up"};
  default: return {exit_code::failed, "the node at " + address_ + " could not do this: " + text_of(e)};
  }
}

void client::pause(std::chrono::nanoseconds length) {
  timer().afterDelay(length.count() * kj::NANOSECONDS).exclusiveJoin(interrupted()).wait(wait_scope());
}

void client::on_interrupt(std::string message) {
  interrupt_message_ = std::move(message);
  if (!interrupt_)
    interrupt_.emplace(io_.unixEventPort);
}

kj::Promise<void> client::interrupted() {
  return interrupt_ ? interrupt_->next() : kj::Promise<void>(kj::NEVER_DONE);
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

command_failure client::timeout_failure(std::chrono::nanoseconds timeout) const {
  return {exit_code::timed_out, "no answer from " + address_ + " within " + human_duration(timeout)};
}

} // namespace troupe
