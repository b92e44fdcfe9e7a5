#include "storage/blob_store.hpp"
#include "storage/file_io.hpp"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace troupe {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t read_chunk_bytes = 256 << 10;
constexpr std::string_view temporary_prefix = "unfinished-";
constexpr std::string_view partial_prefix = "partial-";

error not_found(const std::string& hash) {
  return error{error_code::not_found, "no artifact " + hash + " here; deploy the model again, which brings it"};
}

/// Adds the rest of the file; gives its size.
result<std::uint64_t> add_to(sha256& hash, int file, const fs::path& path) {
  std::vector<char> chunk(read_chunk_bytes);
  for (std::uint64_t total = 0;;) {
    auto got = ::read(file, chunk.data(), chunk.size());
    if (got == 0)
      return total;
    if (got < 0 && errno != EINTR)
      return io_error("read", path, errno);
    if (got > 0)
      hash.update(chunk.data(), static_cast<std::size_t>(got));
    total += got > 0 ? static_cast<std::uint64_t>(got) : 0;
  }
}

result<std::string> hash_of(int file, const fs::path& path) {
  sha256 hash;
  if (auto added = add_to(hash, file, path); !added)
    return added.failure();
  return hash.finish();
}

/// Whether the disk has room: better known at the first byte than at the last. Not every file system can say. `mode`: fallocate's.
result<void> reserve(int file, const fs::path& path, std::uint64_t bytes, int mode) {
  if (bytes == 0 || ::fallocate(file, mode, 0, static_cast<off_t>(bytes)) == 0 || errno == EOPNOTSUPP)
    return {};
  return io_error("reserve " + std::to_string(bytes) + " bytes for", path, errno);
}

} // namespace

blob_writer::blob_writer(fs::path temporary, fs::path final_path, std::uint64_t bytes, bool is_left)
  : temporary_(std::move(temporary)), is_left_(is_left), final_path_(std::move(final_path)), bytes_expected_(bytes) {}

blob_writer::~blob_writer() {
  if (!temporary_.empty() && !is_left_)
    ::unlink(temporary_.c_str());
}

result<void> blob_writer::write(const void* data, std::size_t size) {
  if (size > bytes_expected_ - bytes_written_)
    return error{error_code::invalid_argument,
                 "the artifact is longer than the " + std::to_string(bytes_expected_) + " bytes announced; start again"};
  if (auto written = write_all(file_.get(), temporary_, static_cast<const char*>(data), size); !written)
    return written;
  hash_.update(data, size);
  bytes_written_ += size;
  return {};
}

result<void> blob_writer::finish() {
  if (bytes_written_ != bytes_expected_)
    return error{error_code::invalid_argument, "the artifact has " + std::to_string(bytes_written_) + " bytes, announced were "
                                                   + std::to_string(bytes_expected_) + "; start again"};
  auto found = hash_.finish();
  is_left_ = is_left_ && found == final_path_.filename();
  if (found != final_path_.filename())
    return error{error_code::corrupt, "the artifact arrived with hash " + found + ", announced was "
                                          + final_path_.filename().string() + "; send it again"};
  if (::fsync(file_.get()) != 0)
    return io_error("sync", temporary_, errno);
  if (::rename(temporary_.c_str(), final_path_.c_str()) != 0)
    return io_error("rename", temporary_, errno);
  temporary_.clear();
  return sync_folder(final_path_.parent_path());
}

result<blob_store> blob_store::open(const data_folder& folder, std::uint64_t bytes_max) {
  auto path = folder.path() / "blobs";
  std::error_code failed;
  fs::create_directories(path, failed);
  if (failed)
    return io_error("make", path, failed.value());
  for (const auto& file : fs::directory_iterator(path, failed))
    if (file.path().filename().string().rfind(temporary_prefix, 0) == 0)
      fs::remove(file.path(), failed);
  if (failed)
    return io_error("clean", path, failed.value());
  return blob_store(std::move(path), bytes_max);
}

result<void> blob_store::check(const std::string& expected, std::uint64_t bytes) const {
  if (!is_sha256(expected))
    return error{error_code::invalid_argument, "an artifact is named by its SHA-256: 64 lower-case hex digits"};
  if (bytes > bytes_max_)
    return error{error_code::invalid_argument, "an artifact has at most " + std::to_string(bytes_max_)
                                                   + " bytes on this node, this one has " + std::to_string(bytes)};
  return {};
}

result<std::unique_ptr<blob_writer>> blob_store::begin(const std::string& expected, std::uint64_t bytes) const {
  if (auto good = check(expected, bytes); !good)
    return good.failure();
  auto temporary = (path_ / temporary_prefix).string() + "XXXXXX";
  unique_fd file(::mkostemp(temporary.data(), O_CLOEXEC));
  if (!file)
    return io_error("make a file in", path_, errno);
  std::unique_ptr<blob_writer> writer(new blob_writer(temporary, path_ / expected, bytes, false));
  writer->file_ = std::move(file);
  if (auto room = reserve(writer->file_.get(), temporary, bytes, 0); !room)
    return room.failure();
  return writer;
}

