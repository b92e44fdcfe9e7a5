#define BOOST_TEST_MODULE run_cli
#include "runtime/base/sha256.hpp"
#include "tests/cli/command_line.hpp"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

#include <fstream>

namespace {

using namespace troupe;
using nlohmann::json;
using test::command_line;
using test::connected;
using test::misuse;
namespace data = boost::unit_test::data;

const misuse misuses[] = {
    {{}, "error: a command is needed\n\nTroupe serves"},
    {{"explode"}, "error: there is no command 'explode'\nsee `troupe --help`\n"},
    {{"status", "-o", "yaml"}, "error: --output: yaml not in {table,json}\nsee `troupe status --help`\n"},
    {{"status", "--node", "nonsense"}, "error: --node: expected an address like"},
    {{"scale", "echo", "many"}, "see `troupe scale --help`\n"},
    {{"scale", "echo", "-1"}, "see `troupe scale --help`\n"},
    {{"scale", "echo"}, "error: N is required\nsee `troupe scale --help`\n"},
    {{"deploy", "Digits!", "/"}, "error: 'Digits!' can't name a deployment; use up to 63 of a-z"},
    {{"deploy", "digits", "/nowhere"}, "/nowhere"},
    {{"deploy", "digits", "/", "--detach", "--timeout", "1m"}, "--detach excludes --timeout"},
    {{"deploy", "digits", "/", "--timeout", "soon"}, "error: 'soon' is no duration; write a number and a unit"},
    {{"deploy", "digits", "/", "--strategy", "sometimes"},
     "error: strategy: expected rolling, canary, blue_green, ab or shadow, or a file"},
    {{"deploy", "digits", "/", "--strategy", "/nowhere.toml"}, "/nowhere.toml"},
    {{"rollout"}, "error: NAME is required\nsee `troupe rollout --help`\n"},
    {{"rollout", "digits", "explode"}, "explode not in {pause,resume,promote,abort,skip}"},
    {{"rollout", "digits", "pause", "--watch"}, "error: --watch only looks; leave it out to pause the rollout\n"},
    {{"rollout", "digits", "--interval", "1s"}, "--interval requires --watch"},
    {{"rollout", "digits", "--watch", "--interval", "1"}, "error: '1' is no duration"},
    {{"history"}, "error: NAME is required\nsee `troupe history --help`\n"},
    {{"rollback", "digits", "--to", "0"}, "see `troupe rollback --help`\n"},
    {{"rollback", "digits", "--timeout", "0s"}, "error: '0s' is no duration"},
    {{"status", "--interval", "1s"}, "--interval requires --watch"},
    {{"status", "--watch", "--interval", "1"}, "error: '1' is no duration"},
    {{"events", "--interval", "1s"}, "--interval requires --follow"},
    {{"events", "--limit", "10001"}, "--limit"},
    {{"events", "--since", "yesterday"}, "error: 'yesterday' is no duration and no time; write 30s"},
    {{"infer", "echo"}, "error: give the inputs in one way"},
    {{"infer", "echo", "-", "--npy", "x.npy"}, "error: give the inputs in one way"},
    {{"infer", "echo", "-", "--concurrency", "2"}, "--concurrency requires --repeat"},
    {{"infer", "echo", "-", "--repeat", "0"}, "--repeat"},
    {{"backup"}, "error: DIR is required\nsee `troupe backup --help`\n"},
    {{"restore"}, "error: DIR is required\nsee `troupe restore --help`\n"},
    {{"node", "--config", "/nowhere.toml"}, "/nowhere.toml"},
};

constexpr const char* echo_request =
    R"({"id": "r1", "inputs": [{"name": "x", "datatype": "FP32", "shape": [1, 3], "data": [0.1, "NaN", -2]}]})";

} // namespace

BOOST_DATA_TEST_CASE(bad_usage_exits_with_2_and_says_what_is_wrong, data::make(misuses), row) {
  command_line troupe;
  BOOST_TEST(troupe.run(row.arguments) == 2);
  BOOST_TEST(troupe.out == "");
  BOOST_TEST(troupe.err.find("error: ") == 0U);
  BOOST_TEST(troupe.err.find(row.message) != std::string::npos, troupe.err);
}

