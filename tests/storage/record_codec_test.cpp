#define BOOST_TEST_MODULE record_codec
#include "runtime/base/rng.hpp"
#include "storage/record_codec.hpp"

#include <boost/test/unit_test.hpp>

#include <functional>

using namespace troupe;

namespace {

const wall_time some_time{std::chrono::nanoseconds(1'700'000'000'123'456'789)};

node_record some_node() {
  return {1, "00ff", some_time};
}

deployment_record some_deployment() {
  rollout_course course;
  course.stage = 6;
  course.since = course.counted = some_time;
  course.held = std::chrono::seconds(7);
  course.paused = true;
  course.outcome = course_outcome::promoted;
  course.reason = "promoted by anna";
  course.split_number = 8;
  course.splits_before = 9;
  return {"digits", 2, 3, 4, 5, some_time, 2, some_time, course, 0};
}

version_record some_version() {
  return {{"digits", 4},
          std::string(64, 'a'),
          "max_batch = 32\n",
          some_time,
          version_state::failed,
          "it crashed in load",
          std::string(64, 'b'),
          "anna@laptop",
          "strategy = \"canary\"\n",
          {{version_state::validating, some_time}, {version_state::failed, some_time, "anna", "it crashed"}}};
}

event some_event() {
  return {some_time, severity::warn, "replica_crashed", {{"deployment", "digits"}, {"reason", "signal:11"}}};
}

cluster_record some_cluster() {
  return {std::string(32, 'c'),
          "certificate",
          "its key",
          "node's key",
          "node's certificate",
          {7, std::string(32, 'a'), std::string("sig\0ned", 8)},
          0};
}

member_record some_member() {
  return {std::string(32, 'a'),
          "n1",
          "10.0.0.7:7551",
          std::string("k\0y", 3),
          {{"zone", "a"}, {"gpu", ""}},
          some_time,
          true,
          some_time,
          true,
          0};
}

token_record some_token() {
  return {std::string(64, 'b'),
          cluster_role::client,
          some_time,
          some_time,
          3,
          {{"anna", std::string(64, 'd'), some_time}},
          "ben",
          true,
          0};
}

/// A record's bytes, and whether bytes are taken for such a record; they must be refused as corrupt otherwise.
struct codec {
  std::string bytes;
  std::function<bool(std::string_view)> takes;
};

template <class Record>
bool taken(const result<Record>& decoded) {
  if (!decoded)
    BOOST_REQUIRE((decoded.failure().code == error_code::corrupt));
  return decoded.ok();
}

const std::vector<codec>& codecs() {
  static const std::vector<codec> all = {
      {encode(some_node()), [](std::string_view bytes) { return taken(decode_node(bytes)); }},
      {encode(some_deployment()), [](std::string_view bytes) { return taken(decode_deployment(bytes)); }},
      {encode(some_version()), [](std::string_view bytes) { return taken(decode_version(bytes)); }},
      {encode(some_event()), [](std::string_view bytes) { return taken(decode_event(bytes)); }},
      {encode(some_cluster()), [](std::string_view bytes) { return taken(decode_cluster(bytes)); }},
      {encode(some_member()), [](std::string_view bytes) { return taken(decode_member(bytes)); }},
      {encode(some_token()), [](std::string_view bytes) { return taken(decode_token(bytes)); }},
  };
  return all;
}

} // namespace

BOOST_AUTO_TEST_CASE(bytes_that_are_no_record_are_corrupt) {
  for (const auto& record : codecs())
    for (const auto& garbage :
         {std::string(), std::string("x"), std::string(8, '\0'), std::string(8, '\xff'), std::string(4096, '\0'),
          std::string(4096, '\xff'), std::string("seven b"), std::string("some text of 24 bytes...")})
      BOOST_TEST(!record.takes(garbage));
}

BOOST_AUTO_TEST_CASE(a_record_cut_anywhere_is_corrupt) {
  for (const auto& record : codecs())
    for (std::size_t size = 0; size < record.bytes.size(); ++size)
      BOOST_TEST(!record.takes(std::string_view(record.bytes).substr(0, size)));
}

BOOST_AUTO_TEST_CASE(a_record_with_any_bytes_changed_is_taken_or_corrupt_and_never_crashes) {
  rng random(7);
  int refused = 0;
  for (const auto& record : codecs())
    for (int round = 0; round < 5000; ++round) {
      auto bytes = record.bytes;
      for (auto changes = random.below(8) + 1; changes > 0; --changes)
        bytes[random.below(bytes.size())] = static_cast<char>(random.next());
      refused += record.takes(bytes) ? 0 : 1;
    }
  BOOST_TEST(refused > 0);
}

BOOST_AUTO_TEST_CASE(random_words_are_taken_or_corrupt_and_never_crash) {
  rng random(8);
  for (const auto& record : codecs())
    for (int round = 0; round < 2000; ++round) {
      std::string bytes(8 * (random.below(32) + 1), '\0');
      for (auto& byte : bytes)
        byte = static_cast<char>(random.chance(0.7) ? 0 : random.next()); // zeros make plausible pointers
      record.takes(bytes);
    }
}

BOOST_AUTO_TEST_CASE(an_unknown_state_severity_or_role_is_corrupt) {
  auto version = some_version();
  version.state = static_cast<version_state>(99);
  BOOST_TEST(!taken(decode_version(encode(version))));
  auto happened = some_event();
  happened.level = static_cast<severity>(99);
  BOOST_TEST(!taken(decode_event(encode(happened))));
  auto token = some_token();
  token.role = static_cast<cluster_role>(99);
  BOOST_TEST(!taken(decode_token(encode(token))));
}

