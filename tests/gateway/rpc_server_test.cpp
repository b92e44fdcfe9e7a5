#define BOOST_TEST_MODULE rpc_server
#include "runtime/gateway/rpc_server.hpp"
#include "tests/gateway/node_fixture.hpp"
#include "tests/gateway/raw_socket.hpp"
#include "tests/gateway/rpc_client.hpp"
#include "tests/support/recorded_request.hpp"

#include <boost/test/unit_test.hpp>

#include <cmath>
#include <future>
#include <limits>
#include <sys/resource.h>
#include <sys/socket.h>

using namespace troupe;
using namespace std::chrono_literals;

namespace {

/// The node of the fixture with its RPC door.
struct server_fixture : node_fixture {
  rpc_server server;

  explicit server_fixture(const gateway_options& given = small_limits())
    : node_fixture(given), server(loop_pointers(), listen_on("127.0.0.1:0").value(), view(), options, clients) {}
  ~server_fixture() { stop(); }

  std::uint16_t port() const { return port_of(server.address()); }
};

struct hasty_server : server_fixture {
  hasty_server() : server_fixture(limits()) {}

  static gateway_options limits() {
    auto hasty = small_limits();
    hasty.default_deadline = 50ms;
    return hasty;
  }
};

bool throws(const std::function<void()>& action) {
  return kj::runCatchingExceptions(action) != nullptr;
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(inference_suite, server_fixture)

BOOST_AUTO_TEST_CASE(every_error_code_reaches_the_client) {
  rpc_client client(server.address());
  for (int code = 1; code < static_cast<int>(error_code_count); ++code)
    BOOST_TEST(static_cast<int>(client.infer_code({static_cast<float>(code)})) == code);
}

BOOST_AUTO_TEST_CASE(a_deployment_or_version_that_is_not_served_is_not_found) {
  rpc_client client(server.address());
  auto call = client.request(client.inference(), {1000});
  call.getRequest().setDeployment("digits");
  auto answer = client.wait(kj::mv(call));
  BOOST_TEST((answer.getResponse().getError().getCode() == schema::Code::NOT_FOUND));
  BOOST_TEST(answer.getResponse().getId().cStr() == "r1");
  auto other = client.request(client.inference(), {1000});
  other.getRequest().setVersion(2);
  auto refused = client.wait(kj::mv(other));
  BOOST_TEST(refused.getResponse().getError().getMessage().cStr() == "deployment 'echo' serves version 3, not 2");
  auto metadata = client.inference().metadataRequest();
  metadata.setDeployment("digits");
  BOOST_TEST((client.wait(kj::mv(metadata)).getError().getCode() == schema::Code::NOT_FOUND));
}

BOOST_AUTO_TEST_CASE(what_the_request_gets_wrong_is_an_invalid_argument) {
  rpc_client client(server.address());
  using builder = schema::InferRequest::Builder;
  const std::vector<std::pair<std::string, std::function<void(builder)>>> mistakes = {
      {"the request id is longer than 128 bytes", [](builder r) { r.setId(std::string(129, 'i').c_str()); }},
      {"the request has 33 inputs; at most 32 are served", [](builder r) { r.initInputs(33); }},
      {"input 'x' is missing; the model takes 'x'", [](builder r) { r.initInputs(0); }},
      {"input 'x' has 9 dimensions; at most 8 are served", [](builder r) { r.getInputs()[0].initShape(9); }},
      {"more outputs are asked for than the model gives", [](builder r) { r.initOutputs(2); }},
      {"output 'z' is not one of this model's; it gives 'y'", [](builder r) { r.initOutputs(1).set(0, "z"); }},
      {"input 'x': expected datatype FP32, found FP64", [](builder r) { r.getInputs()[0].setDatatype(schema::Datatype::FP64); }},
      {"input 'x': expected datatype FP32, found unknown",
       [](builder r) { r.getInputs()[0].setDatatype(static_cast<schema::Datatype>(77)); }},
      {"input 'x': shape [1, 1] of FP32 needs 4 bytes, found 3", [](builder r) { r.getInputs()[0].initData(3); }},
  };
  for (const auto& [message, mistake] : mistakes) {
    auto call = client.request(client.inference(), {1000});
    mistake(call.getRequest());
    auto answer = client.wait(kj::mv(call));
    BOOST_TEST((answer.getResponse().getError().getCode() == schema::Code::INVALID_ARGUMENT));
    BOOST_TEST(answer.getResponse().getError().getMessage().cStr() == message);
    BOOST_TEST(answer.getResponse().getId().size() < 129U);
  }
}

BOOST_AUTO_TEST_CASE(input_that_crashes_twice_is_poisoned) {
  rpc_client client(server.address());
  BOOST_TEST((client.infer_code({crashes}) == schema::Code::POISONED));
  BOOST_TEST((client.infer_code({crashes}) == schema::Code::POISONED));
  BOOST_TEST((client.infer_code({1000}) == schema::Code::OK));
}

BOOST_AUTO_TEST_CASE(a_closed_pool_is_unavailable_and_a_full_one_overloaded) {
  rpc_client client(server.address());
  auto none = std::make_shared<echo_runner>(echo);
  auto full = std::make_shared<pool>(version_id{"echo", 4}, echo->spec(), time, events);
  for (int i = 0; i < 8; ++i)
    full->submit(std::make_unique<recorded_request>(*loops[0], std::vector<float>{1}, 1, std::make_shared<outcome>()));
  route_echo_to(full, 4);
  BOOST_TEST((client.infer_code({1000}) == schema::Code::OVERLOADED));
  full->close(true);
  BOOST_TEST((client.infer_code({1000}) == schema::Code::UNAVAILABLE));
}

BOOST_FIXTURE_TEST_CASE(what_waits_past_the_default_deadline_is_answered_so, hasty_server) {
  rpc_client client(server.address());
  auto stuck = std::make_shared<pool>(version_id{"echo", 4}, echo->spec(), time, events);
  routes.enlist(stuck);
  route_echo_to(stuck, 4);
  std::atomic<bool> done{false};
  std::thread ticker([&] {
    while (!done) {
      for (const auto& target : routes.pools())
        target->expire(time.now());
      std::this_thread::yield();
    }
  });
  BOOST_TEST((client.infer_code({1000}) == schema::Code::DEADLINE_EXCEEDED));
  done = true;
  ticker.join();
}

BOOST_AUTO_TEST_CASE(a_node_that_drains_refuses_new_requests_and_deploys_and_says_so) {
  rpc_client client(server.address());
  auto control = client.control();
  client.upload_abc(control);
  auto inference = client.inference();
  BOOST_TEST((client.wait(client.request(inference, {1000})).getResponse().getError().getCode() == schema::Code::OK));
  BOOST_TEST(!client.wait(control.statusRequest()).getNode().getDraining());
  drain.close();
  auto refused = client.wait(client.request(inference, {1000}));
  BOOST_TEST((refused.getResponse().getError().getCode() == schema::Code::UNAVAILABLE));
  BOOST_TEST(refused.getResponse().getError().getMessage().cStr()
             == "the node is shutting down; send it to another, or again in a moment");
  BOOST_TEST(refused.getResponse().getId().cStr() == "r1");
  auto deployed = client.deploy_digits(control, small_toml);
  BOOST_TEST((deployed.getError().getCode() == schema::Code::FAILED_PRECONDITION));
  BOOST_TEST(deployed.getError().getMessage().cStr() == "the node is shutting down; deploy again once it is back");
  BOOST_TEST(client.wait(control.statusRequest()).getNode().getDraining());
}

BOOST_AUTO_TEST_CASE(a_log_level_is_set_for_all_or_for_one_kind_of_actor) {
  rpc_client client(server.address());
  auto control = client.control();
  auto set = [&](const char* actor, const char* level) {
    auto call = control.setLogLevelRequest();
    call.setActor(actor);
    call.setLevel(level);
    auto answer = client.wait(kj::mv(call));
    std::string text = answer.getError().getMessage().cStr();
    for (auto row : answer.getLevels())
      text += std::string(row.getActor().cStr()) + "=" + row.getLevel().cStr() + " ";
    return text;
  };
  BOOST_TEST(set("pool", "loud") == "expected one of debug, info, warn, error, off, default, found 'loud'");
  BOOST_TEST(set("", "") == "=info ");
  BOOST_TEST(set("pool", "debug") == "=info pool=debug ");
  BOOST_TEST(levels.shows(severity::debug, "pool"));
  BOOST_TEST(set("", "off") == "=off pool=debug ");
  BOOST_TEST(set("pool", "default") == "=off ");
}

BOOST_AUTO_TEST_CASE(values_come_back_bit_for_bit_also_nan_and_infinities) {
  rpc_client client(server.address());
  std::vector<float> values{-0.0F, std::nanf("7"), std::numeric_limits<float>::infinity(),
                            -std::numeric_limits<float>::infinity(), std::numeric_limits<float>::denorm_min()};
  auto call = client.request(client.inference(), values);
  call.getRequest().initOutputs(1).set(0, "y");
  auto answer = client.wait(kj::mv(call));
  auto response = answer.getResponse();
  BOOST_TEST((response.getError().getCode() == schema::Code::OK));
  BOOST_TEST(response.getVersion() == 3U);
  BOOST_TEST(response.getId().cStr() == "r1");
  auto output = response.getOutputs()[0];
  BOOST_TEST(output.getName().cStr() == "y");
  BOOST_TEST(output.getShape()[1] == 5);
  BOOST_REQUIRE(output.getData().size() == values.size() * sizeof(float));
  BOOST_TEST(std::memcmp(output.getData().begin(), values.data(), output.getData().size()) == 0);
}

BOOST_AUTO_TEST_CASE(metadata_and_limits_tell_what_may_be_sent) {
  rpc_client client(server.address());
  auto ask = client.inference().metadataRequest();
  ask.setDeployment("echo");
  auto answer = client.wait(kj::mv(ask));
  BOOST_TEST(answer.getMetadata().getMaxBatch() == 4U);
  BOOST_TEST(answer.getMetadata().getInputs()[0].getShape()[0] == -1);
  auto limits = client.wait(client.session().limitsRequest());
  BOOST_TEST(limits.getLimits().getMessageBytesMax() == 1U << 20);
  BOOST_TEST(limits.getLimits().getDefaultDeadlineUs() == 3'600'000'000U);
}

BOOST_AUTO_TEST_CASE(a_deployment_that_cannot_answer_just_now_says_why_to_requests_and_to_who_asks_what_it_takes) {
  route_echo_to(nullptr, 3, {error_code::unavailable, "deployment 'echo' is being started; retry in a moment"});
  rpc_client client(server.address());
  BOOST_TEST((client.infer_code({1000}) == schema::Code::UNAVAILABLE));
  auto ask = client.inference().metadataRequest();
  ask.setDeployment("echo");
  auto answer = client.wait(kj::mv(ask));
  BOOST_TEST((answer.getError().getCode() == schema::Code::UNAVAILABLE));
  BOOST_TEST(answer.getError().getMessage().cStr() == "deployment 'echo' is being started; retry in a moment");
}

// -- connections ------------------------------------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_message_over_the_limit_breaks_its_connection_and_no_other) {
  rpc_client big(server.address());
  rpc_client client(server.address());
  BOOST_TEST(throws([&] { big.infer_code(std::vector<float>(300'000, 1000)); }));
  BOOST_TEST((client.infer_code(std::vector<float>(200'000, 1000)) == schema::Code::OK));
}

BOOST_AUTO_TEST_CASE(garbage_closes_its_connection_and_no_other) {
  rpc_client client(server.address());
  for (const auto& garbage : {std::string("GET / HTTP/1.1\r\n\r\n"), std::string(4096, '\xff')}) {
    auto socket = connect_raw(port());
    BOOST_REQUIRE(::send(socket.get(), garbage.data(), garbage.size(), MSG_NOSIGNAL) > 0);
    ::shutdown(socket.get(), SHUT_WR);
    BOOST_TEST(closes(socket));
  }
  BOOST_TEST((client.infer_code({1000}) == schema::Code::OK));
}

BOOST_AUTO_TEST_CASE(a_client_that_hangs_up_in_the_middle_of_a_call_harms_nobody) {
  {
    rpc_client leaves(server.address());
    auto pending = leaves.request(leaves.inference(), {held}).send();
    auto calm = leaves.wait(leaves.request(leaves.inference(), {1000}));
    BOOST_TEST((calm.getResponse().getError().getCode() == schema::Code::OK));
  }
  rpc_client client(server.address());
  BOOST_TEST((client.infer_code({1000}) == schema::Code::OK));
}

BOOST_AUTO_TEST_CASE(a_thousand_connections_at_once_are_served) {
  std::vector<unique_fd> crowd;
  for (int i = 0; i < 1000; ++i)
    crowd.push_back(connect_raw(port()));
  rpc_client client(server.address());
  BOOST_TEST((client.infer_code({1000}) == schema::Code::OK));
}

BOOST_AUTO_TEST_CASE(a_door_that_is_closed_takes_nobody_and_those_inside_stay) {
  rpc_client client(server.address());
  BOOST_TEST((client.infer_code({1000}) == schema::Code::OK));
  server.stop_accepting();
  BOOST_TEST(eventually([this] {
    unique_fd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    auto to = loopback(port());
    return ::connect(socket.get(), reinterpret_cast<sockaddr*>(&to), sizeof to) != 0;
  }));
  BOOST_TEST((client.infer_code({1000}) == schema::Code::OK));
}

BOOST_AUTO_TEST_CASE(connections_that_came_while_descriptors_were_out_are_accepted_later) {
  rlimit before{};
  ::getrlimit(RLIMIT_NOFILE, &before);
  rpc_client client(server.address());
  BOOST_TEST((client.infer_code({1000}) == schema::Code::OK));
  unique_fd waiting(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  rlimit none{static_cast<rlim_t>(waiting.get()), before.rlim_max};
  BOOST_REQUIRE(::setrlimit(RLIMIT_NOFILE, &none) == 0);
  auto to = loopback(port());
  auto connected = ::connect(waiting.get(), reinterpret_cast<sockaddr*>(&to), sizeof to);
  auto served = client.infer_code({1000}); // the loop has seen the door by now
  ::setrlimit(RLIMIT_NOFILE, &before);
  BOOST_TEST(connected == 0);
  BOOST_TEST((served == schema::Code::OK));
  std::string garbage(4096, '\xff');
  timeval patience{5, 0};
  ::setsockopt(waiting.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  BOOST_REQUIRE(::send(waiting.get(), garbage.data(), garbage.size(), MSG_NOSIGNAL) > 0);
  ::shutdown(waiting.get(), SHUT_WR);
  BOOST_TEST(closes(waiting));
}

// -- control ----------------------------------------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(commands_for_an_unknown_deployment_are_not_found) {
  rpc_client client(server.address());
  auto control = client.control();
  auto scale = control.scaleRequest();
  scale.setName("digits");
  BOOST_TEST((client.wait(kj::mv(scale)).getError().getCode() == schema::Code::NOT_FOUND));
  auto undeploy = control.undeployRequest();
  undeploy.setName("digits");
  BOOST_TEST((client.wait(kj::mv(undeploy)).getError().getCode() == schema::Code::NOT_FOUND));
  auto status = control.statusRequest();
  status.setName("digits");
  BOOST_TEST((client.wait(kj::mv(status)).getError().getCode() == schema::Code::NOT_FOUND));
}

BOOST_AUTO_TEST_CASE(uploads_are_bounded_and_verified) {
  rpc_client client(server.address());
  auto control = client.control();
  auto huge = control.uploadRequest();
  huge.setSha256(std::string(64, 'a').c_str());
  huge.setBytes(1 << 17);
  BOOST_TEST((client.wait(kj::mv(huge)).getError().getCode() == schema::Code::INVALID_ARGUMENT));
  auto begin = control.uploadRequest();
  begin.setSha256(std::string(64, 'a').c_str());
  begin.setBytes(3);
  auto begun = client.wait(kj::mv(begin));
  BOOST_REQUIRE(!begun.getPresent());
  auto chunk = begun.getUpload().writeRequest();
  chunk.initChunk(2000);
  BOOST_TEST((client.wait(kj::mv(chunk)).getError().getCode() == schema::Code::INVALID_ARGUMENT));
  auto fits = begun.getUpload().writeRequest();
  fits.setChunk(kj::StringPtr("abc").asBytes());
  BOOST_TEST((client.wait(kj::mv(fits)).getError().getCode() == schema::Code::OK));
  BOOST_TEST((client.wait(begun.getUpload().finishRequest()).getError().getCode() == schema::Code::CORRUPT));
  BOOST_TEST((client.wait(begun.getUpload().finishRequest()).getError().getCode() == schema::Code::NOT_FOUND));
}

BOOST_AUTO_TEST_CASE(uploads_whose_client_has_gone_hold_no_place) {
  auto begin = [](rpc_client& client, schema::Control::Client& control) {
    auto call = control.uploadRequest();
    call.setSha256(std::string(64, 'a').c_str());
    call.setBytes(3);
    return client.wait(kj::mv(call)).getError().getCode();
  };
  for (int round = 0; round < 2; ++round) {
    rpc_client client(server.address());
    auto control = client.control();
    std::vector<kj::Promise<void>> unanswered;
    for (std::size_t i = 0; i < keeper_state::uploads_max; ++i) {
      auto call = control.uploadRequest();
      call.setSha256(std::string(64, 'a').c_str());
      call.setBytes(3);
      unanswered.push_back(call.send().ignoreResult());
    }
    client.wait(client.session().limitsRequest()); // they are on their way
  }
  rpc_client client(server.address());
  auto control = client.control();
  BOOST_TEST(eventually([&] { return begin(client, control) == schema::Code::OK; }));
}

BOOST_AUTO_TEST_CASE(a_version_that_cannot_load_is_told_to_who_awaits_it_and_can_be_undeployed) {
  rpc_client client(server.address());
  auto control = client.control();
  client.upload_abc(control);
  BOOST_TEST((client.deploy_digits(control, "nonsense").getError().getCode() == schema::Code::INVALID_ARGUMENT));
  BOOST_TEST(client.deploy_digits(control, small_toml).getVersion() == 1U);
  auto await = control.awaitReadyRequest();
  await.setName("digits");
  await.setVersion(1);
  auto failed = client.wait(kj::mv(await));
  BOOST_TEST((failed.getError().getCode() == schema::Code::FAILED_PRECONDITION));
  BOOST_TEST(failed.getError().getMessage().cStr() == "version 1 failed: not a TorchScript file");
  auto status = client.wait(control.statusRequest());
  BOOST_REQUIRE(status.getDeployments().size() == 1U);
  BOOST_TEST(status.getDeployments()[0].getVersions()[0].getState().cStr() == "failed");
  BOOST_TEST(status.getNode().getName().cStr() == "node-1");
  for (int round = 0; round < 2; ++round) {
    auto undeploy = control.undeployRequest();
    undeploy.setName("digits");
    BOOST_TEST((client.wait(kj::mv(undeploy)).getError().getCode() == schema::Code::OK));
    BOOST_TEST(client.deploy_digits(control, small_toml).getVersion() == 1U);
  }
}

BOOST_AUTO_TEST_CASE(the_tree_begins_with_root_and_events_are_told) {
  rpc_client client(server.address());
  auto tree = client.wait(client.control().treeRequest());
  BOOST_TEST(tree.getRoot().getName().cStr() == "root");
  BOOST_TEST(tree.getRoot().getChildren().size() == 6U);
  auto journal = actors.journal.get();
  caf::anon_send(journal, note_event{{time.wall_now(), severity::warn, "happened", {{"deployment", "digits"}}}});
  auto ask = client.control().eventsRequest();
  ask.setName("digits");
  ask.setLimit(5);
  auto answer = client.wait(kj::mv(ask));
  BOOST_REQUIRE(answer.getEvents().size() == 1U);
  BOOST_TEST(answer.getEvents()[0].getName().cStr() == "happened");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_CASE(a_client_over_the_connection_limit_is_closed_and_may_come_again_later) {
  auto limits = small_limits();
  limits.connections_max = 1;
  server_fixture node(limits);
  auto first = connect_raw(node.port());
  auto second = connect_raw(node.port());
  BOOST_TEST(closes(second));
  first.reset();
  BOOST_TEST(eventually([&] {
    rpc_client client(node.server.address());
    return !throws([&] { client.infer_code({1000}); });
  }));
}

BOOST_AUTO_TEST_CASE(who_has_not_logged_in_costs_little_memory_however_much_he_announces) {
  auto limits = small_limits();
  limits.message_bytes_max = 16 << 20;
  server_fixture node(limits);
  auto& io = own_io();
  auto stranger =
      io.provider->getNetwork().parseAddress(node.server.address().c_str()).wait(io.waitScope)->connect().wait(io.waitScope);
  std::vector<std::uint32_t> sent(4 << 20); // zeros, after a message of one segment of 16 MiB less a little
  sent[1] = (16 << 20) / 8 - 100;
  auto failed = kj::runCatchingExceptions([&] {
    stranger->write(sent.data(), sent.size() * sizeof sent[0]).wait(io.waitScope);
    stranger->readAllBytes().wait(io.waitScope);
  });
  BOOST_TEST((failed != nullptr)); // long before all was taken
  rpc_client client(node.server.address());
  std::vector<float> values(500'000, 1000); // asked together with the login
  BOOST_TEST((client.infer_code(values) == schema::Code::OK));
}

BOOST_AUTO_TEST_CASE(a_client_that_does_not_log_in_is_closed_and_one_that_has_may_stay_silent) {
  auto limits = small_limits();
  limits.login_timeout = 1s;
  server_fixture node(limits);
  rpc_client client(node.server.address());
  BOOST_TEST((client.infer_code({1000}) == schema::Code::OK));
  auto silent = connect_raw(node.port());
  BOOST_TEST(closes(silent));
  BOOST_TEST((client.infer_code({1000}) == schema::Code::OK));
}

namespace {

/// A client that has been given an answer of more than the kernel keeps, and reads nothing of it by itself.
struct slow_reader {
  static gateway_options limits() {
    auto large = small_limits();
    large.message_bytes_max = 32 << 20;
    return large;
  }

  server_fixture node{limits()};
  rpc_client client{own_io().lowLevelProvider->wrapSocketFd(connect_narrow(node.port()).release(),
                                                            kj::LowLevelAsyncIoProvider::TAKE_OWNERSHIP)};
  kj::Promise<capnp::Response<schema::Inference::InferResults>> asked =
      client.request(client.inference(), std::vector<float>(4'000'000, 1000)).send();

  slow_reader() {
    node.echo->detach(node.runner.get());
    BOOST_REQUIRE(eventually([this] {
      client.io.waitScope.poll();
      return node.echo->count().queued_rows == 1;
    }));
    node.echo->attach(node.runner);
    BOOST_REQUIRE(eventually([this] { return node.echo->quiet(); }));
  }

  /// The node parts with its clients and ends, meanwhile.
  std::future<void> stop(std::chrono::milliseconds patience) {
    return std::async(std::launch::async, [this, patience] {
      node.server.stop_accepting();
      node.server.leave_clients(patience);
      eventually([this] { return node.server.empty(); });
      node.stop();
    });
  }
};

} // namespace

BOOST_AUTO_TEST_CASE(a_node_that_stops_waits_for_those_that_are_slow_to_take_their_answers) {
  slow_reader slow;
  auto stopped = slow.stop(1h);
  BOOST_TEST((stopped.wait_for(100ms) == std::future_status::timeout));
  auto answer = slow.asked.wait(slow.client.io.waitScope);
  BOOST_TEST(answer.getResponse().getOutputs()[0].getData().size() == 16'000'000U);
  slow.client.network->onDisconnect().wait(slow.client.io.waitScope); // it hears the node's goodbye, and leaves too
  stopped.get();
}

BOOST_AUTO_TEST_CASE(a_node_that_stops_does_not_wait_for_ever_for_who_takes_nothing) {
  slow_reader slow;
  slow.stop(50ms).get();
  BOOST_TEST(throws([&] { slow.asked.wait(slow.client.io.waitScope); }));
}

BOOST_AUTO_TEST_CASE(a_node_that_stops_gives_those_that_do_not_hang_up_a_second) {
  server_fixture node;
  rpc_client client(node.server.address());
  BOOST_TEST((client.infer_code({1000}) == schema::Code::OK)); // and from then on it doesn't look
  node.server.stop_accepting();
  auto begin = std::chrono::steady_clock::now();
  node.server.leave_clients(1h);
  BOOST_TEST(eventually([&node] { return node.server.empty(); }));
  BOOST_TEST((std::chrono::steady_clock::now() - begin >= 1s));
}

BOOST_AUTO_TEST_CASE(a_node_stops_though_a_client_still_awaits_a_version) {
  std::unique_ptr<rpc_client> client;
  kj::Promise<void> unanswered = nullptr;
  {
    server_fixture node;
    node.hosts.hang = true;
    client = std::make_unique<rpc_client>(node.server.address());
    auto control = client->control();
    client->upload_abc(control);
    BOOST_TEST(client->deploy_digits(control, small_toml).getVersion() == 1U);
    auto await = control.awaitReadyRequest();
    await.setName("digits");
    unanswered = await.send().ignoreResult();
    client->wait(control.statusRequest()); // it is on its way
  } // would take the 300 s of the question otherwise
  bool cut_off = throws([&] { unanswered.wait(client->io.waitScope); });
  BOOST_TEST_MESSAGE((cut_off ? "cut off" : "told that the node ends")); // whichever comes first
}
