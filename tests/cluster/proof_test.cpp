#define BOOST_TEST_MODULE proof
#include "cluster/proof.hpp"
#include "tests/cluster/cluster_ids.hpp"

#include <boost/test/unit_test.hpp>

using namespace troupe;
using namespace troupe::test;

BOOST_AUTO_TEST_CASE(a_proof_is_good_for_its_key_cluster_node_and_nonce_alone) {
  auto key = private_key::make(), other = private_key::make();
  auto proof = prove(key, some_cluster, node_1, "nonce");
  BOOST_TEST(proves(key.public_key(), some_cluster, node_1, "nonce", proof));
  BOOST_TEST(!proves(other.public_key(), some_cluster, node_1, "nonce", proof));
  BOOST_TEST(!proves(key.public_key(), std::string(32, 'd'), node_1, "nonce", proof));
  BOOST_TEST(!proves(key.public_key(), some_cluster, node_2, "nonce", proof));
  BOOST_TEST(!proves(key.public_key(), some_cluster, node_1, "another", proof));
  BOOST_TEST(!proves(key.public_key(), some_cluster, node_1, "nonce", "no proof"));
}

BOOST_AUTO_TEST_CASE(no_part_of_what_is_proven_can_pass_for_the_next) {
  auto key = private_key::make();
  auto proof = prove(key, some_cluster, "a\nnonce b", "c");
  BOOST_TEST(!proves(key.public_key(), some_cluster, "a", "b\nnonce c", proof));
}
