#include "runtime/cli/load_view.hpp"

#include "runtime/base/units.hpp"
#include "runtime/cli/table.hpp"

#include <nlohmann/json.hpp>

#include <cmath>
#include <cstdio>

namespace troupe {

namespace {

double microseconds(std::chrono::nanoseconds length) {
  return static_cast<double>(length.count()) / 1e3;
}

/// "12340/s"; two digits behind the point where there are few.
std::string rate_text(double per_second) {
  auto whole = std::llround(per_second);
  if (whole >= 100 || static_cast<double>(whole) == per_second)
    return std::to_string(whole) + "/s";
  char text[16];
  std::snprintf(text, sizeof text, "%.2f/s", per_second);
  return text;
}

double rows_per_second(const load_report& report, std::uint64_t rows) {
  return report.requests_per_second() * static_cast<double>(rows);
}

/// What stands in front of a level's figures: nothing where there is but one load.
struct level_columns {
  std::string pressure; ///< its title; empty: none
  bool unsent = false;
};

level_columns columns_of(const ramp_report& ramp) {
  return {ramp.open ? "RATE" : "CONCURRENCY", ramp.open.has_value()};
}

table figures_table(const level_columns& shown) {
  std::vector<column> columns;
  if (!shown.pressure.empty())
    columns.push_back({shown.pressure, true});
  columns.insert(columns.end(), {{"ANSWERED", true}, {"FAILED", true}});
  if (shown.unsent)
    columns.push_back({"UNSENT", true});
  for (auto title : {"TIME", "REQUESTS", "ROWS", "P50", "P90", "P99", "P99.9", "MAX"})
    columns.push_back({title, true});
  return table(std::move(columns));
}

std::vector<cell> figures_row(const load_level& level, std::uint64_t rows, const level_columns& shown) {
  const auto& report = level.report;
  std::vector<cell> row;
  if (!shown.pressure.empty())
    row.emplace_back(std::to_string(level.pressure) + (shown.unsent ? "/s" : ""));
  row.emplace_back(std::to_string(report.answered));
  row.emplace_back(std::to_string(report.failed));
  if (shown.unsent)
    row.emplace_back(std::to_string(report.unsent));
  row.emplace_back(human_duration(report.elapsed));
  row.emplace_back(rate_text(report.requests_per_second()));
  row.emplace_back(rate_text(rows_per_second(report, rows)));
  for (auto figure : {report.latency.p50, report.latency.p90, report.latency.p99, report.latency.p999, report.latency.max})
    row.emplace_back(human_duration(figure));
  return row;
}

/// Empty without errors.
std::string errors_text(const std::vector<load_level>& levels, const level_columns& shown) {
  std::vector<column> columns = {{"ERROR"}, {"COUNT", true}};
  if (!shown.pressure.empty())
    columns.insert(columns.begin(), {shown.pressure, true});
  table errors(std::move(columns));
  bool any = false;
  for (const auto& level : levels)
    for (const auto& [code, count] : level.report.errors) {
      std::vector<cell> row = {code, std::to_string(count)};
      if (!shown.pressure.empty())
        row.insert(row.begin(), std::to_string(level.pressure) + (shown.unsent ? "/s" : ""));
      errors.add(std::move(row));
      any = true;
    }
  return any ? "\n" + errors.render(false) : "";
}

std::string text_of(const std::vector<load_level>& levels, std::uint64_t rows, const level_columns& shown) {
  auto figures = figures_table(shown);
  for (const auto& level : levels)
    figures.add(figures_row(level, rows, shown));
  return figures.render(false) + errors_text(levels, shown);
}

} // namespace

nlohmann::ordered_json load_json(const load_report& report, std::uint64_t rows) {
  nlohmann::ordered_json json = {{"answered", report.answered},
                                 {"failed", report.failed},
                                 {"seconds", static_cast<double>(report.elapsed.count()) / 1e9},
                                 {"requests_per_second", report.requests_per_second()},
                                 {"rows_per_second", rows_per_second(report, rows)},
                                 {"latency_us",
                                  {{"p50", microseconds(report.latency.p50)},
                                   {"p90", microseconds(report.latency.p90)},
                                   {"p99", microseconds(report.latency.p99)},
                                   {"p99_9", microseconds(report.latency.p999)},
                                   {"max", microseconds(report.latency.max)}}},
                                 {"errors", report.errors}};
  if (!report.first_error.empty())
    json["first_error"] = report.first_error;
  if (report.broken_off)
    json["broken_off"] = report.broken_off->what();
  return json;
}

std::string load_text(const load_report& report, std::uint64_t rows) {
  return text_of({{1, report}}, rows, {});
}

nlohmann::ordered_json ramp_json(const ramp_report& ramp) {
  auto levels = nlohmann::ordered_json::array();
  for (const auto& level : ramp.levels) {
    nlohmann::ordered_json json = {{ramp.open ? "rate" : "concurrency", level.pressure}};
    if (ramp.open)
      json["unsent"] = level.report.unsent;
    json.update(load_json(level.report, ramp.rows));
    levels.push_back(std::move(json));
  }
  nlohmann::ordered_json json = {{"loop", ramp.open ? "open" : "closed"}};
  if (ramp.open)
    json["arrivals"] = *ramp.open == arrivals::poisson ? "poisson" : "constant";
  json["rows"] = ramp.rows;
  json["levels"] = std::move(levels);
  return json;
}

std::string ramp_text(const ramp_report& ramp) {
  return text_of(ramp.levels, ramp.rows, columns_of(ramp));
}

std::string load_amount(const load_report& so_far) {
  return rate_text(so_far.requests_per_second()) + ", p99 " + human_duration(so_far.latency.p99) + ", "
         + std::to_string(so_far.failed) + " failed";
}

} // namespace troupe
