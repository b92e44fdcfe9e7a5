#pragma once

#include "runtime/base/event.hpp"
#include "storage/records.hpp"

#include <string>
#include <string_view>

namespace troupe {

/// Records as bytes: Cap'n Proto messages of schemas/records.capnp. Decoding takes any bytes, costs at most a few times
/// their size, and answers `corrupt` for what is no such record.

std::string encode(const node_record& record);
std::string encode(const deployment_record& record);
std::string encode(const version_record& record);
std::string encode(const event& record);
std::string encode(const cluster_record& record);
std::string encode(const member_record& record);
std::string encode(const token_record& record);
std::string encode(const user_record& record);

result<node_record> decode_node(std::string_view bytes);
result<deployment_record> decode_deployment(std::string_view bytes);
result<version_record> decode_version(std::string_view bytes);
result<event> decode_event(std::string_view bytes);
result<cluster_record> decode_cluster(std::string_view bytes);
result<member_record> decode_member(std::string_view bytes);
result<token_record> decode_token(std::string_view bytes);
result<user_record> decode_user(std::string_view bytes);

} // namespace troupe
