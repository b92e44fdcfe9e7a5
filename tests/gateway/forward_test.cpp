#define BOOST_TEST_MODULE forward
#include "runtime/gateway/message_stream.hpp"
#include "schemas/forward.capnp.h"
#include "tests/gateway/http_fixture.hpp"
#include "tests/gateway/other_node.hpp"
#include "tests/gateway/rpc_client.hpp"
#include "tests/support/byte_strings_of.hpp"
#include "tests/support/plain_runner.hpp"

#include <boost/test/unit_test.hpp>

#include <future>
#include <thread>

using namespace troupe;
using namespace std::chrono_literals;

namespace {

/// Node A with both its doors, whose deployment "echo" runs on node B alone.
struct forward_fixture : http_fixture {
  rpc_server rpc;
  other_node other;
  plain_dialler dialler;
  forward_links links;
  peer_board board;
  model_spec spec;
  std::shared_ptr<spread> target;
  std::shared_ptr<remote_pool> there;
  std::shared_ptr<pool> here; ///< perhaps
  std::atomic<bool> done{false};
  std::thread ticker;

  forward_fixture()
    : rpc(loop_pointers(), listen_on("127.0.0.1:0").value(), view(), options, clients), other(options),
      links(loop_pointers(), dialler, time, options), spec(echo->spec()) {
    dialler.set("b", other.address());
    board.set("b", {"node-b", "", true, 0});
    serve(spec);
    ticker = std::thread([this] {
      while (!done) {
        for (const auto& each : routes.targets())
          each->expire(time.now());
        std::this_thread::yield();
      }
    });
  }
  ~forward_fixture() {
    done = true;
    ticker.join();
    for (const auto& each : routes.targets())
      each->close();
    if (here != nullptr)
      here->close(true);
    stop();
  }

