#define BOOST_TEST_MODULE peer_codec
#include "runtime/gateway/peer_codec.hpp"
#include "storage/record_schema.hpp"
#include "storage/schema_lists.hpp"
#include "tests/gateway/peer_samples.hpp"

#include <boost/test/unit_test.hpp>

#include <capnp/dynamic.h>
#include <capnp/message.h>
#include <capnp/serialize.h>

#include <functional>

using namespace troupe;

namespace {

template <class Schema, class What>
std::string bytes_of(const What& what) {
  capnp::MallocMessageBuilder message;
  write(message.initRoot<Schema>(), what);
  auto words = capnp::messageToFlatArray(message);
  return {reinterpret_cast<const char*>(words.asBytes().begin()), words.asBytes().size()};
}

void expect_all_set(capnp::DynamicStruct::Reader message);

void expect_set(const std::string& name, capnp::DynamicValue::Reader value) {
  if (value.getType() == capnp::DynamicValue::STRUCT)
    return expect_all_set(value.as<capnp::DynamicStruct>());
  if (value.getType() != capnp::DynamicValue::LIST)
    return;
  auto list = value.as<capnp::DynamicList>();
  BOOST_TEST(list.size() > 0, name << " is empty");
  for (auto each : list)
    expect_set(name, each);
}

/// Complains of each field that has its default.
void expect_all_set(capnp::DynamicStruct::Reader message) {
  auto expect_field = [&](capnp::StructSchema::Field field) {
    std::string name = field.getProto().getName().cStr();
    if (message.get(field).getType() == capnp::DynamicValue::VOID)
      return;
    BOOST_TEST(message.has(field, capnp::HasMode::NON_DEFAULT), name << " is not set");
    expect_set(name, message.get(field));
  };
  for (auto field : message.getSchema().getNonUnionFields())
    expect_field(field);
  KJ_IF_MAYBE (chosen, message.which())
    expect_field(*chosen);
}

error_code why_question(const std::function<void(schema::PeerQuestion::Builder)>& make) {
  capnp::MallocMessageBuilder message;
  auto question = message.initRoot<schema::PeerQuestion>();
  make(question);
  auto read = read_question(question.asReader());
  BOOST_REQUIRE(!read);
  return read.failure().code;
}

error_code why_answer(const std::function<void(schema::PeerAnswer::Builder)>& make) {
  capnp::MallocMessageBuilder message;
  auto answer = message.initRoot<schema::PeerAnswer>();
  make(answer);
  auto read = read_answer(answer.asReader());
  BOOST_REQUIRE(!read);
  return read.failure().code;
}

} // namespace

BOOST_AUTO_TEST_SUITE(peer_codec_suite)

BOOST_AUTO_TEST_CASE(a_question_that_no_node_of_this_release_asks_is_a_failed_precondition) {
  using builder = schema::PeerQuestion::Builder;
  auto pool = [](builder q) {
    auto order = q.initAssign().initPools(1)[0];
    order.setDeployment("digits");
    order.setVersion(1);
    order.setArtifact(samples::sha_a.c_str());
    return order;
  };
  auto report = [](builder q) {
    q.initReport().setNodeId("n2");
    auto told = q.getReport().initPools(1)[0];
    told.initPool().setDeployment("digits");
    return told;
  };
  const std::vector<std::function<void(builder)>> mistakes = {
      [](builder) {},
      [](builder q) { q.initReadArtifact().setSha256("../../etc/passwd"); },
      [](builder q) { q.initAssign().initPools(list_entries_max + 1); },
      [&](builder q) { pool(q).setDeployment("a/b"); },
      [&](builder q) { pool(q).setVersion(0); },
      [&](builder q) { pool(q).setArtifact("abc"); },
      [&](builder q) { pool(q).setGolden("abc"); },
      [](builder q) { q.initAssign().initRoutes(1)[0].setDeployment(""); },
      [](builder q) {
        auto route = q.initAssign().initRoutes(1)[0];
        route.setDeployment("digits");
        route.initShares(1);
      },
      [](builder q) { q.initReport(); },
      [&](builder q) { report(q).getPool().setDeployment(""); },
      [&](builder q) { report(q).setPhase(static_cast<schema::PoolReport::Phase>(77)); },
      [&](builder q) { report(q).getPool().initReplicas(1)[0].setState("dancing"); },
  };
  for (const auto& mistake : mistakes)
    BOOST_TEST((why_question(mistake) == error_code::failed_precondition));
}

