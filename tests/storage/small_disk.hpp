#pragma once

#include "tests/storage/temporary_folder.hpp"

#include <boost/test/unit_test.hpp>

#include <cstdint>
#include <fcntl.h>
#include <fstream>
#include <sched.h>
#include <string>
#include <sys/mount.h>
#include <unistd.h>

namespace troupe::test {

/// A disk of so many bytes, in this process's own view of the file systems (and in that of its children). Needs root.
class small_disk {
public:
  explicit small_disk(std::uint64_t bytes) {
    mounted_ = own_view() && ::mount("troupe-test", path().c_str(), "tmpfs", 0, ("size=" + std::to_string(bytes)).c_str()) == 0;
  }
  small_disk(const small_disk&) = delete;
  ~small_disk() {
    if (mounted_)
      ::umount2(path().c_str(), MNT_DETACH);
  }

  const std::filesystem::path& path() const { return folder_.path(); }
  bool mounted() const { return mounted_; }

  /// Leaves this much free.
  void fill(std::uint64_t free) {
    int filler = ::open((path() / "filler").c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    auto space = std::filesystem::space(path());
    auto size = space.available > free ? space.available - free : 0;
    BOOST_REQUIRE(::posix_fallocate(filler, 0, static_cast<off_t>(size)) == 0);
    ::close(filler);
  }
  void empty() { std::filesystem::remove(path() / "filler"); }

private:
  /// Mounts made from now on are nobody else's.
  static bool own_view() {
    static bool made = ::unshare(CLONE_NEWNS) == 0 && ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0;
    return made;
  }

  temporary_folder folder_;
  bool mounted_ = false;
};

/// A precondition of tests that need one: elsewhere they are left out.
inline boost::test_tools::assertion_result can_mount(boost::unit_test::test_unit_id) {
  boost::test_tools::assertion_result can(small_disk(1 << 20).mounted());
  if (!can)
    can.message() << "needs root, to mount a small disk";
  return can;
}

} // namespace troupe::test
