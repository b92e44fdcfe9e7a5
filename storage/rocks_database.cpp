#include "storage/rocks_database.hpp"
#include "storage/rocks_log_check.hpp"
#include "storage/rocks_options.hpp"
#include "storage/rocks_table_check.hpp"

#include <algorithm>

namespace troupe {

namespace {

error to_error(const std::filesystem::path& path, const rocksdb::Status& status, std::string_view doing) {
  if (status.IsCorruption() || status.IsPathNotFound()) // a file that another one names
    return error{error_code::corrupt, "the store in " + path.string() + " is damaged (" + status.ToString()
                                          + "); restore the data folder from a backup or use another --data"};
  return error{error_code::io_failed, "can't " + std::string(doing) + " the store in " + path.string() + " (" + status.ToString()
                                          + "); check the disk and its free space, then try again"};
}

/// RocksDB takes a folder without its CURRENT file for a new one and removes what is in it.
bool lost_its_current_file(const std::filesystem::path& path) {
  if (std::filesystem::exists(path / "CURRENT"))
    return false;
  std::error_code absent; // leaves nothing to look at
  auto files = std::filesystem::directory_iterator(path, absent);
  return std::any_of(begin(files), end(files), [](const std::filesystem::directory_entry& file) {
    auto kind = file.path().extension();
    return kind == ".log" || kind == ".sst";
  });
}

/// What is wrong with a file, as far as RocksDB would not say so; "" if nothing is.
std::string hidden_damage(const std::filesystem::path& file) {
  auto name = file.filename().string();
  auto kind = file.extension();
  if ((kind == ".log" || name.rfind("MANIFEST-", 0) == 0) && !ends_as_a_crash_may(file))
    return "a record in " + name + " is damaged, and whole ones stand behind it";
  if (kind == ".sst" && !has_sound_properties(file))
    return "the end of " + name + " is damaged";
  return "";
}

rocksdb::Status find_hidden_damage(const std::filesystem::path& path) {
  std::error_code absent; // leaves nothing to look at
  for (const auto& file : std::filesystem::directory_iterator(path, absent))
    if (auto damage = hidden_damage(file.path()); !damage.empty())
      return rocksdb::Status::Corruption(damage);
  return rocksdb::Status::OK();
}

/// Every column family that is there or that we need: RocksDB opens all or nothing.
rocksdb::Status list_families(const std::filesystem::path& path, std::vector<std::string>& names) {
  if (std::filesystem::exists(path / "CURRENT")) {
    auto status = rocksdb::DB::ListColumnFamilies(rocksdb::DBOptions(), path, &names);
    if (!status.ok())
      return status;
  } else {
    names = {rocksdb::kDefaultColumnFamilyName};
  }
  for (const auto& row : column_families)
    if (std::find(names.begin(), names.end(), row.name) == names.end())
      names.emplace_back(row.name);
  return rocksdb::Status::OK();
}

} // namespace

result<std::unique_ptr<rocks_database>> rocks_database::open(const std::filesystem::path& path) {
  return open(path, access::read_write);
}

result<std::unique_ptr<rocks_database>> rocks_database::open_read_only(const std::filesystem::path& path) {
  return open(path, access::read_only);
}

result<std::unique_ptr<rocks_database>> rocks_database::open(const std::filesystem::path& path, access how) {
  std::vector<std::string> names;
  if (lost_its_current_file(path))
    return to_error(path, rocksdb::Status::Corruption("the file CURRENT is missing"), "open");
  if (auto status = find_hidden_damage(path); !status.ok())
    return to_error(path, status, "open");
  if (auto status = list_families(path, names); !status.ok())
    return to_error(path, status, "open");
  auto family_options = rocks_family_options();
  std::vector<rocksdb::ColumnFamilyDescriptor> families;
  for (const auto& name : names)
    families.emplace_back(name, family_options);
  rocksdb::DB* db = nullptr;
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  auto status = how == access::read_only ? rocksdb::DB::OpenForReadOnly(rocks_options(), path, families, &handles, &db)
                                         : rocksdb::DB::Open(rocks_options(), path, families, &handles, &db);
  if (!status.ok())
    return to_error(path, status, "open");
  return std::unique_ptr<rocks_database>(new rocks_database(path, db, std::move(handles)));
}

rocks_database::rocks_database(std::filesystem::path path, rocksdb::DB* db, std::vector<rocksdb::ColumnFamilyHandle*> handles)
  : path_(std::move(path)), db_(db), handles_(std::move(handles)) {
  for (const auto& row : column_families)
    families_[index_of(row.family)] =
        *std::find_if(handles_.begin(), handles_.end(), [&](auto* handle) { return handle->GetName() == row.name; });
}

rocks_database::~rocks_database() {
  for (auto* handle : handles_)
    db_->DestroyColumnFamilyHandle(handle);
}

error rocks_database::failure(const rocksdb::Status& status, std::string_view doing) const {
  return to_error(path_, status, doing);
}

} // namespace troupe
