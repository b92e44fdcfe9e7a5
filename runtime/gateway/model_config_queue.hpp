#pragma once

#include "runtime/base/model_spec.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <string>

namespace troupe {

/// `dynamic_batching` of the ModelConfig of a model that has batches.
nlohmann::ordered_json batching_config(const model_spec& spec);

/// The sections [limits], [batching] and [queue] of a model.toml that do what `dynamic_batching` of a ModelConfig says; "" if it says nothing.
/// Throws as model_config_fields.hpp says.
std::string batching_toml(const nlohmann::json& config, std::int64_t max_batch);

} // namespace troupe
