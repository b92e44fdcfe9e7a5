#define BOOST_TEST_MODULE peer_client
#include "runtime/gateway/peer_client.hpp"
#include "tests/gateway/peer_fixture.hpp"

#include <sys/socket.h>
#include <thread>

using namespace troupe;

namespace {

/// The node n2, which asks; over plain sockets.
struct asking_node {
  explicit asking_node(peer_client_options options = {}, const std::string& calls_itself = "n2")
    : client(
          loop, time, {calls_itself, "1.0"}, trust.of(calls_itself), [this](const peer_address& to) { return dial(to); },
          options) {}
  ~asking_node() { loop.stop(); }

  kj::Promise<kj::Own<kj::AsyncIoStream>> dial(const peer_address& to) {
    ++dialled;
    auto address = loop.io().provider->getNetwork().parseAddress(to.address.c_str());
    return address.then([](kj::Own<kj::NetworkAddress> found) {
      auto connected = found->connect();
      return connected.attach(kj::mv(found));
    });
  }
  asked ask(const peer_address& whom, std::uint64_t revision, std::chrono::milliseconds patience = 10s) {
    asked question;
    client.ask(whom, assignment_of(revision, "n2"), patience, question.listener());
    return question;
  }

  real_clock time;
  lenient_trust trust;
  std::atomic<int> dialled{0};
  kj_loop loop{"asking", no_complaints};
  peer_client client;
};

peer_client_options restless() {
  peer_client_options options;
  options.connect_timeout = 30s; // no busy machine is given up
  options.rest_base = options.rest_max = 1ms;
  return options;
}

/// Listens, and does nothing of itself.
struct bare_listener {
  listener door = listen_on("127.0.0.1:0").value();

  peer_address address() const { return {"n1", door.address}; }
  unique_fd accept() {
    unique_fd client;
    BOOST_REQUIRE(eventually([&] {
      client = unique_fd(::accept4(door.socket.get(), nullptr, nullptr, SOCK_CLOEXEC));
      return static_cast<bool>(client);
    }));
    return client;
  }
};

/// Without an answer, whether the other side has heard the question or not.
bool is_lost(error_code code) {
  return code == error_code::unavailable || code == error_code::deadline_exceeded;
}

void expect_unavailable(asked question, const std::string& sentence, error_code code = error_code::unavailable) {
  auto why = question.failure();
  BOOST_TEST((why.code == code));
  BOOST_TEST(why.message == sentence);
}

const std::string broke = "the connection to node n1 broke before it answered; retry";

} // namespace

BOOST_AUTO_TEST_SUITE(peer_client_suite)

BOOST_AUTO_TEST_CASE(a_node_that_does_not_listen_is_unavailable_and_the_next_question_does_not_wait_for_it) {
  peer_client_options options;
  options.rest_base = options.rest_max = 1h;
  asking_node n2(options);
  bare_listener gone;
  gone.door.socket.reset();
  auto sentence = "cannot reach node n1 at " + gone.door.address + ": connect(): Connection refused";
  expect_unavailable(n2.ask(gone.address(), 1), sentence);
  expect_unavailable(n2.ask(gone.address(), 2), sentence);
  BOOST_TEST(n2.dialled == 1);
}

BOOST_AUTO_TEST_CASE(who_is_refused_hears_whom_the_other_follows_all_the_same) {
  asking_node n2(restless());
  answering_node n1("n1");
  n1.trust.admits = false;
  n1.trust.epoch = 9;
  BOOST_TEST((n2.ask(n1.address(), 1).failure().code == error_code::permission_denied));
  BOOST_TEST(n2.trust.heard == 9U);
}

BOOST_AUTO_TEST_CASE(a_node_that_comes_up_is_reached_after_a_rest) {
  asking_node n2(restless());
  answering_node n1("n1");
  n1.trust.admits = false;
  expect_unavailable(n2.ask(n1.address(), 1), "node n1 refuses this node: it was removed from the cluster",
                     error_code::permission_denied);
  n1.trust.admits = true;
  BOOST_TEST(eventually([&] { return n2.ask(n1.address(), 2).wait().ok(); }));
}

BOOST_AUTO_TEST_CASE(a_node_that_accepts_and_stays_silent_is_given_up) {
  peer_client_options impatient;
  impatient.connect_timeout = 50ms;
  asking_node n2(impatient);
  bare_listener silent;
  expect_unavailable(n2.ask(silent.address(), 1), "cannot reach node n1 at " + silent.door.address + ": no answer within 50 ms");
}

