#pragma once

#include "storage/memory_store.hpp"
#include "storage/rocks_store.hpp"
#include "tests/storage/temporary_folder.hpp"

#include <boost/mpl/list.hpp>

namespace troupe::test {

/// Every implementation of `store`, each with a way to lose its process and come back. A new one joins the list and must pass
/// the suite as it is.

class memory_maker {
public:
  store& made() { return store_; }
  void restart() { store_.crash(0); }

private:
  memory_store store_;
};

class rocks_maker {
public:
  store& made() { return *store_; }
  void restart() {
    store_.reset();
    store_ = open_rocks_store(data_).value();
  }

private:
  temporary_folder folder_;
  data_folder data_ = data_folder::open(folder_.path()).value();
  std::unique_ptr<store> store_ = open_rocks_store(data_).value();
};

using all_stores = boost::mpl::list<memory_maker, rocks_maker>;

} // namespace troupe::test
