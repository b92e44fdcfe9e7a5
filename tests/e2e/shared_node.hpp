#pragma once

#include "tests/e2e/answers.hpp"
#include "tests/e2e/running_node.hpp"

namespace troupe::test {

/// One node for all tests of a file, with a deployment "witness" that has nothing to do with what they do.
inline running_node& file_node() {
  static running_node node;
  static bool deployed = false;
  if (!deployed)
    node.deploy("witness", "identity_fp32");
  deployed = true;
  return node;
}

/// What each test shows besides: the node is up, the same process, and serves the witness.
struct shared_node {
  running_node& node = file_node();
  caller client{node.address()};

  ~shared_node() {
    BOOST_TEST(lives(node.process().pid()));
    BOOST_TEST(echoes_to_a_new_client(node.address(), "witness"));
  }
};

} // namespace troupe::test