BOOST_AUTO_TEST_CASE(what_is_no_node_is_unavailable) {
  asking_node n2;
  bare_listener other;
  auto question = n2.ask(other.address(), 1);
  auto client = other.accept();
  BOOST_REQUIRE(::send(client.get(), "HTTP/1.1 400 Bad Request\r\n\r\n", 28, MSG_NOSIGNAL) == 28);
  BOOST_TEST((question.failure().code == error_code::unavailable));
}

BOOST_AUTO_TEST_CASE(a_node_that_hangs_up_on_us_is_unavailable) {
  asking_node n2;
  bare_listener other;
  auto question = n2.ask(other.address(), 1);
  other.accept().reset();
  BOOST_TEST((question.failure().code == error_code::unavailable));
}

BOOST_AUTO_TEST_CASE(a_connection_whose_other_end_is_another_node_is_closed) {
  asking_node n2;
  answering_node n9("n9");
  expect_unavailable(n2.ask({"n1", n9.door.address()}, 1),
                     "cannot reach node n1 at " + n9.door.address() + ": node n9 answers there");
}

BOOST_AUTO_TEST_CASE(a_certificate_that_is_not_believed_ends_the_connection_on_either_side) {
  asking_node n2(restless());
  answering_node n1("n1");
  n2.trust.believes = false;
  expect_unavailable(n2.ask(n1.address(), 1), "cannot reach node n1 at " + n1.door.address() + ": its certificate is not n1's");
  n2.trust.believes = true;
  n1.trust.believes = false;
  BOOST_TEST(eventually(
      [&] { return n2.ask(n1.address(), 1).failure().message == "node n1 refuses this node: its certificate is not n2's"; }));
}

BOOST_AUTO_TEST_CASE(a_node_that_calls_itself_otherwise_than_its_certificate_is_refused) {
  asking_node n3({}, "n3");
  answering_node n1("n1");
  expect_unavailable(n3.ask(n1.address(), 1), "node n1 refuses this node: it calls itself n3, but its certificate is node n2's",
                     error_code::permission_denied);
}

BOOST_AUTO_TEST_CASE(a_client_that_never_greets_is_closed) {
  peer_service_options options;
  options.hello_timeout = 20ms;
  answering_node n1("n1", options);
  auto client = connect_raw(port_of(n1.door.address()));
  BOOST_TEST(closes(client));
}

BOOST_AUTO_TEST_CASE(an_error_of_the_other_node_comes_as_it_is) {
  asking_node n2;
  answering_node n1("n1");
  asked question;
  n2.client.ask(n1.address(), list_deployments{}, 10s, question.listener());
  BOOST_TEST(
      (question.failure()
       == error{error_code::unavailable, "only the cluster's leader answers this, and this node is not the leader; retry"}));
}

BOOST_AUTO_TEST_CASE(a_question_that_is_not_answered_in_time_is_over_and_the_next_one_is_answered) {
  asking_node n2;
  answering_node n1("n1");
  auto why = n2.ask(n1.address(), never_answered, 20ms).failure();
  BOOST_TEST((why == error{error_code::deadline_exceeded, "node n1 has not answered in time; retry"}));
  BOOST_TEST(n2.ask(n1.address(), 7).epoch() == 7U);
  BOOST_TEST(n2.dialled == 1);
}

BOOST_AUTO_TEST_CASE(a_node_that_dies_in_the_middle_of_a_question_is_unavailable) {
  asking_node n2;
  auto n1 = std::make_unique<answering_node>("n1");
  BOOST_TEST(n2.ask(n1->address(), 1).epoch() == 1U);
  auto question = n2.ask(n1->address(), never_answered);
  n1.reset();
  expect_unavailable(std::move(question), broke, error_code::deadline_exceeded);
}

BOOST_AUTO_TEST_CASE(a_node_that_is_cut_off_in_the_middle_of_a_question_loses_it) {
  asking_node n2;
  answering_node n1("n1");
  BOOST_TEST(n2.ask(n1.address(), 1).epoch() == 1U);
  auto question = n2.ask(n1.address(), never_answered);
  BOOST_TEST(n2.ask(n1.address(), 2).epoch() == 2U);
  n1.server.cut("n3");
  BOOST_TEST(n2.ask(n1.address(), 3).epoch() == 3U);
  n1.server.cut("n2");
  expect_unavailable(std::move(question), broke, error_code::deadline_exceeded);
}

