#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace troupe {

/// What a version consists of, by SHA-256; empty: it has none, or the node doesn't tell.
struct version_content {
  std::string model;
  std::string toml;
  std::string golden;
};

/// A deployment as it should be, or as it is: the version on its way up, or else the one that is live. replicas 0: as they are.
struct apply_view {
  std::string name;
  version_content content;
  std::uint32_t replicas = 0;
};

enum class apply_action { deploy, scale, undeploy };

std::string_view to_string(apply_action action);

struct difference {
  std::string what; ///< "model.pt", "replicas"…
  std::string from; ///< "-" for none
  std::string to;
};

struct apply_change {
  apply_action action;
  std::string name;
  std::size_t wanted = 0; ///< its place among those wanted; not for undeploy
  std::vector<difference> differences;
  bool is_first = false; ///< of a deploy: nothing is live, or on its way up
};

/// What has to be done for `found` to become `wanted`, in the order of `wanted`; what is not wanted is undeployed at last, if `prune`,
/// and left alone else.
std::vector<apply_change> plan_apply(const std::vector<apply_view>& wanted, const std::vector<apply_view>& found, bool prune);

} // namespace troupe
