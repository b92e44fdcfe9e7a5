#pragma once

#include "actors/cluster_messages.hpp"
#include "schemas/control.capnp.h"

/// What is known of the cluster, as the Control capability tells it.
namespace troupe {

void write_nodes(schema::Control::NodesResults::Builder into, const node_list& from);
void write_tokens(schema::Control::ListTokensResults::Builder into, const token_list& from);
void write_users(schema::Control::ListUsersResults::Builder into, const user_list& from);
/// The node's place in its cluster.
void write_place(schema::NodeStatus::Builder into, const node_list& from);
/// The leader can't be asked: what is told is this old.
void write_age(schema::NodeStatus::Builder into, const deployment_list& told);

} // namespace troupe