BOOST_AUTO_TEST_CASE(an_answer_that_no_node_of_this_release_gives_is_internal) {
  using builder = schema::PeerAnswer::Builder;
  const std::vector<std::function<void(builder)>> mistakes = {
      [](builder) {},
      [](builder a) { a.initPiece().initBytes(1); }, // of an artifact without bytes
      [](builder a) { a.initProgress().setDeployment("a/b"); },
      [](builder a) {
        a.initProgress().setDeployment("digits");
        a.getProgress().setState(static_cast<schema::VersionRecord::State>(77));
      },
      [](builder a) { a.initDeployments(1); },
      [](builder a) { a.initError().setCode(static_cast<schema::Code>(77)); },
  };
  for (const auto& mistake : mistakes)
    BOOST_TEST((why_answer(mistake) == error_code::internal));
}

BOOST_AUTO_TEST_CASE(every_field_of_every_question_arrives) {
  auto all = samples::questions();
  BOOST_TEST(all.size() == std::variant_size_v<peer_question>);
  for (const auto& question : all) {
    capnp::MallocMessageBuilder message;
    auto root = message.initRoot<schema::PeerQuestion>();
    write(root, question);
    expect_all_set(root.asReader());
    auto back = read_question(root.asReader());
    BOOST_REQUIRE(back);
    BOOST_TEST(back->index() == question.index());
    BOOST_TEST((bytes_of<schema::PeerQuestion>(*back) == bytes_of<schema::PeerQuestion>(question)));
  }
}

BOOST_AUTO_TEST_CASE(every_field_of_every_answer_arrives) {
  auto all = samples::answers();
  BOOST_TEST(all.size() == std::variant_size_v<peer_answer> + 1);
  for (const auto& answer : all) {
    capnp::MallocMessageBuilder message;
    auto root = message.initRoot<schema::PeerAnswer>();
    write(root, answer);
    expect_all_set(root.asReader());
    auto back = read_answer(root.asReader());
    BOOST_REQUIRE(back.ok() == answer.ok());
    BOOST_TEST((bytes_of<schema::PeerAnswer>(back) == bytes_of<schema::PeerAnswer>(answer)));
  }
}

BOOST_AUTO_TEST_CASE(what_arrives_stands_where_it_stood) {
  capnp::MallocMessageBuilder message;
  auto root = message.initRoot<schema::PeerQuestion>();
  write(root, samples::orders());
  auto back = std::get<assignment>(*read_question(root.asReader()));
  BOOST_TEST(back.by.epoch == 7U);
  BOOST_TEST(back.by.leader_id == "n1");
  BOOST_TEST(back.by.signature == samples::leads().signature);
  BOOST_TEST(back.revision == 11U);
  BOOST_TEST(back.pools[0].artifact_sha256 == samples::sha_a);
  BOOST_TEST(back.pools[0].golden_sha256 == samples::sha_b);
  BOOST_TEST(back.pools[0].replicas == 5U);
  BOOST_TEST((back.routes[0].why_not == error{error_code::unavailable, "version 2 is on its way up"}));
  BOOST_TEST(back.routes[0].live.shares[1].node_id == "n2");
  BOOST_TEST(back.routes[0].live.shares[1].replicas == 8U);
}

BOOST_AUTO_TEST_CASE(an_error_that_is_none_stays_none) {
  assignment orders = samples::orders();
  orders.routes[0].why_not = {};
  capnp::MallocMessageBuilder message;
  auto root = message.initRoot<schema::PeerQuestion>();
  write(root, orders);
  BOOST_TEST((std::get<assignment>(*read_question(root.asReader())).routes[0].why_not == error{}));
}

BOOST_AUTO_TEST_SUITE_END()
