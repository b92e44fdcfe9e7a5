#pragma once

#include "schemas/records.capnp.h"
#include "storage/records.hpp"

#include <string>

/// The one place where records become schemas/records.capnp and come back: on disk, and between nodes.
namespace troupe {

std::string to_string(capnp::Text::Reader text);
/// Lives as long as the string.
capnp::Text::Reader to_text(const std::string& text);
std::string from_data(capnp::Data::Reader bytes);
/// Lives as long as the string.
capnp::Data::Reader to_data(const std::string& bytes);
std::int64_t to_unix_ns(wall_time time);
wall_time from_unix_ns(std::int64_t count);
std::uint64_t to_microseconds(std::chrono::nanoseconds span);

void write_record(schema::DeploymentRecord::Builder into, const deployment_record& record);
void write_record(schema::VersionRecord::Builder into, const version_record& record);
void write_record(schema::MemberRecord::Builder into, const member_record& record);

/// False for what no record says. They throw, as Cap'n Proto's readers do, where the message itself is damaged.
bool read_record(schema::DeploymentRecord::Reader from, deployment_record& record);
bool read_record(schema::VersionRecord::Reader from, version_record& record);
bool read_record(schema::MemberRecord::Reader from, member_record& record);

} // namespace troupe
