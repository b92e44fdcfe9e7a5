#pragma once

#include "runtime/base/cluster_records.hpp"
#include "runtime/base/error.hpp"

#include <cstddef>
#include <map>
#include <string>
#include <string_view>

namespace troupe {

struct member_limits {
  static constexpr std::size_t name_bytes_max = 63;
  static constexpr std::size_t user_name_bytes_max = 56; ///< with its role before it, a common name has 64 at most
  static constexpr std::size_t address_bytes_max = 255;
  static constexpr std::size_t labels_max = 32;
  static constexpr std::size_t label_bytes_max = 63; ///< of a key, and of a value
};

/// Whether a node may be named so: 1 to 63 of a-z, A-Z, 0-9 and "-_.", beginning with a letter or digit; and not what a node's id looks like.
/// `invalid_argument` if not, as below.
result<void> check_node_name(const std::string& name);

/// Whether a user may be named so: 1 to 56 of a-z, A-Z, 0-9 and "-_.@+", and not what a node's id looks like, because a connection tells a peer by its
/// certificate's common name.
result<void> check_user_name(std::string_view name);

/// Whether others could connect to it: "10.0.0.7:7551", with a port, and no address that stands for all of a machine's.
result<void> check_node_address(const std::string& address);

/// At most 32; keys and values are of a-z, A-Z, 0-9 and "-_./", a value may be empty.
result<void> check_labels(const std::map<std::string, std::string>& labels);

} // namespace troupe