BOOST_AUTO_TEST_CASE(who_hangs_up_is_told_that_its_question_is_lost_and_may_ask_again) {
  asking_node n2;
  answering_node n1("n1");
  auto question = n2.ask(n1.address(), never_answered);
  n2.client.hang_up("n1");
  n2.client.hang_up("nobody");
  auto why = question.failure();
  BOOST_TEST(is_lost(why.code)); // it may have been on its way already
  BOOST_TEST(why.message == "the connection to the node was closed before it answered; retry");
  BOOST_TEST(n2.ask(n1.address(), 7).epoch() == 7U);
  BOOST_TEST(n2.dialled == 2);
}

BOOST_AUTO_TEST_CASE(a_connection_ends_with_the_certificate_of_either_end_and_is_made_anew) {
  for (bool ours : {true, false}) {
    asking_node n2(restless());
    answering_node n1("n1");
    auto& ending = ours ? n1.trust : n2.trust;
    ending.lasts_ms = 300; // so that the question is asked by then
    auto question = n2.ask(n1.address(), never_answered);
    expect_unavailable(std::move(question), broke, error_code::deadline_exceeded);
    ending.lasts_ms = 3600 * 1000;
    BOOST_TEST(n2.ask(n1.address(), 7).epoch() == 7U);
  }
}

BOOST_AUTO_TEST_CASE(a_node_that_is_asked_at_another_address_is_connected_to_there) {
  asking_node n2;
  answering_node before("n1");
  answering_node after("n1");
  auto question = n2.ask(before.address(), never_answered);
  BOOST_TEST(n2.ask(after.address(), 7).epoch() == 7U);
  auto why = question.failure(); // deadline_exceeded: it was sent already, and may have been done
  BOOST_TEST((why.code == error_code::unavailable || why.code == error_code::deadline_exceeded), to_string(why));
  BOOST_TEST(after.accepted == 1);
}

BOOST_AUTO_TEST_CASE(too_many_questions_are_overloaded_on_either_side) {
  peer_client_options few;
  few.questions_max = 1;
  asking_node cautious(few);
  answering_node n1("n1");
  auto open = cautious.ask(n1.address(), never_answered);
  BOOST_TEST((cautious.ask(n1.address(), 1).failure().code == error_code::overloaded));
  BOOST_TEST(open.is_open());

  peer_service_options busy;
  busy.questions_max = 1;
  asking_node n2;
  answering_node other("n1", busy);
  auto first = n2.ask(other.address(), never_answered);
  BOOST_TEST((n2.ask(other.address(), 1).failure()
              == error{error_code::overloaded, "this node has 1 questions of yours under way; retry later"}));
  n2.client.hang_up("n1");
  BOOST_TEST(is_lost(first.failure().code));
}

BOOST_AUTO_TEST_CASE(a_question_that_its_asker_gives_up_is_taken_back_on_the_other_side) {
  peer_service_options busy;
  busy.questions_max = 1;
  asking_node n2;
  answering_node n1("n1", busy);
  BOOST_TEST((n2.ask(n1.address(), never_answered, 20ms).failure().code == error_code::deadline_exceeded));
  BOOST_TEST(n2.ask(n1.address(), 7).epoch() == 7U);
}

BOOST_AUTO_TEST_CASE(a_loop_that_is_stopped_tells_everybody_once) {
  answering_node n1("n1");
  std::vector<asked> questions;
  {
    asking_node n2;
    for (int i = 0; i < 10; ++i)
      questions.push_back(n2.ask(n1.address(), never_answered));
    n2.loop.stop();
    questions.push_back(n2.ask(n1.address(), 1));
  }
  for (auto& each : questions) {
    BOOST_TEST(is_lost(each.failure().code));
    BOOST_TEST(*each.times == 1);
  }
}

BOOST_AUTO_TEST_CASE(questions_from_many_threads_share_a_connection_and_each_is_answered_once) {
  constexpr int threads = 4;
  constexpr int each = 40;
  asking_node n2;
  answering_node n1("n1");
  std::vector<std::vector<asked>> questions(threads);
  std::vector<std::thread> askers;
  for (int t = 0; t < threads; ++t)
    askers.emplace_back([&, t] {
      for (int i = 0; i < each; ++i)
        questions[static_cast<std::size_t>(t)].push_back(n2.ask(n1.address(), static_cast<std::uint64_t>(t * each + i + 1000)));
    });
  for (auto& asker : askers)
    asker.join();
  std::uint64_t expected = 1000;
  for (auto& of_thread : questions)
    for (auto& question : of_thread)
      BOOST_TEST(question.epoch() == expected++);
  BOOST_TEST(n2.dialled == 1);
  BOOST_TEST(n1.accepted == 1);
}

BOOST_AUTO_TEST_SUITE_END()
