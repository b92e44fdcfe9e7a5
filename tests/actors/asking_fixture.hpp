#pragma once

/// What an actor that asks other nodes needs, in one thread; the test answers for those nodes. Include it last, as caf_fixture.hpp.

#include "tests/actors/hand_hosts.hpp"
#include "tests/cluster/cluster_ids.hpp"
#include "tests/support/fake_forwarder.hpp"
#include "tests/support/hand_transport.hpp"

#include "tests/support/caf_fixture.hpp"

namespace troupe {

struct asking_fixture : caf_fixture {
  hand_hosts hosts;
  routing_cell routes;
  directory actors;
  seed_source seeds{1};
  hand_transport wire;
  fake_forwarder forwarder;
  peer_board board;
  cluster_network network{wire, forwarder, board};
  actor_environment node{time, events, seeds, hosts, routes, actors};

  asking_fixture() { node.network = &network; }
};

} // namespace troupe
