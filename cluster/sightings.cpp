#include "cluster/sightings.hpp"

#include "runtime/base/config.hpp"
#include "runtime/base/ids.hpp"

#include <algorithm>
#include <utility>

namespace troupe {

namespace {

/// Takes the next word, up to a blank, off the front of `text`.
std::string_view next_word(std::string_view& text) {
  auto end = text.find(' ');
  auto word = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return word;
}

/// Letters, digits, and what else stands in host names and addresses.
bool is_host(std::string_view host) {
  return std::all_of(host.begin(), host.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == ':';
  });
}

bool is_any(std::string_view host) {
  return host.find_first_not_of("0.:") == std::string_view::npos;
}

} // namespace

bool is_reachable_address(std::string_view address) {
  auto parts = listen_address_from(address);
  return parts && parts->port != 0 && is_host(parts->host) && !is_any(parts->host);
}

sightings::sightings(std::string cluster_id, std::string own_node)
  : cluster_id_(std::move(cluster_id)), own_node_(std::move(own_node)) {}

void sightings::take(std::string_view line) {
  if (line.size() > line_bytes_max)
    return;
  auto verb = next_word(line);
  auto name = next_word(line);
  if (name.empty() || (verb != "seen" && verb != "gone"))
    return;
  auto address = verb == "seen" ? address_in(line) : std::string();
  auto known = seen_.find(name);
  if (known != seen_.end() && address.empty())
    seen_.erase(known);
  else if (known != seen_.end())
    known->second = std::move(address);
  else if (!address.empty() && seen_.size() < kept_max)
    seen_.emplace(name, std::move(address));
}

std::string sightings::address_in(std::string_view announced) const {
  auto cluster = next_word(announced);
  auto node = next_word(announced);
  auto address = next_word(announced);
  bool ours = cluster == cluster_id_ && is_unique_id(node) && node != own_node_;
  return ours && announced.empty() && is_reachable_address(address) ? std::string(address) : std::string();
}

std::vector<std::string> sightings::addresses() const {
  std::vector<std::string> all;
  for (const auto& [name, address] : seen_)
    if (std::find(all.begin(), all.end(), address) == all.end())
      all.push_back(address);
  return all;
}

} // namespace troupe
