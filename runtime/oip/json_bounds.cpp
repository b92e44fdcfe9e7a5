#include "runtime/oip/json_bounds.hpp"

#include "runtime/oip/json_fields.hpp"

#include <optional>
#include <string>

namespace troupe {

namespace {

using json = nlohmann::json;

constexpr std::size_t container_weight = 6; // its value, its own header and two allocations, in values of 16 bytes

/// Counts what the parser meets, and stops it (false) at the bounds.
class counter final : public nlohmann::json_sax<json> {
public:
  explicit counter(std::size_t depth_max) : depth_max_(depth_max) {}

  bool null() override { return add(1); }
  bool boolean(bool) override { return add(1); }
  bool number_integer(json::number_integer_t) override { return add(1); }
  bool number_unsigned(json::number_unsigned_t) override { return add(1); }
  bool number_float(json::number_float_t, const std::string&) override { return add(1); }
  bool string(std::string& text) override { return add(container_weight + text.size() / sizeof(json)); }
  bool binary(json::binary_t&) override { return add(1); }
  bool key(std::string& text) override { return add(container_weight + text.size() / sizeof(json)); }
  bool start_object(std::size_t) override { return enter(); }
  bool end_object() override { return leave(); }
  bool start_array(std::size_t) override { return enter(); }
  bool end_array() override { return leave(); }
  bool parse_error(std::size_t, const std::string&, const json::exception& failure) override {
    problem = not_json(failure);
    return false;
  }

  std::optional<error> problem;

private:
  bool add(std::size_t weight) {
    weight_ += weight;
    if (weight_ <= json_weight_max)
      return true;
    problem = error{error_code::invalid_argument,
                    "holds too many values, at most about " + std::to_string(json_weight_max) + " numbers are taken"};
    return false;
  }
  bool enter() {
    if (++depth_ <= depth_max_)
      return add(container_weight);
    problem = error{error_code::invalid_argument,
                    "is nested deeper than " + std::to_string(depth_max_) + " levels, which nothing in it needs"};
    return false;
  }
  bool leave() {
    --depth_;
    return true;
  }

  const std::size_t depth_max_;
  std::size_t depth_ = 0;
  std::size_t weight_ = 0;
};

} // namespace

result<void> check_json_bounds(std::string_view text, std::size_t depth_max) {
  counter count(depth_max);
  json::sax_parse(text, &count);
  if (count.problem)
    return *count.problem;
  return {};
}

} // namespace troupe
