#pragma once

#include "runtime/gateway/control_service.hpp"

#include <cstdint>

namespace troupe {

/// Memory of this process.
std::uint64_t resident_bytes();

/// From what actors tell to what the Control schema says.
void write_node(schema::NodeStatus::Builder into, const control_backend& node);
void write_deployments(schema::Control::StatusResults::Builder into, const deployment_list& from);
void write_progress(schema::Control::ProgressResults::Builder into, const version_record& from);
void write_tree(schema::TreeNode::Builder into, const actor_status& from, steady_time now);
void write_events(schema::Control::EventsResults::Builder into, const event_list& from);

} // namespace troupe
