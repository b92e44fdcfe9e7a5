#include "runtime/gateway/join_service.hpp"

#include "cluster/join_codec.hpp"
#include "cluster/random_bytes.hpp"
#include "runtime/gateway/error_map.hpp"
#include "runtime/gateway/rpc_connection.hpp"
#include "storage/record_schema.hpp"

namespace troupe {

namespace {

constexpr std::size_t nonce_bytes = 32;
constexpr std::uint64_t message_bytes_max = 64 << 10;
constexpr auto connection_time = 30 * kj::SECONDS;
/// For a synced write, on another node.
constexpr auto registrar_patience = std::chrono::seconds(20);

error unreadable() {
  return {error_code::invalid_argument, "this request can't be read; use the same release on all machines"};
}

/// Writes what was given, or why nothing was.
template <class Given, class Call>
void write_outcome(Call& call, const result<peer_answer>& outcome) {
  if (!outcome)
    write_error(call.getResults().initError(), outcome.failure());
  else
    write(call.getResults().initEnrolled(), std::get<Given>(*outcome));
}

} // namespace

kj::Promise<void> join_server::serve(kj::Own<kj::AsyncIoStream> stream) {
  auto served = kj::heap<rpc_connection>(kj::mv(stream), kj::heap<join_service>(*this), message_bytes_max);
  auto gone = served->on_disconnect().exclusiveJoin(loop_.io().provider->getTimer().afterDelay(connection_time));
  return gone.attach(kj::mv(served));
}

join_service::join_service(join_server& server) : server_(server), nonce_(random_bytes(nonce_bytes)) {}

kj::Promise<void> join_service::begin(BeginContext call) {
  call.getResults().setClusterId(to_text(server_.told_.cluster_id));
  call.getResults().setNonce(to_data(nonce_));
  return kj::READY_NOW;
}

kj::Promise<void> join_service::enrol(EnrolContext call) {
  troupe::enrol question;
  question.nonce = nonce_;
  if (!read(call.getParams().getRequest(), question.who)) {
    write_error(call.getResults().initError(), unreadable());
    return kj::READY_NOW;
  }
  return ask(std::move(question)).then([call](result<peer_answer> outcome) mutable { write_outcome<enrolled>(call, outcome); });
}

kj::Promise<void> join_service::user(UserContext call) {
  enrol_user question;
  if (!read(call.getParams().getRequest(), question.who)) {
    write_error(call.getResults().initError(), unreadable());
    return kj::READY_NOW;
  }
  return ask(std::move(question)).then([this, call](result<peer_answer> outcome) mutable {
    write_outcome<user_enrolled>(call, outcome);
    call.getResults().setListen(to_text(server_.told_.listen));
    call.getResults().setHttp(to_text(server_.told_.http));
  });
}

kj::Promise<result<peer_answer>> join_service::ask(peer_question what) {
  return server_.actors_.await<peer_answer>(
      [&](auto told) { return server_.desk_.ask("", std::move(what), registrar_patience, std::move(told)); });
}

} // namespace troupe
