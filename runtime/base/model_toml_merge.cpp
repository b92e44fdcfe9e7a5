#include "runtime/base/model_toml_merge.hpp"

#include "runtime/base/toml_reader.hpp"

#include <sstream>

namespace troupe {

namespace {

void merge(toml::table& into, const toml::table& changes) {
  for (const auto& [key, value] : changes) {
    auto kept = into.get_as<toml::table>(key);
    auto changed = value.as_table();
    if (kept != nullptr && changed != nullptr)
      merge(*kept, *changed);
    else
      into.insert_or_assign(key, value);
  }
}

} // namespace

result<std::string> merged_model_toml(std::string_view base, std::string_view changes) {
  auto whole = parse_toml(base, "model.toml", base.size());
  if (!whole)
    return whole.failure();
  auto over = parse_toml(changes, "model.toml", changes.size());
  if (!over)
    return over.failure();
  merge(*whole, *over);
  std::ostringstream text;
  text << *whole << '\n';
  return text.str();
}

} // namespace troupe
