#pragma once

#include "cluster/tls.hpp"

#include <memory>
#include <string>

namespace troupe {

/// Who the user is to a cluster.
struct user_credentials {
  std::string cluster_id;
  tls_identity identity;
};

/// A node as a command means it.
struct node_target {
  node_target(std::string address_) : address(std::move(address_)) {} // NOLINT(google-explicit-constructor): in clear
  node_target(const char* address_) : address(address_) {}            // NOLINT(google-explicit-constructor): likewise
  node_target(std::string address_, std::shared_ptr<const user_credentials> user_)
    : address(std::move(address_)), user(std::move(user_)) {}

  std::string address;                          ///< "HOST:PORT"
  std::shared_ptr<const user_credentials> user; ///< null: one speaks in clear
};

} // namespace troupe
