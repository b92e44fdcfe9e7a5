#include "runtime/cli/infer_view.hpp"

#include "runtime/base/units.hpp"
#include "runtime/cli/table.hpp"
#include "runtime/oip/oip_tensor.hpp"

#include <algorithm>
#include <cctype>
#include <cmath>

namespace troupe {

namespace {

constexpr std::size_t values_shown_max = 10;

std::string first_values(const named_tensor& tensor) {
  auto count = tensor.data.size() / element_size(tensor.type);
  std::string text;
  for (std::size_t i = 0; i < std::min(count, values_shown_max); ++i)
    text += (i == 0 ? "" : ", ") + element_text(tensor, i);
  return count > values_shown_max ? text + ", … (" + std::to_string(count - values_shown_max) + " more with -o json)" : text;
}

double microseconds(std::chrono::nanoseconds length) {
  return static_cast<double>(length.count()) / 1e3;
}

/// "12340/s"; two digits behind the point where there are few.
std::string rate_text(double per_second) {
  auto whole = std::llround(per_second);
  return (whole >= 100 ? std::to_string(whole)
                       : std::to_string(static_cast<double>(std::llround(per_second * 100)) / 100).substr(0, 5))
         + "/s";
}

} // namespace

nlohmann::ordered_json answer_json(const inference_answer& answer) {
  auto outputs = nlohmann::ordered_json::array();
  for (const auto& output : answer.outputs)
    outputs.push_back(oip_tensor(output));
  nlohmann::ordered_json json = {{"model_name", answer.deployment}, {"model_version", std::to_string(answer.version)}};
  if (!answer.id.empty())
    json["id"] = answer.id;
  json["outputs"] = std::move(outputs);
  return json;
}

std::string answer_text(const inference_answer& answer, bool colors) {
  table rows({{"OUTPUT"}, {"DATATYPE"}, {"SHAPE"}, {"DATA"}});
  for (const auto& output : answer.outputs)
    rows.add({output.name, std::string(to_string(output.type)), to_string(output.dims), first_values(output)});
  return rows.render(colors);
}

nlohmann::ordered_json load_json(const load_report& report) {
  return {{"answered", report.answered},
          {"failed", report.failed},
          {"seconds", static_cast<double>(report.elapsed.count()) / 1e9},
          {"requests_per_second", report.requests_per_second()},
          {"latency_us",
           {{"p50", microseconds(report.latency.p50)},
            {"p90", microseconds(report.latency.p90)},
            {"p99", microseconds(report.latency.p99)},
            {"max", microseconds(report.latency.max)}}},
          {"errors", report.errors}};
}

std::string load_text(const load_report& report) {
  table rows({{"ANSWERED", true},
              {"FAILED", true},
              {"TIME", true},
              {"RATE", true},
              {"P50", true},
              {"P90", true},
              {"P99", true},
              {"MAX", true}});
  rows.add({std::to_string(report.answered), std::to_string(report.failed), human_duration(report.elapsed),
            rate_text(report.requests_per_second()), human_duration(report.latency.p50), human_duration(report.latency.p90),
            human_duration(report.latency.p99), human_duration(report.latency.max)});
  auto text = rows.render(false);
  if (report.errors.empty())
    return text;
  table errors({{"ERROR"}, {"COUNT", true}});
  for (const auto& [code, count] : report.errors)
    errors.add({code, std::to_string(count)});
  return text + "\n" + errors.render(false);
}

std::string output_file_name(const std::string& output) {
  auto name = output;
  for (char& c : name)
    if (std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '-')
      c = '_';
  return name + ".npy";
}

} // namespace troupe
