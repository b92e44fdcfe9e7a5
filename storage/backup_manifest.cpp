#include "storage/backup_manifest.hpp"

#include "runtime/base/sha256.hpp"
#include "runtime/base/text_file.hpp"
#include "runtime/base/toml_reader.hpp"

#include <algorithm>
#include <limits>
#include <numeric>

namespace troupe {

namespace {

constexpr std::uint64_t no_size = std::numeric_limits<std::uint64_t>::max();

/// "store/000012.sst", "blobs/SHA-256": what may be copied from a backup, and nothing that leads out of it.
bool may_be_in_a_backup(const std::string& path) {
  auto slash = path.find('/');
  auto folder = path.substr(0, slash);
  auto name = slash == std::string::npos ? "" : path.substr(slash + 1);
  if (folder == "blobs")
    return is_sha256(name);
  auto plain = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' || c == '-';
  };
  return folder == "store" && !name.empty() && name.front() != '.' && std::all_of(name.begin(), name.end(), plain);
}

void read_file(toml_section from, backup_manifest::file& file) {
  file.bytes = no_size;
  from.required_text("path", file.path, "a path within the backup");
  from.size("bytes", file.bytes, 0, std::numeric_limits<std::int64_t>::max());
  from.required_text("sha256", file.sha256, "64 hex digits");
  if (!may_be_in_a_backup(file.path))
    from.refuse("path", "no file of a backup");
  if (file.bytes == no_size)
    from.refuse("bytes", "missing; expected a number");
  if (!is_sha256(file.sha256))
    from.refuse("sha256", "expected 64 hex digits");
  from.refuse_unknown_keys();
}

void read_manifest(toml_section& root, backup_manifest& manifest) {
  std::uint32_t count = 0;
  root.required_text("node", manifest.node_id, "a node's id");
  root.required_text("software", manifest.software, "a version");
  root.required_text("time", manifest.time, "a time");
  root.integer("file_count", count, 0, std::numeric_limits<std::uint32_t>::max());
  for (auto& section : root.sections("files"))
    read_file(section, manifest.files.emplace_back());
  if (count != manifest.files.size() || count == 0)
    root.refuse("file_count",
                "the manifest names " + std::to_string(manifest.files.size()) + " files, expected " + std::to_string(count));
  root.refuse_unknown_keys();
}

} // namespace

std::uint64_t backup_manifest::bytes() const {
  return std::accumulate(files.begin(), files.end(), std::uint64_t{0}, [](auto sum, const file& f) { return sum + f.bytes; });
}

std::string to_toml(const backup_manifest& manifest) {
  std::string text = "# A backup of a troupe node, made while it ran. `troupe restore` makes a data folder of it.\n"
                     "format = "
                     + std::to_string(manifest.format) + "\nnode = \"" + manifest.node_id + "\"\nsoftware = \""
                     + manifest.software + "\"\ntime = \"" + manifest.time
                     + "\"\nfile_count = " + std::to_string(manifest.files.size()) + "\n";
  for (const auto& file : manifest.files)
    text += "\n[[files]]\npath = \"" + file.path + "\"\nbytes = " + std::to_string(file.bytes) + "\nsha256 = \"" + file.sha256
            + "\"\n";
  return text;
}

result<backup_manifest> read_backup_manifest(const std::filesystem::path& folder) {
  auto path = folder / backup_manifest::file_name;
  auto text = read_text_file(path, backup_manifest::bytes_max);
  if (!text && text.failure().code == error_code::not_found)
    return error{error_code::not_found, folder.string() + " is no finished backup: it has no "
                                            + std::string(backup_manifest::file_name) + "; name another"};
  if (!text)
    return text.failure();
  auto damaged = [](const error& why) {
    return error{error_code::corrupt, why.message + "\nthe backup is damaged; use another one"};
  };
  auto document = parse_toml(*text, path.string(), backup_manifest::bytes_max);
  if (!document)
    return damaged(document.failure());
  toml_problems problems(path.string());
  toml_section root(*document, problems);
  backup_manifest manifest;
  manifest.format = 0;
  root.integer("format", manifest.format, 1, std::numeric_limits<std::uint32_t>::max());
  if (manifest.format > backup_manifest::newest_format)
    return error{error_code::failed_precondition, "the backup has format " + std::to_string(manifest.format)
                                                      + ", and this troupe reads up to "
                                                      + std::to_string(backup_manifest::newest_format) + "; use a newer troupe"};
  if (manifest.format == 0 && problems.empty())
    root.refuse("format", "missing; expected a number");
  read_manifest(root, manifest);
  if (!problems.empty())
    return damaged(problems.to_error());
  return manifest;
}

} // namespace troupe
