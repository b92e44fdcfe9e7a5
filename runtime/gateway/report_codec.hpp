#pragma once

#include "actors/cluster_messages.hpp"
#include "schemas/peer.capnp.h"

/// What a node does, and what deployments there are, between nodes. `read` is false for what no node of this release says; where
/// the message itself is damaged it throws, as Cap'n Proto's readers do.
namespace troupe {

void write(schema::NodeReport::Builder into, const node_report& from);
bool read(schema::NodeReport::Reader from, node_report& into);

void write_figures(schema::RolloutStatus::Figures::Builder into, const arm_figures& from);
void write_others(capnp::List<schema::RolloutStatus::Other>::Builder into, const std::vector<other_figures>& from);

void write(capnp::List<schema::DeploymentView>::Builder into, const deployment_list& from);
bool read(capnp::List<schema::DeploymentView>::Reader from, deployment_list& into);

} // namespace troupe
