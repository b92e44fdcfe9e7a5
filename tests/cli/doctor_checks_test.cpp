#define BOOST_TEST_MODULE doctor_checks
#include "runtime/cli/doctor_checks.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>

using namespace troupe;

namespace {

constexpr std::uint64_t gib = 1ULL << 30;
constexpr const char* good_host = "troupe-host 0.1.0, libtorch 1.13.1, OpenBLAS 0.3.21 (openmp)";

machine_facts good_machine() {
  machine_facts facts;
  facts.own_version = "0.1.0";
  facts.host = {"/usr/bin/troupe-host", good_host, ""};
  facts.limits = {8, 16 * gib, 1 << 20, ~std::uint64_t{0}, 0};
  facts.kernel = {"Linux 6.1.0", {}};
  facts.listen = {"127.0.0.1:7550", "", ""};
  facts.data = {"/var/lib/troupe", true, "", 100 * gib, "ext4", std::nullopt};
  facts.now = wall_time(std::chrono::seconds(1'800'000'000));
  facts.proc_mounted = true;
  return facts;
}

std::string text_of(const finding& one) {
  return std::string(to_string(one.judged)) + " " + one.found;
}

limit_facts limits_with(std::uint64_t limit_facts::* which, std::uint64_t value) {
  auto limits = good_machine().limits;
  limits.*which = value;
  return limits;
}

} // namespace

BOOST_AUTO_TEST_CASE(a_good_machine_needs_no_advice) {
  for (const auto& one : examine(good_machine())) {
    BOOST_TEST((one.judged == grade::ok), one.check);
    BOOST_TEST(one.advice == "");
  }
}

BOOST_AUTO_TEST_CASE(whatever_is_not_ok_comes_with_advice) {
  machine_facts facts; // of which nothing is known: a bad machine
  facts.own_version = "0.1.0";
  facts.limits.overcommit = 2;
  facts.kernel.missing = {"pidfd_open"};
  facts.listen.refusal = "no such address";
  facts.http = {"127.0.0.1:8000", "Address already in use", ""};
  facts.data.refusal = "no";
  facts.exposure = {"0.0.0.0:7550", false, false};
  facts.cluster = cluster_port_facts{"0.0.0.0:7551", true, "its certificate has ended"};
  facts.login.trouble = "your certificate ended";
  auto all = examine(facts);
  BOOST_TEST(std::count_if(all.begin(), all.end(), [](const finding& one) { return one.judged == grade::ok; }) == 0);
  for (const auto& one : all)
    BOOST_TEST(one.advice != "", one.check);
}

BOOST_AUTO_TEST_CASE(a_host_program_must_run_and_be_of_the_same_version) {
  BOOST_TEST(text_of(check_host_program({"/x", "", "No such file or directory"}, "0.1.0"))
             == "bad /x: No such file or directory");
  BOOST_TEST(text_of(check_host_program({"/x", good_host, ""}, "0.1.0")) == "ok troupe-host 0.1.0 at /x");
  auto other = check_host_program({"/x", good_host, ""}, "0.2.0");
  BOOST_TEST(text_of(other) == "bad troupe-host 0.1.0 at /x");
  BOOST_TEST(other.advice == "this troupe is 0.2.0; install both of one version");
}

BOOST_AUTO_TEST_CASE(a_slow_blas_is_bad) {
  BOOST_TEST(text_of(check_blas({"/x", good_host, ""})) == "ok libtorch 1.13.1, OpenBLAS 0.3.21 (openmp)");
  auto slow = check_blas(
      {"/x", "troupe-host 0.1.0, libtorch 1.13.1, no OpenBLAS: small models are 10 to 50 times slower; install it", ""});
  BOOST_TEST(text_of(slow) == "bad libtorch 1.13.1, no OpenBLAS: small models are 10 to 50 times slower");
  BOOST_TEST((check_blas({"/x", "", "gone"}).judged == grade::bad));
}

BOOST_AUTO_TEST_CASE(less_than_wanted_is_warned_of_and_less_than_needed_is_bad) {
  BOOST_TEST(text_of(check_memory(limits_with(&limit_facts::memory_available, gib))) == "warn 1 GiB available");
  BOOST_TEST(text_of(check_memory(limits_with(&limit_facts::memory_available, gib / 4))) == "bad 256 MiB available");
  BOOST_TEST(text_of(check_open_files(limits_with(&limit_facts::open_files_max, 1024))) == "warn at most 1024");
  BOOST_TEST(text_of(check_open_files(limits_with(&limit_facts::open_files_max, 256))) == "bad at most 256");
  BOOST_TEST(text_of(check_processes(limits_with(&limit_facts::processes_max, 100))) == "bad at most 100");
  BOOST_TEST(text_of(check_processes(limits_with(&limit_facts::processes_max, ~std::uint64_t{0}))) == "ok at most unlimited");
  limit_facts one_core;
  one_core.cores = 1;
  BOOST_TEST(text_of(check_cores(one_core)) == "warn 1 core");
}

BOOST_AUTO_TEST_CASE(strict_overcommit_is_warned_of) {
  limit_facts limits;
  limits.overcommit = 2;
  BOOST_TEST(text_of(check_overcommit(limits)) == "warn vm.overcommit_memory = 2");
}

BOOST_AUTO_TEST_CASE(what_the_kernel_lacks_is_named) {
  BOOST_TEST(text_of(check_kernel({"Linux 4.4", {"pidfd_open", "close_range"}}))
             == "bad Linux 4.4 without pidfd_open, close_range");
}

BOOST_AUTO_TEST_CASE(a_node_at_the_address_is_fine_and_anything_else_is_bad) {
  BOOST_TEST(text_of(check_listen({"127.0.0.1:1", "in use", "node-1, troupe 0.1.0, pid 42"}))
             == "ok 127.0.0.1:1: node-1, troupe 0.1.0, pid 42 is there");
  BOOST_TEST(text_of(check_listen({"127.0.0.1:1", "Address already in use", ""})) == "bad 127.0.0.1:1: Address already in use");
}

BOOST_AUTO_TEST_CASE(the_address_of_http_is_free_or_off_or_the_nodes_and_anything_else_is_bad) {
  const listen_facts no_node{"127.0.0.1:1", "", ""};
  const listen_facts a_node{"127.0.0.1:1", "in use", "node-1, troupe 0.1.0, pid 42"};
  BOOST_TEST(text_of(check_http({}, no_node)) == "ok switched off");
  BOOST_TEST(text_of(check_http({"127.0.0.1:8", "", ""}, no_node)) == "ok 127.0.0.1:8 is free");
  BOOST_TEST(text_of(check_http({"127.0.0.1:8", "in use", ""}, a_node)) == "ok 127.0.0.1:8 is in use; a node runs here");
  BOOST_TEST(text_of(check_http({"127.0.0.1:8", "in use", ""}, no_node)) == "bad 127.0.0.1:8: in use");
}

BOOST_AUTO_TEST_CASE(a_data_folder_must_be_writable_and_may_be_in_use) {
  data_facts data = good_machine().data;
  data.holder = 42;
  BOOST_TEST(text_of(check_data_folder(data)) == "ok /var/lib/troupe is in use by process 42");
  data.holder = 0;
  BOOST_TEST(text_of(check_data_folder(data)) == "ok /var/lib/troupe is in use");
  data.refusal = "/var/lib: Permission denied";
  BOOST_TEST(text_of(check_data_folder(data)) == "bad /var/lib/troupe: /var/lib: Permission denied");
  data = {"new", false, "", 0, "", std::nullopt};
  BOOST_TEST(text_of(check_data_folder(data)) == "ok new can be made");
}

BOOST_AUTO_TEST_CASE(a_small_a_volatile_or_a_remote_disk_is_warned_of) {
  data_facts data = good_machine().data;
  data.free_bytes = gib;
  BOOST_TEST(text_of(check_filesystem(data)) == "warn 1 GiB free, ext4");
  data.free_bytes = 1 << 20;
  BOOST_TEST(text_of(check_filesystem(data)) == "bad 1 MiB free, ext4");
  data.free_bytes = 10 * gib;
  for (std::string volatile_or_remote : {"tmpfs", "nfs"}) {
    data.filesystem = volatile_or_remote;
    BOOST_TEST(text_of(check_filesystem(data)) == "warn 10 GiB free, " + volatile_or_remote);
  }
}

BOOST_AUTO_TEST_CASE(a_clock_in_another_age_is_bad) {
  const auto now = good_machine().now;
  BOOST_TEST((check_clock(wall_time{}, true, {}).judged == grade::bad));
  BOOST_TEST((check_clock(wall_time(std::chrono::seconds(5'000'000'000)), true, {}).judged == grade::bad));
  BOOST_TEST((check_clock(now, false, {}).judged == grade::warn));
  auto against = [&](std::chrono::minutes ahead) {
    return text_of(check_clock(now, true, {{"10.0.0.1:7551", true, "", ahead}}));
  };
  BOOST_TEST(against(std::chrono::minutes(7)) == "bad 7m behind that of 10.0.0.1:7551");
  BOOST_TEST(against(std::chrono::minutes(-7)) == "bad 7m ahead of that of 10.0.0.1:7551");
  BOOST_TEST(against(std::chrono::minutes(-4)).rfind("ok ", 0) == 0U);
}

BOOST_AUTO_TEST_CASE(doors_that_let_in_whoever_comes_are_warned_of) {
  BOOST_TEST(text_of(check_exposure({})) == "ok clients come from this machine alone");
  BOOST_TEST(text_of(check_exposure({"0.0.0.0:7550", true, true}))
             == "warn insecure_listen: 0.0.0.0:7550 let in whoever comes, in clear");
  BOOST_TEST(text_of(check_exposure({"0.0.0.0:7550", false, true})) == "ok clients come by TLS to 0.0.0.0:7550");
  BOOST_TEST(text_of(check_exposure({"0.0.0.0:7550", false, false})) == "bad 0.0.0.0:7550 without a cluster");
}

BOOST_AUTO_TEST_CASE(a_certificate_that_has_ended_is_named_a_nodes_and_a_users) {
  cluster_port_facts good{"10.0.0.1:7551", true, ""}, ended{"10.0.0.1:7551", true, "its certificate has ended"},
      nobody{"10.0.0.2:1"};
  BOOST_TEST(text_of(check_cluster(ended, {})) == "bad 10.0.0.1:7551: its certificate has ended");
  BOOST_TEST(text_of(check_cluster(good, {nobody, good})) == "ok 10.0.0.1:7551: a node with a good certificate is there");
  BOOST_TEST(text_of(check_cluster({}, {nobody, good})) == "ok it can be joined");
  BOOST_TEST(text_of(check_cluster({}, {nobody})) == "warn no node answers at 10.0.0.2:1");
  BOOST_TEST(text_of(check_cluster(nobody, {})) == "ok none to join");
  BOOST_TEST(text_of(check_login({"/f", "", "your certificate ended", false})) == "warn your certificate ended");
  BOOST_TEST(text_of(check_login({"/f", "anna, admin", "", true})) == "warn anna, admin");
  BOOST_TEST(text_of(check_login({"/f", "anna, admin", "", false})) == "ok anna, admin");
}
