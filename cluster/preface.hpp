#pragma once

#include "runtime/base/error.hpp"

#include <kj/async-io.h>

#include <cstddef>
#include <string>
#include <string_view>

namespace troupe {

/// What a connection to a node's cluster port is for. One port serves all: who connects says so first, in clear, in 8 bytes: "TROUPE", the role, "1".
enum class connection_role : char {
  introduction = 'A', ///< the cluster's authority and the time are told in clear; then it ends
  join = 'J',         ///< TLS; who connects shows no certificate
  control = 'C',      ///< TLS, both ends show certificates; questions between nodes
  data = 'D',         ///< likewise; requests that one node forwards to another
};

inline constexpr std::size_t preface_bytes = 8;

std::string preface_of(connection_role role);

/// `invalid_argument` if these bytes are no preface: of something that is no node, or of a release that speaks otherwise.
result<connection_role> role_of(std::string_view preface);

/// The role, once the bytes are there; nothing after them is read. The stream outlives it.
kj::Promise<result<connection_role>> read_preface(kj::AsyncIoStream& stream);

} // namespace troupe
