#pragma once

#include "storage/memory_store.hpp"
#include "storage/rocks_store.hpp"
#include "tests/storage/temporary_folder.hpp"

#include <boost/mpl/list.hpp>

#include <memory>

/// Where a typed store's records may be, for tests of what both must hold.
namespace troupe::test {

struct in_memory {
  memory_store disk;
  store& records() { return disk; }
  /// As after the machine's end, which takes all that was not synced.
  void start_again() { disk.crash(0); }
};

struct on_disk {
  temporary_folder folder;
  data_folder data = data_folder::open(folder.path()).value();
  std::unique_ptr<store> disk = open_rocks_store(data).value();
  store& records() { return *disk; }
  void start_again() {
    disk.reset();
    disk = open_rocks_store(data).value();
  }
};

using places = boost::mpl::list<in_memory, on_disk>;

} // namespace troupe::test
