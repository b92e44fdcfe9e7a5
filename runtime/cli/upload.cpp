#include "runtime/cli/upload.hpp"

#include "runtime/base/sha256.hpp"
#include "runtime/base/units.hpp"
#include "runtime/cli/progress.hpp"
#include "runtime/cli/wire.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <deque>
#include <fstream>

namespace troupe {

namespace {

constexpr std::size_t block_bytes_max = 1 << 20;
/// Writes on their way at once: enough to keep both sides busy.
constexpr std::size_t writes_in_flight = 4;
/// The node reads and syncs the whole file before it says that it has it.
constexpr std::chrono::minutes finish_timeout{15};

using pending_write = kj::Promise<capnp::Response<schema::Upload::WriteResults>>;

class file_reader {
public:
  explicit file_reader(const std::string& path) : path_(path), file_(path, std::ios::binary) { check(file_.is_open()); }

  /// The next bytes, at most `size`; none at the end.
  std::size_t read(char* to, std::size_t size) {
    file_.read(to, static_cast<std::streamsize>(size));
    check(!file_.bad());
    return static_cast<std::size_t>(file_.gcount());
  }

private:
  void check(bool good) const {
    if (!good)
      throw command_failure(exit_code::bad_usage, "can't read " + path_ + ": " + std::strerror(errno));
  }

  std::string path_;
  std::ifstream file_;
};

void show(progress& bar, std::uint64_t done, std::uint64_t total) {
  if (bar.due())
    bar.show(done, human_size(done) + " of " + human_size(total));
}

void finish_oldest(client& node, std::deque<pending_write>& writes) {
  require_ok(node.wait(kj::mv(writes.front())).getError());
  writes.pop_front();
}

void write_all(client& node, const console& io, const hashed_file& file, schema::Upload::Client upload) {
  file_reader reader(file.path);
  progress bar(io, "upload", file.bytes);
  std::vector<char> block(std::clamp<std::uint64_t>(node.limits().chunk_bytes_max, 1, block_bytes_max));
  std::deque<pending_write> writes;
  std::uint64_t sent = 0;
  while (auto size = reader.read(block.data(), block.size())) {
    auto write = upload.writeRequest();
    write.setChunk({reinterpret_cast<const capnp::byte*>(block.data()), size});
    writes.push_back(write.send());
    sent += size;
    if (writes.size() == writes_in_flight)
      finish_oldest(node, writes);
    show(bar, sent, file.bytes);
  }
  while (!writes.empty())
    finish_oldest(node, writes);
}

} // namespace

hashed_file hash_artifact(const console& io, const std::string& path, std::uint64_t bytes) {
  file_reader reader(path);
  progress bar(io, "hash", bytes);
  std::vector<char> block(block_bytes_max);
  sha256 digest;
  std::uint64_t done = 0;
  while (auto size = reader.read(block.data(), block.size())) {
    digest.update(block.data(), size);
    done += size;
    show(bar, done, bytes);
  }
  return {path, done, digest.finish()};
}

bool upload_artifact(client& node, const console& io, const hashed_file& file) {
  auto most = node.limits().artifact_bytes_max;
  if (file.bytes > most)
    throw command_failure(exit_code::failed, file.path + " is " + human_size(file.bytes) + "; this node takes at most "
                                                 + human_size(most) + " a model (artifact_bytes in its troupe.toml)");
  auto begin = node.control().uploadRequest();
  begin.setSha256(file.sha256);
  begin.setBytes(file.bytes);
  auto begun = node.ask(kj::mv(begin));
  require_ok(begun.getError());
  if (begun.getPresent())
    return false;
  auto upload = begun.getUpload();
  write_all(node, io, file, upload);
  require_ok(node.ask(upload.finishRequest(), finish_timeout).getError());
  return true;
}

} // namespace troupe