BOOST_AUTO_TEST_CASE(a_record_of_a_cluster_without_its_key_is_corrupt) {
  auto cluster = some_cluster();
  cluster.cluster_id.pop_back();
  BOOST_TEST(!taken(decode_cluster(encode(cluster))));
  auto member = some_member();
  member.node_id = "anna";
  BOOST_TEST(!taken(decode_member(encode(member))));
  auto token = some_token();
  token.secret_sha256.clear();
  BOOST_TEST(!taken(decode_token(encode(token))));
}

BOOST_AUTO_TEST_CASE(a_node_record_comes_back_as_it_was) {
  auto back = decode_node(encode(some_node())).value();
  BOOST_TEST(back.format_version == 1);
  BOOST_TEST(back.node_id == "00ff");
  BOOST_TEST((back.created == some_time));
}

BOOST_AUTO_TEST_CASE(a_deployment_comes_back_as_it_was) {
  auto back = decode_deployment(encode(some_deployment())).value();
  BOOST_TEST(back.name == "digits");
  BOOST_TEST(back.wanted_replicas == 2);
  BOOST_TEST(back.current_version == 3);
  BOOST_TEST(back.target_version == 4);
  BOOST_TEST(back.last_version == 5);
  BOOST_TEST(back.previous_version == 2);
  BOOST_TEST((back.bake_until == some_time));
  BOOST_TEST((back.created == some_time));
  BOOST_REQUIRE(back.course);
  BOOST_TEST(back.course->stage == 6U);
  BOOST_TEST((back.course->since == some_time));
  BOOST_TEST((back.course->counted == some_time));
  BOOST_TEST((back.course->held == std::chrono::seconds(7)));
  BOOST_TEST(back.course->paused);
  BOOST_TEST(!back.course->asking);
  BOOST_TEST((back.course->outcome == course_outcome::promoted));
  BOOST_TEST(back.course->reason == "promoted by anna");
  BOOST_TEST(back.course->split_number == 8U);
  BOOST_TEST(back.course->splits_before == 9U);
}

BOOST_AUTO_TEST_CASE(a_version_comes_back_as_it_was) {
  auto back = decode_version(encode(some_version())).value();
  BOOST_TEST((back.id == version_id{"digits", 4}));
  BOOST_TEST(back.artifact_sha256 == std::string(64, 'a'));
  BOOST_TEST(back.model_toml == "max_batch = 32\n");
  BOOST_TEST((back.created == some_time));
  BOOST_TEST((back.state == version_state::failed));
  BOOST_TEST(back.reason == "it crashed in load");
  BOOST_TEST(back.golden_sha256 == std::string(64, 'b'));
  BOOST_TEST(back.created_by == "anna@laptop");
  BOOST_REQUIRE(back.moves.size() == 2);
  BOOST_TEST((back.moves[1].state == version_state::failed));
  BOOST_TEST((back.moves[1].at == some_time));
  BOOST_TEST(back.moves[1].by == "anna");
  BOOST_TEST(back.moves[1].note == "it crashed");
  BOOST_TEST(back.rollout_toml == "strategy = \"canary\"\n");
}

BOOST_AUTO_TEST_CASE(an_event_comes_back_as_it_was) {
  auto back = decode_event(encode(some_event())).value();
  BOOST_TEST((back.at == some_time));
  BOOST_TEST((back.level == severity::warn));
  BOOST_TEST(to_text(back) == "replica_crashed deployment=digits reason=signal:11");
}

BOOST_AUTO_TEST_CASE(a_cluster_comes_back_as_it_was) {
  auto back = decode_cluster(encode(some_cluster())).value();
  BOOST_TEST(back.cluster_id == std::string(32, 'c'));
  BOOST_TEST(back.authority_pem == "certificate");
  BOOST_TEST(back.authority_key_pem == "its key");
  BOOST_TEST(back.node_key_pem == "node's key");
  BOOST_TEST(back.node_certificate_pem == "node's certificate");
  BOOST_TEST(back.lead.epoch == 7U);
  BOOST_TEST(back.lead.leader_id == std::string(32, 'a'));
  BOOST_TEST((back.lead.signature == some_cluster().lead.signature));
}

BOOST_AUTO_TEST_CASE(a_member_comes_back_as_it_was) {
  auto back = decode_member(encode(some_member())).value();
  BOOST_TEST(back.node_id == std::string(32, 'a'));
  BOOST_TEST(back.name == "n1");
  BOOST_TEST(back.address == "10.0.0.7:7551");
  BOOST_TEST((back.public_key == std::string("k\0y", 3)));
  BOOST_TEST((back.labels == some_member().labels));
  BOOST_TEST((back.joined == some_time));
  BOOST_TEST(back.removed);
  BOOST_TEST((back.removed_at == some_time));
  BOOST_TEST(back.draining);
}

BOOST_AUTO_TEST_CASE(a_token_comes_back_as_it_was) {
  auto back = decode_token(encode(some_token())).value();
  BOOST_TEST(back.secret_sha256 == std::string(64, 'b'));
  BOOST_TEST((back.role == cluster_role::client));
  BOOST_TEST((back.created == some_time));
  BOOST_TEST((back.expires == some_time));
  BOOST_TEST(back.uses_left == 3U);
  BOOST_REQUIRE(back.used_by.size() == 1U);
  BOOST_TEST(back.used_by[0].who == "anna");
  BOOST_TEST(back.used_by[0].public_key_sha256 == std::string(64, 'd'));
  BOOST_TEST((back.used_by[0].at == some_time));
  BOOST_TEST(back.created_by == "ben");
  BOOST_TEST(back.revoked);
}
