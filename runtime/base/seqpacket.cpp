#include "runtime/base/seqpacket.hpp"

#include <cerrno>
#include <cstring>
#include <sys/socket.h>
#include <sys/uio.h>

namespace troupe {

namespace {

using control_buffer = char[CMSG_SPACE(packet_descriptors_max * sizeof(int))];

error from_errno(error_code code, const char* what) {
  return {code, std::string(what) + ": " + std::strerror(errno)};
}

void attach(msghdr& message, char* control, const int* descriptors, std::size_t count) {
  message.msg_control = control;
  message.msg_controllen = CMSG_SPACE(count * sizeof(int));
  cmsghdr* header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(count * sizeof(int));
  std::memcpy(CMSG_DATA(header), descriptors, count * sizeof(int));
}

/// Owns every descriptor that the kernel installed, also those of a packet that will be refused.
void take_descriptors(msghdr& message, std::vector<unique_fd>& out) {
  for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr; header = CMSG_NXTHDR(&message, header)) {
    if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS)
      continue;
    std::size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (std::size_t i = 0; i < count; ++i) {
      int fd = -1;
      std::memcpy(&fd, CMSG_DATA(header) + i * sizeof(int), sizeof fd);
      out.emplace_back(fd);
    }
  }
}

} // namespace

result<seqpacket_pair> make_seqpacket_pair() {
  int fds[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) != 0)
    return from_errno(error_code::io_failed, "cannot make a control socket");
  return seqpacket_pair{unique_fd(fds[0]), unique_fd(fds[1])};
}

result<void> send_packet(int socket, const void* data, std::size_t size, const int* descriptors, std::size_t count) {
  if (size == 0 || size > packet_bytes_max || count > packet_descriptors_max)
    return error{error_code::invalid_argument, "a control packet has 1 to 65536 bytes and at most 4 descriptors"};
  iovec part{const_cast<void*>(data), size};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  alignas(cmsghdr) control_buffer control{};
  if (count > 0)
    attach(message, control, descriptors, count);
  ssize_t sent = 0;
  do {
    sent = ::sendmsg(socket, &message, MSG_NOSIGNAL);
  } while (sent < 0 && errno == EINTR);
  if (sent >= 0)
    return {};
  bool full = errno == EAGAIN || errno == EWOULDBLOCK;
  return from_errno(full ? error_code::overloaded : error_code::unavailable, "cannot send a control packet");
}

result<received> receive_packet(int socket, packet& out) {
  iovec part{out.data, sizeof out.data};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  alignas(cmsghdr) control_buffer control{};
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  out.size = 0;
  out.descriptors.clear();
  ssize_t size = 0;
  do {
    size = ::recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
  } while (size < 0 && errno == EINTR);
  if (size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
    return received::nothing;
  if (size < 0 && errno != ECONNRESET)
    return from_errno(error_code::io_failed, "cannot receive a control packet");
  take_descriptors(message, out.descriptors);
  if (size <= 0)
    return received::closed; // the end: send_packet never sends an empty packet
  if ((message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0) {
    out.descriptors.clear();
    return error{error_code::corrupt, "a control packet was larger than allowed"};
  }
  out.size = static_cast<std::size_t>(size);
  return received::packet;
}

} // namespace troupe