  /// From now on "echo" is that model, on B.
  void serve(const model_spec& model) {
    spec = model;
    version_id id{"echo", 3};
    if (other.echo != nullptr)
      other.echo->close(true);
    other.run(id, spec);
    target = std::make_shared<spread>(id, spec, time, 1);
    there = std::make_shared<remote_pool>(id, spec, 1, board.find("b"), links);
    target->set_remotes({there});
    routing_table table;
    table["echo"] = {id, target, {}};
    routes.publish(std::make_shared<routing_table>(std::move(table)));
  }
  /// A, too, runs it from now on.
  void run_here() {
    here = std::make_shared<pool>(target->id(), spec, time, events);
    here->attach(std::make_shared<plain_runner>(here));
    target->set_local(here);
  }
  /// Of B's requests so many wait for a replica.
  bool comes_to_wait(std::uint64_t count) {
    return eventually([this, count] {
      own_io().waitScope.poll();
      other.echo->expire(other.time.now());
      return other.echo->count().queued_requests == count;
    });
  }
  bool is_held() {
    return eventually([this] { return other.echo->count().batches > 0; });
  }
};

schema::Code code_of(const capnp::Response<schema::Inference::InferResults>& answer) {
  return answer.getResponse().getError().getCode();
}
std::string message_of(const capnp::Response<schema::Inference::InferResults>& answer) {
  return answer.getResponse().getError().getMessage();
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(failures, forward_fixture)

BOOST_AUTO_TEST_CASE(what_the_other_node_says_is_the_answer) {
  rpc_client client(rpc.address());
  for (int code = 1; code < static_cast<int>(error_code_count); ++code) {
    auto answer = client.wait(client.request(client.inference(), {static_cast<float>(code)}));
    BOOST_TEST(static_cast<int>(code_of(answer)) == code);
    BOOST_TEST(message_of(answer) == "as told");
  }
}

BOOST_AUTO_TEST_CASE(a_model_that_crashes_there_twice_is_poisoned_and_no_third_host_gets_it) {
  run_here();
  target->set_local(nullptr);
  rpc_client client(rpc.address());
  auto asked = client.request(client.inference(), {crashes}).send();
  BOOST_TEST((code_of(asked.wait(client.io.waitScope)) == schema::Code::POISONED));
  BOOST_TEST(here->count().batches == 0U);
}

BOOST_AUTO_TEST_CASE(a_node_that_does_not_run_the_version_leaves_it_to_others) {
  target = std::make_shared<spread>(version_id{"echo", 4}, spec, time, 1);
  target->set_remotes({std::make_shared<remote_pool>(target->id(), spec, 1, board.find("b"), links)});
  routing_table table;
  table["echo"] = {target->id(), target, {}};
  routes.publish(std::make_shared<routing_table>(std::move(table)));
  rpc_client client(rpc.address());
  auto alone = client.wait(client.request(client.inference(), {1000}));
  BOOST_TEST(message_of(alone) == "echo@4 does not run on the node that was asked; retry");
  here = std::make_shared<pool>(target->id(), spec, time, events); // has no replica yet, so that requests go to B first
  target->set_local(here);
  auto asked = client.request(client.inference(), {1000}).send();
  BOOST_REQUIRE(eventually([&] {
    client.io.waitScope.poll();
    return here->count().queued_requests == 1;
  }));
  here->attach(std::make_shared<plain_runner>(here));
  BOOST_TEST((code_of(asked.wait(client.io.waitScope)) == schema::Code::OK));
}

BOOST_AUTO_TEST_CASE(a_node_that_drains_gives_requests_back) {
  other.drain.close();
  rpc_client client(rpc.address());
  auto asked = client.wait(client.request(client.inference(), {1000}));
  BOOST_TEST((code_of(asked) == schema::Code::UNAVAILABLE));
  BOOST_TEST(message_of(asked) == drain_gate::refusal().message);
}

BOOST_AUTO_TEST_CASE(a_node_where_nobody_listens_is_unavailable_and_dialled_again_only_after_a_while) {
  dialler.set("b", "127.0.0.1:1");
  rpc_client client(rpc.address());
  auto begin = std::chrono::steady_clock::now();
  for (int i = 0; i < 5; ++i) {
    auto asked = client.wait(client.request(client.inference(), {1000}));
    BOOST_TEST(message_of(asked) == "node 'node-b' can't be reached; retry");
  }
  auto waits = (std::chrono::steady_clock::now() - begin) / 50ms; // there was time for, on a very busy machine
  BOOST_TEST(dialler.dialled <= 2 + waits);
  dialler.set("b", other.address());
  BOOST_TEST(eventually([&] { return client.infer_code({1000}) == schema::Code::OK; }));
}

BOOST_AUTO_TEST_CASE(a_connection_that_is_cut_in_the_middle_is_a_second_try_elsewhere) {
  rpc_client client(rpc.address());
  auto asked = client.request(client.inference(), {held, 7}).send();
  client.io.waitScope.poll();
  BOOST_REQUIRE(is_held());
  run_here();
  other.cut();
  auto answer = asked.wait(client.io.waitScope);
  BOOST_REQUIRE((code_of(answer) == schema::Code::OK));
  BOOST_TEST(answer.getResponse().getVersion() == 3U);
  target->set_local(nullptr);
  BOOST_TEST(eventually([&] { return client.infer_code({1000}) == schema::Code::OK; })); // over a new connection
}

BOOST_AUTO_TEST_CASE(a_connection_that_is_cut_without_another_place_is_unavailable) {
  rpc_client client(rpc.address());
  auto asked = client.request(client.inference(), {held}).send();
  client.io.waitScope.poll();
  BOOST_REQUIRE(is_held());
  other.cut();
  BOOST_TEST(message_of(asked.wait(client.io.waitScope)) == "node 'node-b' can't be reached; retry");
  BOOST_TEST(target->quiet());
}

BOOST_AUTO_TEST_CASE(a_silent_node_is_left_once_it_is_suspected) {
  other.instead = [](kj::Own<kj::AsyncIoStream> peer) { return kj::Promise<void>(kj::NEVER_DONE).attach(kj::mv(peer)); };
  rpc_client client(rpc.address());
  auto asked = client.request(client.inference(), {1000}).send();
  client.io.waitScope.poll();
  BOOST_REQUIRE(eventually([this] { return dialler.dialled > 0; }));
  run_here();
  board.set("b", {"node-b", "", false, 0});
  BOOST_TEST((code_of(asked.wait(client.io.waitScope)) == schema::Code::OK));
}

BOOST_AUTO_TEST_CASE(a_silent_node_costs_no_more_than_the_deadline) {
  other.instead = [](kj::Own<kj::AsyncIoStream> peer) { return kj::Promise<void>(kj::NEVER_DONE).attach(kj::mv(peer)); };
  rpc_client client(rpc.address());
  auto call = client.request(client.inference(), {1000});
  call.getRequest().setDeadlineUs(50'000);
  BOOST_TEST((code_of(client.wait(kj::mv(call))) == schema::Code::DEADLINE_EXCEEDED));
}

BOOST_AUTO_TEST_CASE(a_node_that_talks_nonsense_is_unavailable) {
  other.instead = [](kj::Own<kj::AsyncIoStream> peer) {
    auto& stream = *peer;
    return stream.write("HTTP/1.1 400 Bad Request\r\n\r\nHTTP/1.1 400 Bad Request\r\n\r\n", 56).attach(kj::mv(peer));
  };
  rpc_client client(rpc.address());
  BOOST_TEST((client.infer_code({1000}) == schema::Code::UNAVAILABLE));
}

BOOST_AUTO_TEST_SUITE_END()

namespace {

using message_builder = schema::ForwardMessage::Builder;

kj::Own<capnp::MallocMessageBuilder> message_of(const std::function<void(message_builder)>& write) {
  auto message = kj::heap<capnp::MallocMessageBuilder>();
  write(message->initRoot<schema::ForwardMessage>());
  return message;
}

/// A call of number 17, with one request of the value 0.
void call_echo(message_builder into) {
  into.setNumber(17);
  auto call = into.initCall();
  call.setDeployment("echo");
  call.setVersion(3);
  auto next = call.initRequests(1)[0];
  next.setDeadlineUs(5'000'000);
  auto input = next.initInputs(1)[0];
  input.setDatatype(schema::Datatype::FP32);
  auto dims = input.initShape(2);
  dims.set(0, 1);
  dims.set(1, 1);
  input.initData(4);
}

/// A node that says to each call whatever the test writes.
kj::Promise<void> lie(kj::Own<kj::AsyncIoStream> peer, std::uint64_t bytes_max,
                      std::function<void(std::uint64_t number, message_builder)> write) {
  auto stream = kj::heap<message_stream>(kj::mv(peer), bytes_max);
  auto gone = stream->run([write = std::move(write), &to = *stream](kj::Own<received_message> call) {
    auto number = call->root<schema::ForwardMessage>().getNumber();
    to.send(message_of([&](message_builder into) { write(number, into); }));
  });
  return gone.attach(kj::mv(stream));
}

/// A node that asks the other one, on the test's own thread, and says whatever the test writes.
class asking_peer {
public:
  asking_peer(const std::string& address, std::uint64_t bytes_max)
    : stream_(own_io()
                  .provider->getNetwork()
                  .parseAddress(address.c_str())
                  .wait(own_io().waitScope)
                  ->connect()
                  .wait(own_io().waitScope),
              bytes_max) {}

  void say(const std::function<void(message_builder)>& write) { stream_.send(message_of(write)); }
  /// Says it, too, and waits for an answer on this connection; nothing: the other end broke it.
  kj::Own<received_message> ask(const std::function<void(message_builder)>& write) {
    kj::Own<received_message> answer;
    auto answered = kj::newPromiseAndFulfiller<void>();
    say(write);
    auto gone = stream_.run([&](kj::Own<received_message> message) {
      answer = kj::mv(message);
      answered.fulfiller->fulfill();
    });
    answered.promise.exclusiveJoin(gone.catch_([](kj::Exception&&) {})).wait(own_io().waitScope);
    return answer;
  }

private:
  message_stream stream_;
};

} // namespace

BOOST_FIXTURE_TEST_CASE(answers_that_do_not_fit_the_model_are_none, forward_fixture) {
  using answer = schema::ForwardAnswer::Builder;
  auto tensor = [](answer into, std::initializer_list<std::int64_t> dims, std::size_t bytes, unsigned count = 1) {
    auto list = into.initOutputs(count);
    list[0].setDatatype(schema::Datatype::FP32);
    auto shape = list[0].initShape(static_cast<unsigned>(dims.size()));
    for (unsigned i = 0; i < dims.size(); ++i)
      shape.set(i, dims.begin()[i]);
    list[0].initData(static_cast<unsigned>(bytes));
  };
  const std::vector<std::function<void(answer)>> lies = {
      [](answer) {},
      [&](answer a) { tensor(a, {1, 1}, 4, 2); },
      [&](answer a) { tensor(a, {1, 1}, 5); },
      [&](answer a) { tensor(a, {2, 1}, 8); },
      [&](answer a) { tensor(a, {1, -1}, 4); },
      [&](answer a) { tensor(a, {1, INT64_MAX}, 4); },
      [&](answer a) { tensor(a, {1}, 4); },
      [&](answer a) { tensor(a, {1, 1, 1, 1, 1, 1, 1, 1, 1}, 4); },
      [&](answer a) {
        tensor(a, {1, 1}, 4);
        a.getOutputs()[0].setDatatype(static_cast<schema::Datatype>(99));
      },
  };
  std::atomic<std::size_t> which{0};
  other.instead = [&](kj::Own<kj::AsyncIoStream> peer) {
    return lie(kj::mv(peer), options.message_bytes_max, [&](std::uint64_t number, message_builder into) {
      into.setNumber(number);
      lies[which](into.initAnswer());
    });
  };
  rpc_client client(rpc.address());
  for (which = 0; which < lies.size(); ++which)
    BOOST_TEST((client.infer_code({1000}) == schema::Code::UNAVAILABLE), "lie " << which);
}

BOOST_FIXTURE_TEST_CASE(a_second_answer_to_a_request_ends_the_connection_and_the_first_counts, forward_fixture) {
  std::promise<void> ended;
  other.instead = [&](kj::Own<kj::AsyncIoStream> peer) {
    auto stream = kj::heap<message_stream>(kj::mv(peer), options.message_bytes_max);
    auto gone = stream->run([&to = *stream](kj::Own<received_message> call) {
      auto told = call->root<schema::ForwardMessage>();
      for (int i = 0; i < 2; ++i)
        to.send(message_of([&](message_builder into) {
          into.setNumber(told.getNumber());
          into.initAnswer().initError().setCode(schema::Code::MODEL_FAILED);
        }));
    });
    return gone.then([&ended] { ended.set_value(); }, [&ended](kj::Exception&&) { ended.set_value(); }).attach(kj::mv(stream));
  };
  rpc_client client(rpc.address());
  BOOST_TEST((client.infer_code({1000}) == schema::Code::MODEL_FAILED));
  BOOST_TEST((ended.get_future().wait_for(10s) == std::future_status::ready));
  other.instead = nullptr;
}

BOOST_FIXTURE_TEST_CASE(what_is_no_answer_to_a_call_ends_the_connection_and_its_calls, forward_fixture) {
  const std::vector<std::function<void(std::uint64_t, message_builder)>> nonsense = {
      [](std::uint64_t number, message_builder into) { into.setNumber(number + 1), into.initAnswer(); },
      [](std::uint64_t number, message_builder into) { into.setNumber(number), into.initAnswer().setIndex(1); },
      [](std::uint64_t number, message_builder into) { into.setNumber(number), into.initCall(); },
      [](std::uint64_t, message_builder) {},
  };
  std::atomic<std::size_t> which{0};
  other.instead = [&](kj::Own<kj::AsyncIoStream> peer) {
    return lie(kj::mv(peer), options.message_bytes_max,
               [&](std::uint64_t number, message_builder into) { nonsense[which](number, into); });
  };
  rpc_client client(rpc.address());
  for (which = 0; which < nonsense.size(); ++which)
    BOOST_TEST((client.infer_code({1000}) == schema::Code::UNAVAILABLE), "nonsense " << which);
}

BOOST_FIXTURE_TEST_SUITE(wrong_requests, forward_fixture)

BOOST_AUTO_TEST_CASE(what_another_node_sends_is_checked_as_a_clients_request) {
  using request = schema::ForwardRequest::Builder;
  auto ask = [&](const std::function<void(request)>& spoil) {
    auto answers = asking_peer(other.address(), options.message_bytes_max).ask([&](message_builder into) {
      call_echo(into);
      spoil(into.getCall().getRequests()[0]);
    });
    BOOST_REQUIRE(answers.get() != nullptr);
    auto told = answers->root<schema::ForwardMessage>();
    BOOST_TEST(told.getNumber() == 17U);
    auto failure = told.getAnswer().getError();
    return std::make_pair(failure.getCode(), std::string(failure.getMessage().cStr()));
  };
  BOOST_TEST((ask([](request) {}).first == schema::Code::OK));
  const std::vector<std::pair<std::string, std::function<void(request)>>> mistakes = {
      {"0 tensors came, the model has 1", [](request r) { r.initInputs(0); }},
      {"2 tensors came, the model has 1", [](request r) { r.initInputs(2); }},
      {"tensor 'x' has 9 dimensions; at most 8 are served", [](request r) { r.getInputs()[0].initShape(9); }},
  };
  for (const auto& [expected, spoil] : mistakes)
    BOOST_TEST(ask(spoil).second == expected);
  const std::vector<std::function<void(request)>> other_mistakes = {
      [](request r) { r.getInputs()[0].initData(5); },
      [](request r) { r.getInputs()[0].getShape().set(0, 5); },
      [](request r) { r.getInputs()[0].getShape().set(1, -1); },
      [](request r) { r.getInputs()[0].setDatatype(schema::Datatype::INT8); },
      [](request r) { r.getInputs()[0].setDatatype(static_cast<schema::Datatype>(77)); },
  };
  for (const auto& spoil : other_mistakes)
    BOOST_TEST((ask(spoil).first == schema::Code::INVALID_ARGUMENT));
  BOOST_TEST((ask([](request r) { r.setDeadlineUs(0); }).first == schema::Code::DEADLINE_EXCEEDED));
  BOOST_TEST((ask([](request r) { r.setDeadlineUs(UINT64_MAX); }).first == schema::Code::OK));
  BOOST_TEST((ask([](request r) { r.setTimeoutUs(UINT64_MAX); }).first == schema::Code::OK));
}

BOOST_AUTO_TEST_CASE(a_node_is_quiet_once_all_answers_have_gone_out_or_nobody_waits_for_them) {
  auto waits_there = [this](std::uint64_t count) { return comes_to_wait(count) && !other.quiet(); };
  BOOST_TEST(other.quiet());
  other.echo->detach(other.runner.get());
  {
    asking_peer peer(other.address(), options.message_bytes_max);
    peer.say(call_echo);
    BOOST_TEST(waits_there(1));
  }
  BOOST_TEST(comes_to_wait(0));
  BOOST_TEST(eventually([this] { return other.quiet(); }));
  asking_peer peer(other.address(), options.message_bytes_max);
  peer.say(call_echo);
  BOOST_TEST(waits_there(1));
  other.echo->attach(other.runner);
  BOOST_TEST(eventually([this] { return other.quiet(); }));
}

BOOST_AUTO_TEST_CASE(what_is_no_call_ends_the_connection) {
  const std::vector<std::function<void(message_builder)>> nonsense = {
      [](message_builder into) { into.initCall().initRequests(0); },
      [](message_builder into) { into.initCall().initRequests(65); },
      [](message_builder into) { into.initAnswer(); },
      [](message_builder) {},
  };
  for (const auto& each : nonsense)
    BOOST_TEST((asking_peer(other.address(), options.message_bytes_max).ask(each).get() == nullptr));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(withdrawals, forward_fixture)

BOOST_AUTO_TEST_CASE(
    a_call_that_there_is_not_is_ignored_a_request_that_there_is_not_and_a_second_call_of_a_number_end_the_connection) {
  auto is_taken = [&](const std::function<void(message_builder)>& write) {
    asking_peer peer(other.address(), options.message_bytes_max);
    peer.say(call_echo);
    peer.say(write);
    return peer.ask([](message_builder into) {
                 call_echo(into);
                 into.setNumber(18);
               })
               .get()
           != nullptr;
  };
  other.echo->detach(other.runner.get()); // so that the call is there when what follows comes
  const std::vector<std::function<void(message_builder)>> nonsense = {
      [](message_builder into) { into.setNumber(17), into.initWithdrawn(1).set(0, 1); },
      call_echo,
  };
  for (const auto& each : nonsense)
    BOOST_TEST(!is_taken(each));
  other.echo->attach(other.runner);
  BOOST_TEST(is_taken([](message_builder into) { into.setNumber(19), into.initWithdrawn(1).set(0, 0); }));
}

BOOST_AUTO_TEST_CASE(a_request_whose_client_has_gone_leaves_the_other_nodes_queue_without_a_batch) {
  other.echo->detach(other.runner.get());
  rpc_client staying(rpc.address());
  auto inference = staying.inference();
  auto kept = staying.request(inference, {1000}).send();
  BOOST_TEST(comes_to_wait(1));
  {
    rpc_client leaving(rpc.address());
    http_client by_http(port());
    auto asked = leaving.request(leaving.inference(), {1001}).send();
    by_http.send(head_of(infer_json(1002)) + infer_json(1002));
    auto taken_back = staying.request(inference, {1003}).send();
    BOOST_TEST(comes_to_wait(4));
  }
  BOOST_TEST(comes_to_wait(1));
  other.echo->attach(other.runner);
  BOOST_TEST((code_of(kept.wait(own_io().waitScope)) == schema::Code::OK));
  BOOST_TEST(other.echo->count().batches == 1U);
  BOOST_TEST(eventually([this] { return target->quiet(); }));
}

BOOST_AUTO_TEST_CASE(a_connection_that_ends_leaves_nothing_behind_in_the_other_nodes_queue) {
  other.echo->detach(other.runner.get());
  rpc_client client(rpc.address());
  auto asked = client.request(client.inference(), {1000}).send();
  BOOST_TEST(comes_to_wait(1));
  other.cut();
  BOOST_TEST(message_of(asked.wait(own_io().waitScope)) == "node 'node-b' can't be reached; retry");
  BOOST_TEST(comes_to_wait(0));
  other.echo->attach(other.runner);
  BOOST_TEST(other.echo->count().batches == 0U);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(answers, forward_fixture)

BOOST_AUTO_TEST_CASE(another_nodes_replica_answers_a_client_of_either_door) {
  rpc_client by_rpc(rpc.address());
  auto answer = by_rpc.wait(by_rpc.request(by_rpc.inference(), {1000, 2}));
  BOOST_REQUIRE((code_of(answer) == schema::Code::OK));
  auto output = answer.getResponse().getOutputs()[0];
  BOOST_TEST(output.getName().cStr() == "y");
  BOOST_TEST(*reinterpret_cast<const float*>(output.getData().begin()) == 1000.0F);
  BOOST_TEST(answer.getResponse().getId().cStr() == "r1");
  http_client by_http(port());
  auto json = by_http.post(infer_path, infer_json(1000)).json();
  BOOST_TEST(json["outputs"][0]["data"][0] == 1000.0);
  BOOST_TEST(json["model_version"] == "3");
  BOOST_TEST(other.echo->count().batches == 2U);
  BOOST_TEST(by_http.get("/v2/models/echo/ready").status == 200);
  BOOST_TEST(by_http.get("/v2/models/echo/stats").status == 200);
}

BOOST_AUTO_TEST_CASE(a_request_that_takes_long_holds_up_no_other_one_that_went_with_it) {
  auto& loop = *loops[0];
  std::vector<std::shared_ptr<outcome>> asked(3);
  for (auto& each : asked)
    each = std::make_shared<outcome>();
  loop.post([&] {
    std::size_t next = 0;
    for (float value : {held, 1000.0F, 1001.0F}) {
      auto request = std::make_unique<recorded_request>(loop, std::vector<float>{value}, 1, asked[next++]);
      request->alone = true;
      target->submit(std::move(request));
    }
    loop.dispatch_later(target);
  });
  BOOST_TEST(asked[1]->wait());
  BOOST_TEST(asked[2]->wait());
  BOOST_TEST(asked[0]->times == 0);
  other.cut();
  BOOST_TEST(asked[0]->wait());
}

BOOST_AUTO_TEST_CASE(large_tensors_arrive_unchanged) {
  rpc_client client(rpc.address());
  std::vector<float> values(150'000);
  for (std::size_t i = 0; i < values.size(); ++i)
    values[i] = static_cast<float>(i + 1000);
  values[1] = std::numeric_limits<float>::quiet_NaN();
  auto answer = client.wait(client.request(client.inference(), values));
  BOOST_REQUIRE((code_of(answer) == schema::Code::OK));
  auto data = answer.getResponse().getOutputs()[0].getData();
  BOOST_REQUIRE(data.size() == values.size() * sizeof(float));
  BOOST_TEST(std::memcmp(data.begin(), values.data(), data.size()) == 0);
}

BOOST_AUTO_TEST_CASE(strings_arrive_unchanged) {
  auto strings = spec;
  strings.inputs[0].type = strings.outputs[0].type = datatype::bytes;
  serve(strings);
  http_client client(port());
  auto answer =
      client.post(infer_path, R"({"inputs":[{"name":"x","datatype":"BYTES","shape":[1,3],"data":["1000","","a longer one"]}]})");
  BOOST_TEST(answer.json()["outputs"][0]["data"].dump() == R"(["1000","","a longer one"])");
}

BOOST_AUTO_TEST_CASE(many_clients_requests_are_each_answered_once_while_connections_are_cut) {
  constexpr std::size_t count = 400;
  run_here();
  std::vector<std::shared_ptr<outcome>> asked(count);
  for (auto& each : asked)
    each = std::make_shared<outcome>();
  for (std::size_t i = 0; i < count; ++i) {
    auto& loop = *loops[i % loops.size()];
    loop.post([this, &loop, i, result = asked[i]] {
      auto next = std::make_unique<recorded_request>(loop, std::vector<float>{static_cast<float>(1000 + i)}, 1, result);
      next->deadline = next->arrived + 5s;
      target->submit(std::move(next));
      loop.dispatch_later(target);
    });
    if (i % 50 == 25)
      other.cut();
    if (i % 100 == 75)
      target->set_local(target->local() == nullptr ? here : nullptr);
  }
  for (std::size_t i = 0; i < count; ++i) {
    BOOST_TEST_REQUIRE(asked[i]->wait());
    BOOST_TEST_REQUIRE((asked[i]->failure || asked[i]->values == std::vector<float>{static_cast<float>(1000 + i)}));
  }
  BOOST_TEST(eventually([this] { return target->quiet(); }));
  for (const auto& each : asked)
    BOOST_TEST_REQUIRE(each->times == 1);
}

BOOST_AUTO_TEST_SUITE_END()
