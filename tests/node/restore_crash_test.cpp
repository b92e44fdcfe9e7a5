#define BOOST_TEST_MODULE restore_crash
#include "tests/node/lost_leader.hpp"

#include <sys/wait.h>
#include <unistd.h>

// A file of its own: RocksDB's threads don't survive the fork, so this process opens no store before it.

using namespace troupe;
using namespace troupe::test;

namespace {

/// Dies while a member is made the leader; says first where.
[[noreturn]] void die_halfway(int says) {
  lost_leader node;
  auto member = node.member.string() + "\n" + node.target.string() + "\n";
  if (::write(says, member.data(), member.size()) != static_cast<ssize_t>(member.size()))
    ::_exit(1);
  [[maybe_unused]] auto never = node.lead(node.member, [] { ::_exit(9); });
  ::_exit(0);
}

} // namespace

BOOST_AUTO_TEST_CASE(a_restore_that_dies_leaves_the_member_as_it_was_and_can_be_done_again) {
  int ends[2];
  BOOST_REQUIRE(::pipe(ends) == 0);
  auto child = ::fork();
  if (child == 0)
    die_halfway(ends[1]);
  int status = 0;
  BOOST_REQUIRE(::waitpid(child, &status, 0) == child);
  BOOST_REQUIRE(WEXITSTATUS(status) == 9);
  char told[1024] = {};
  BOOST_REQUIRE(::read(ends[0], told, sizeof told - 1) > 0);
  std::string text(told);
  fs::path member = text.substr(0, text.find('\n'));
  fs::path backup = text.substr(text.find('\n') + 1, text.rfind('\n') - text.find('\n') - 1);
  BOOST_TEST(fs::exists(member.string() + ".restoring"));
  auto is_leaders = [&member] {
    stopped_node node(member);
    return leads(own_cluster(node.cluster, member_id).value().value(), member_id);
  };
  BOOST_TEST(!is_leaders());
  real_clock time;
  auto again = restore_data_folder({backup, member, false, true}, [](const restore_progress&) {}, time);
  BOOST_REQUIRE_MESSAGE(again.ok(), (again ? "" : again.failure().message));
  BOOST_TEST(is_leaders());
  fs::remove_all(member.parent_path());
}