result<std::unique_ptr<blob_writer>> blob_store::resume(const std::string& expected, std::uint64_t bytes) const {
  if (auto good = check(expected, bytes); !good)
    return good.failure();
  auto partial = partial_path(expected);
  std::unique_ptr<blob_writer> writer(new blob_writer(partial, path_ / expected, bytes, true));
  writer->file_ = unique_fd(::open(partial.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  int file = writer->file_.get();
  struct stat about{};
  if (!writer->file_ || ::fstat(file, &about) != 0)
    return io_error("open", partial, errno);
  if (static_cast<std::uint64_t>(about.st_size) > bytes && ::ftruncate(file, 0) != 0) // it was of something else
    return io_error("empty", partial, errno);
  auto there = add_to(writer->hash_, file, partial);
  if (!there)
    return there.failure();
  writer->bytes_written_ = *there;
  // The file's size says how much of it is there, so what is reserved must not change that.
  if (auto room = reserve(file, partial, bytes, FALLOC_FL_KEEP_SIZE); !room)
    return room.failure();
  return writer;
}

result<unique_fd> blob_store::open(const std::string& hash) const {
  if (!is_sha256(hash))
    return not_found(hash);
  auto path = path_ / hash;
  unique_fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!file)
    return errno == ENOENT ? not_found(hash) : io_error("open", path, errno);
  return file;
}

result<unique_fd> blob_store::open_verified(const std::string& hash) const {
  auto path = path_ / hash;
  auto file = open(hash);
  if (!file)
    return file;
  auto found = hash_of(file->get(), path);
  if (!found)
    return found.failure();
  if (*found != hash)
    return error{error_code::corrupt,
                 "artifact " + hash + " is damaged on disk; deploy the same model again, which brings it anew"};
  if (::lseek(file->get(), 0, SEEK_SET) != 0)
    return io_error("rewind", path, errno);
  return file;
}

result<blob_piece> blob_store::read(const std::string& hash, std::uint64_t offset, std::size_t bytes) const {
  auto path = path_ / hash;
  auto file = open(hash);
  if (!file)
    return file.failure();
  struct stat about{};
  if (::fstat(file->get(), &about) != 0)
    return io_error("look at", path, errno);
  blob_piece piece;
  piece.total_bytes = static_cast<std::uint64_t>(about.st_size);
  piece.bytes.resize(std::min<std::uint64_t>(bytes, piece.total_bytes - std::min(offset, piece.total_bytes)));
  for (std::size_t have = 0; have < piece.bytes.size();) {
    auto got = ::pread(file->get(), piece.bytes.data() + have, piece.bytes.size() - have, static_cast<off_t>(offset + have));
    if (got < 0 && errno != EINTR)
      return io_error("read", path, errno);
    if (got == 0)
      return io_error("read", path, EIO); // it has become shorter
    have += got > 0 ? static_cast<std::size_t>(got) : 0;
  }
  return piece;
}

bool blob_store::has(const std::string& hash) const {
  std::error_code failed;
  return is_sha256(hash) && fs::is_regular_file(path_ / hash, failed);
}

result<void> blob_store::remove(const std::string& hash) const {
  if (!is_sha256(hash))
    return not_found(hash);
  auto path = path_ / hash;
  if (::unlink(path.c_str()) != 0)
    return errno == ENOENT ? not_found(hash) : io_error("remove", path, errno);
  return sync_folder(path_);
}

result<void> blob_store::set_aside(const std::string& hash) const {
  if (!is_sha256(hash))
    return not_found(hash);
  auto path = path_ / hash;
  auto aside = path_ / (std::string(temporary_prefix) + "damaged-" + hash);
  if (::rename(path.c_str(), aside.c_str()) != 0)
    return errno == ENOENT ? not_found(hash) : io_error("rename", path, errno);
  return sync_folder(path_);
}

result<std::vector<std::string>> blob_store::list() const {
  return list_behind("");
}

result<std::vector<std::string>> blob_store::list_partial() const {
  return list_behind(partial_prefix);
}

result<void> blob_store::remove_partial(const std::string& hash) const {
  auto path = partial_path(hash);
  if (!is_sha256(hash) || ::unlink(path.c_str()) == 0 || errno == ENOENT)
    return {};
  return io_error("remove", path, errno);
}

fs::path blob_store::partial_path(const std::string& hash) const {
  return path_ / (std::string(partial_prefix) + hash);
}

result<std::vector<std::string>> blob_store::list_behind(std::string_view prefix) const {
  std::vector<std::string> hashes;
  std::error_code failed;
  for (const auto& file : fs::directory_iterator(path_, failed)) {
    auto name = file.path().filename().string();
    if (name.rfind(prefix, 0) == 0 && is_sha256(std::string_view(name).substr(prefix.size())))
      hashes.push_back(name.substr(prefix.size()));
  }
  if (failed)
    return io_error("list", path_, failed.value());
  std::sort(hashes.begin(), hashes.end());
  return hashes;
}

} // namespace troupe
