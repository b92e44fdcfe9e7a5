#define BOOST_TEST_MODULE history_view
#include "runtime/cli/history_view.hpp"
#include "runtime/cli/human_text.hpp"

#include <boost/test/unit_test.hpp>
#include <capnp/message.h>
#include <nlohmann/json.hpp>

using namespace troupe;

namespace {

constexpr std::int64_t second = 1'000'000'000;

struct told_move {
  const char* state;
  std::int64_t unix_s;
  const char* by = "";
  const char* note = "";
};

void fill(schema::VersionStatus::Builder version, std::uint32_t number, const std::vector<told_move>& moves) {
  version.setNumber(number);
  auto list = version.initMoves(static_cast<unsigned>(moves.size()));
  for (unsigned i = 0; i < list.size(); ++i) {
    list[i].setState(moves[i].state);
    list[i].setUnixNs(moves[i].unix_s * second);
    list[i].setBy(moves[i].by);
    list[i].setNote(moves[i].note);
  }
}

std::string when(std::int64_t unix_s) {
  return time_text(unix_s * second).substr(0, 19);
}

/// Version 2 was live until version 3 took its place.
struct told_history {
  capnp::MallocMessageBuilder message;
  schema::DeploymentStatus::Builder deployment = message.initRoot<schema::DeploymentStatus>();

  told_history() {
    deployment.setName("digits");
    auto versions = deployment.initVersions(2);
    fill(versions[0], 3,
         {{"validating", 200},
          {"rolling_out", 210},
          {"rolling_out", 220, "ben@desk", "stage 2 of 2 began: 5% of requests: stage 1 of 2 was skipped by ben@desk"},
          {"live", 300}});
    versions[0].setCreatedBy("ben@desk");
    fill(versions[1], 2, {{"validating", 100, "anna@laptop"}, {"superseded", 300}});
  }
};

} // namespace

BOOST_AUTO_TEST_CASE(a_deployment_whose_node_tells_no_moves_has_no_rows) {
  capnp::MallocMessageBuilder message;
  auto deployment = message.initRoot<schema::DeploymentStatus>();
  deployment.initVersions(1);
  BOOST_TEST(history_text(deployment.asReader(), false) == "WHEN  VERSION  WHAT  WHO  WHY\n");
  BOOST_TEST(history_json(deployment.asReader())["moves"].empty());
}

BOOST_AUTO_TEST_CASE(where_a_node_tells_no_notes_the_reason_stands_at_the_end_of_the_version) {
  capnp::MallocMessageBuilder message;
  auto deployment = message.initRoot<schema::DeploymentStatus>();
  deployment.setName("digits");
  auto version = deployment.initVersions(1)[0];
  version.setReason("the model\x1b raised an error");
  fill(version, 1, {{"validating", 100}, {"failed", 101}});
  BOOST_TEST(history_text(deployment.asReader(), false)
             == "WHEN                 VERSION   WHAT        WHO  WHY\n" + when(100) + "  digits@1  validating  -\n" + when(101)
                    + "  digits@1  failed      -    the model? raised an error\n");
}

BOOST_AUTO_TEST_CASE(the_moves_of_all_versions_stand_by_time_with_who_wanted_them) {
  told_history told;
  BOOST_TEST(history_text(told.deployment.asReader(), false)
             == "WHEN                 VERSION   WHAT         WHO          WHY\n" + when(100)
                    + "  digits@2  validating   anna@laptop\n" + when(200) + "  digits@3  validating   ben@desk\n" + when(210)
                    + "  digits@3  rolling_out  -\n" + when(220)
                    + "  digits@3  rolling_out  ben@desk     stage 2 of 2 began: 5% of requests: stage 1 of 2 was skipped by "
                      "ben@desk\n"
                    + when(300) + "  digits@2  superseded   -\n" + when(300) + "  digits@3  live         -\n");
}

BOOST_AUTO_TEST_CASE(programs_are_told_each_move) {
  told_history told;
  auto json = history_json(told.deployment.asReader());
  BOOST_TEST(json["deployment"] == "digits");
  BOOST_TEST(json["moves"].size() == 6U);
  BOOST_TEST(json["moves"][1].dump() == R"({"unix_ns":200000000000,"version":3,"state":"validating","by":"ben@desk","note":""})");
}
