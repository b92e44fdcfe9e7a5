#pragma once

#include "runtime/base/sha256.hpp"
#include "storage/blob_store.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

namespace troupe::test {

/// Puts an artifact into the store; gives its hash.
inline std::string put_blob(const blob_store& blobs, const std::string& content) {
  auto hash = sha256_of(content);
  auto writer = blobs.begin(hash, content.size()).value();
  BOOST_REQUIRE(writer->write(content.data(), content.size()).ok());
  BOOST_REQUIRE(writer->finish().ok());
  return hash;
}

} // namespace troupe::test