BOOST_DATA_TEST_CASE(every_verb_has_help_with_an_example,
                     data::make({"node", "init", "check", "deploy", "infer", "bench", "status", "versions", "history", "rollout",
                                 "rollback", "scale", "undeploy", "events", "tree", "log-level", "apply", "doctor",
                                 "completion"}),
                     verb) {
  command_line troupe;
  BOOST_TEST(troupe.run({verb, "--help"}) == 0);
  BOOST_TEST(troupe.out.find("Example") != std::string::npos);
  BOOST_TEST(troupe.out.find("  troupe ") != std::string::npos);
  BOOST_TEST(troupe.err == "");
}

BOOST_AUTO_TEST_CASE(help_tells_the_exit_codes) {
  command_line troupe;
  BOOST_TEST(troupe.run({"--help"}) == 0);
  BOOST_TEST(troupe.out.find("3  no node answers there, or the connection was lost") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(without_a_node_the_exit_code_is_3) {
  command_line troupe;
  BOOST_TEST(troupe.run({"status", "--node", "127.0.0.1:1"}) == 3);
  BOOST_TEST(troupe.err == "error: no node answers at 127.0.0.1:1; start one with `troupe node`, or name another with --node\n");
}

BOOST_AUTO_TEST_CASE(the_verb_node_is_mains_and_the_command_line_goes_before_the_file) {
  command_line troupe;
  test::temporary_folder folder;
  auto config = (folder.path() / "troupe.toml").string();
  std::ofstream(config) << "name = \"from-file\"\nlisten = \"127.0.0.1:1234\"\n";
  BOOST_TEST(troupe.run({"node", "--config", config.c_str(), "--name", "from-line"}) == 17);
  BOOST_TEST(troupe.node.options.name == "from-line");
  BOOST_TEST(troupe.node.options.listen == "127.0.0.1:1234");
  BOOST_TEST(troupe.node.config == config);
}

BOOST_AUTO_TEST_CASE(http_is_switched_off_on_the_command_line_with_nothing) {
  command_line troupe;
  BOOST_TEST(troupe.run({"node", "--http", "", "--http-address-file", "f"}) == 17);
  BOOST_TEST(troupe.node.options.http == "");
  BOOST_TEST(troupe.node.options.http_address_file == "f");
  BOOST_TEST(troupe.run({"node"}) == 17);
  BOOST_TEST(troupe.node.options.http == "127.0.0.1:8000");
  BOOST_TEST(troupe.run({"node", "--http", "off"}) == 2);
}

BOOST_AUTO_TEST_CASE(the_systems_config_file_is_read_where_none_is_named) {
  test::temporary_folder folder;
  auto system = (folder.path() / "troupe.toml").string();
  BOOST_TEST(config_file("", system) == "");
  std::ofstream(system) << "name = \"from-system\"\n";
  BOOST_TEST(config_file("", system) == system);
  BOOST_TEST(config_file("named.toml", system) == "named.toml");
  BOOST_TEST(node_options_from(system).name == "from-system");
  BOOST_TEST(node_options_from("").listen == node_options{}.listen);
}

BOOST_FIXTURE_TEST_CASE(what_the_node_refuses_exits_with_1_and_its_words, connected) {
  for (auto arguments : {std::vector<const char*>{"scale", "nothing", "2"}, {"undeploy", "nothing"}, {"status", "nothing"}}) {
    BOOST_TEST(run(arguments) == 1);
    BOOST_TEST(err == "error: no deployment 'nothing'\n");
    BOOST_TEST(out == "");
  }
}

BOOST_FIXTURE_TEST_CASE(scale_and_undeploy_tell_what_they_did, connected) {
  BOOST_TEST(run({"scale", "echo", "3"}) == 0);
  BOOST_TEST(out == "echo: 3 replicas wanted\n");
  BOOST_TEST(run({"undeploy", "echo", "-o", "json"}) == 0);
  BOOST_TEST(json::parse(out) == (json{{"deployment", "echo"}, {"undeployed", true}}));
  BOOST_TEST(server.calls() == (std::vector<std::string>{"scale echo 3", "undeploy echo"}), boost::test_tools::per_element());
}

BOOST_FIXTURE_TEST_CASE(infer_reads_json_from_stdin_and_answers_in_the_same_form, connected) {
  BOOST_TEST(run({"infer", "echo", "-", "-o", "json"}, echo_request) == 0);
  auto answer = json::parse(out);
  BOOST_TEST(answer["model_name"] == "echo");
  BOOST_TEST(answer["model_version"] == "3");
  BOOST_TEST(answer["id"] == "r1");
  BOOST_TEST(answer["outputs"].dump() == R"([{"data":[0.1,"NaN",-2.0],"datatype":"FP32","name":"x","shape":[1,3]}])");
}

BOOST_FIXTURE_TEST_CASE(infer_shows_outputs_as_a_table, connected) {
  BOOST_TEST(run({"infer", "echo", file("request.json", echo_request).c_str()}) == 0);
  BOOST_TEST(out
             == "OUTPUT  DATATYPE  SHAPE   DATA\n"
                "x       FP32      [1, 3]  0.1, NaN, -2\n");
}

BOOST_FIXTURE_TEST_CASE(infer_takes_named_arrays_and_an_unnamed_one_where_there_is_one_input, connected) {
  auto array = npy("a.npy");
  BOOST_TEST(run({"infer", "echo", "--input", ("left=" + array).c_str(), "--input", ("right=" + array).c_str()}) == 0);
  BOOST_TEST(out
             == "OUTPUT  DATATYPE  SHAPE   DATA\n"
                "left    UINT8     [1, 2]  5, 5\n"
                "right   UINT8     [1, 2]  5, 5\n");
  BOOST_TEST(run({"infer", "echo", "--npy", array.c_str()}) == 0);
  BOOST_TEST(out.find("x       UINT8") != std::string::npos);
  BOOST_TEST(run({"infer", "pair", "--npy", array.c_str()}) == 2);
  BOOST_TEST(err == "error: --npy is for models with one input; write --input a=FILE.npy --input b=FILE.npy\n");
}

BOOST_FIXTURE_TEST_CASE(bad_input_files_are_named, connected) {
  BOOST_TEST(run({"infer", "echo", "-"}, "{") == 2);
  BOOST_TEST(err.find("error: stdin: not valid JSON at byte 2") == 0U);
  auto text = file("x.npy", "text");
  BOOST_TEST(run({"infer", "echo", "--npy", text.c_str()}) == 2);
  BOOST_TEST(err == "error: " + text + ": not an .npy file; write one with numpy.save\n");
  BOOST_TEST(run({"infer", "echo", "--input", "x.npy"}) == 2);
  BOOST_TEST(err == "error: --input x.npy: expected NAME=FILE.npy\n");
  BOOST_TEST(run({"infer", "echo", "--input", "x=/nowhere.npy"}) == 2);
  BOOST_TEST(err.find("/nowhere.npy") != std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(a_request_larger_than_the_node_takes_is_refused_before_it_is_sent, connected) {
  auto large = npy("large.npy", 3 << 20);
  BOOST_TEST(run({"infer", "echo", "--npy", large.c_str()}) == 1);
  BOOST_TEST(err == "error: the request is 3 MiB; this node takes at most 1 MiB a message\n");
  auto half = npy("half.npy", 600 << 10);
  BOOST_TEST(run({"infer", "echo", "--input", ("a=" + half).c_str(), "--input", ("b=" + half).c_str()}) == 1);
  BOOST_TEST(err == "error: the request is 1.17 MiB; this node takes at most 1 MiB a message\n");
}

BOOST_FIXTURE_TEST_CASE(saved_outputs_stay_in_their_folder_whatever_the_node_names_them, connected) {
  auto saved = (folder.path() / "answers").string();
  BOOST_TEST(run({"infer", "half", "-", "--save-dir", saved.c_str()}, echo_request) == 0);
  auto array = read_npy_file(saved + "/___half.npy", 1000);
  BOOST_REQUIRE(array.ok());
  BOOST_TEST((array->type == datatype::fp16));
}

BOOST_FIXTURE_TEST_CASE(an_answer_whose_bytes_disagree_with_its_shape_is_refused, connected) {
  BOOST_TEST(run({"infer", "liar", "-"}, echo_request) == 1);
  BOOST_TEST(err == "error: the node's answer is malformed: output '../liar' of shape [1] came with 1 bytes\n");
}

BOOST_FIXTURE_TEST_CASE(a_connection_lost_in_a_call_exits_with_3, connected) {
  BOOST_TEST(run({"infer", "hangup", "-"}, echo_request) == 3);
  BOOST_TEST(err.find("error: the connection to " + server.address() + " was lost") == 0U);
}

BOOST_FIXTURE_TEST_CASE(repeated_requests_are_summed_up, connected) {
  BOOST_TEST(run({"infer", "echo", "-", "--repeat", "200", "--concurrency", "16", "-o", "json"}, echo_request) == 0);
  auto report = json::parse(out);
  BOOST_TEST(report["answered"] == 200);
  BOOST_TEST(report["failed"] == 0);
  BOOST_TEST(report["latency_us"]["p99"] >= report["latency_us"]["p50"]);
  BOOST_TEST(run({"infer", "flaky", "-", "--repeat", "10"}, echo_request) == 1);
  BOOST_TEST(out.find("ANSWERED  FAILED") == 0U);
  BOOST_TEST(out.find("\noverloaded      5\n") != std::string::npos);
  BOOST_TEST(err == "error: 5 of 10 requests failed; the first: the queue of 'flaky' is full; retry later\n");
}

BOOST_FIXTURE_TEST_CASE(a_node_that_dies_and_ctrl_c_end_repeated_requests_with_the_figures_so_far, connected) {
  BOOST_TEST(run({"infer", "mortal", "-", "--repeat", "1000", "-o", "json"}, echo_request) == 3);
  BOOST_TEST(json::parse(out)["answered"] == 50);
  BOOST_TEST(err.find("error: the connection to " + server.address() + " was lost") == 0U);
  BOOST_TEST(run({"infer", "impatient", "-", "--repeat", "100000000"}, echo_request) == 130);
  BOOST_TEST(out.find("ANSWERED  FAILED") == 0U);
  BOOST_TEST(err == "error: stopped by Ctrl-C before all 100000000 requests were answered\n");
}

BOOST_FIXTURE_TEST_CASE(status_shows_what_serves_and_in_full_all_versions_and_replicas, connected) {
  BOOST_TEST(run({"status"}) == 0);
  BOOST_TEST(out
             == "node node-1, troupe 0.1.0, pid 42, up 2m 5s, 31 MiB\n\n"
                "VERSION  STATE   READY  QUEUED  REQUESTS  FAILURES  BATCHES  AGE  REASON\n"
                "echo@3   failed      0       0       300         0        0   1h  the model raised an error\n"
                "echo@2   live      1/2       0       200         0        0  10m\n");
  BOOST_TEST(run({"status", "echo"}) == 0);
  BOOST_TEST(out.find("echo@1   superseded") != std::string::npos);
  BOOST_TEST(out.find("REPLICA  VERSION  STATE   PID  SINCE  RESTARTS\n"
                      "7        echo@2   ready  4711     1h         0\n")
             != std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(status_tells_programs_everything, connected) {
  BOOST_TEST(run({"status", "-o", "json"}) == 0);
  auto status = json::parse(out);
  BOOST_TEST(status["node"]["resident_bytes"] == 31 << 20);
  BOOST_TEST(status["deployments"][0]["versions"][1]["replicas"][0]["pid"] == 4711);
}

BOOST_FIXTURE_TEST_CASE(the_tree_is_drawn_with_ages_states_and_restarts, connected) {
  BOOST_TEST(run({"tree"}) == 0);
  BOOST_TEST(out
             == "NAME        KIND        STATE      AGE  RESTARTS  DETAIL\n"
                "root        supervisor  running  2m 5s         0\n"
                "├─ catalog                         0 s         0\n"
                "│  └─ echo                         0 s         0\n"
                "└─ keeper                          0 s         2  last: signal:11\n");
  BOOST_TEST(run({"tree", "-o", "json"}) == 0);
  BOOST_TEST(json::parse(out)["children"][0]["children"][0]["name"] == "echo");
}

BOOST_FIXTURE_TEST_CASE(a_name_without_events_is_told_of, connected) {
  BOOST_TEST(run({"events", "nothing"}) == 0);
  BOOST_TEST(err
             == "no events of 'nothing' on this node; each node keeps its own, and the leader, node-1, those of rollouts: ask it "
                "with --node\n");
}

BOOST_FIXTURE_TEST_CASE(events_are_shown_as_the_log_writes_them, connected) {
  BOOST_TEST(run({"events", "echo", "--since", "10m", "--limit", "5"}) == 0);
  BOOST_TEST(out.find("warn      replica_crashed reason=\"signal 11\"\n") != std::string::npos);
  BOOST_TEST(run({"events", "-o", "json"}) == 0);
  BOOST_TEST(json::parse(out)["events"][0]["fields"]["reason"] == "signal 11");
  auto calls = server.calls();
  BOOST_TEST(calls == (std::vector<std::string>{"events echo 5 since 3000000000000", "events  100 all"}),
             boost::test_tools::per_element());
}
