#include "runtime/node/first_token.hpp"

#include "cluster/certificates.hpp"
#include "cluster/join_token.hpp"
#include "runtime/base/unique_fd.hpp"

#include <cerrno>
#include <chrono>
#include <cstring>
#include <fcntl.h>
#include <unistd.h>

namespace troupe {

namespace {

constexpr std::chrono::hours lifetime{24};

result<void> write_secret(const std::string& path, const std::string& text) {
  unique_fd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (!file || ::write(file.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size()) || ::fsync(file.get()) != 0)
    return error{error_code::io_failed, "can't write " + path + ": " + std::strerror(errno)};
  return {};
}

} // namespace

result<std::string> write_first_token(cluster_store& records, const cluster_record& cluster, const std::filesystem::path& data,
                                      wall_time now) {
  auto authority = certificate_sha256(cluster.authority_pem);
  if (!authority)
    return authority.failure();
  auto made = make_join_token(cluster.cluster_id, *authority);
  token_record record;
  record.secret_sha256 = sha256_of_secret(made.secret);
  record.role = cluster_role::admin;
  record.created = now;
  record.expires = now + lifetime;
  record.uses_left = 1;
  record.created_by = "the founding of the cluster";
  if (auto kept = records.commit({{}, {}, {record}, {}}); !kept)
    return kept.failure();
  auto path = (data / "admin-token").string();
  if (auto written = write_secret(path, to_text(made) + "\n"); !written)
    return written.failure();
  return path;
}

} // namespace troupe
