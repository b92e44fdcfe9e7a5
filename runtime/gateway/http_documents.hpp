#pragma once

#include "actors/messages.hpp"
#include "runtime/serving/routing_table.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

/// What the Open Inference Protocol, and Triton's extensions of it, tell of a node and its models. All are JSON.
namespace troupe {

std::string server_document(std::string_view name, std::string_view software_version);
/// The deployments that serve.
std::string model_list_document(const routing_table& routes);
std::string model_metadata_document(const spread& target);
std::string model_ready_document(const spread& target);
/// As the JSON of Triton's ModelConfig, of what we have of it.
std::string model_config_document(const spread& target);
std::string statistics_document(const std::vector<std::shared_ptr<spread>>& targets);
/// Every version that there is; `only_ready`: those that answer requests.
std::string repository_document(const deployment_list& deployments, bool only_ready);

} // namespace troupe
