#include "runtime/gateway/http_reply.hpp"

#include "runtime/gateway/error_map.hpp"

#include <nlohmann/json.hpp>

namespace troupe {

http_reply error_reply(unsigned status, std::string_view message) {
  nlohmann::json body{{"error", message}};
  return {status, body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace)};
}

http_reply error_reply(const error& failure) {
  return error_reply(to_http_status(failure.code), told_to_clients(failure));
}

http_reply no_model_reply(const error& failure) {
  if (failure.code != error_code::not_found)
    return error_reply(failure);
  return error_reply({failure.code, "Request for unknown model: " + failure.message});
}

const char* reason_of_status(unsigned status) {
  switch (status) {
  case 200: return "OK";
  case 400: return "Bad Request";
  case 401: return "Unauthorized";
  case 403: return "Forbidden";
  case 404: return "Not Found";
  case 405: return "Method Not Allowed";
  case 408: return "Request Timeout";
  case 409: return "Conflict";
  case 413: return "Payload Too Large";
  case 417: return "Expectation Failed";
  case 431: return "Request Header Fields Too Large";
  case 500: return "Internal Server Error";
  case 501: return "Not Implemented";
  case 503: return "Service Unavailable";
  case 505: return "HTTP Version Not Supported";
  }
  return "Error";
}

std::string written_head(const http_reply& reply, content_coding packed, after_answer next) {
  auto head = "HTTP/1.1 " + std::to_string(reply.status) + " " + reason_of_status(reply.status)
              + "\r\nContent-Type: " + reply.content_type + "\r\nContent-Length: " + std::to_string(reply.body.size()) + "\r\n";
  if (reply.header_length)
    head += "Inference-Header-Content-Length: " + std::to_string(*reply.header_length) + "\r\n";
  if (packed != content_coding::identity)
    head += "Content-Encoding: " + std::string(to_string(packed)) + "\r\n";
  if (next == after_answer::closes)
    head += "Connection: close\r\n";
  else if (next == after_answer::stays_as_1_0)
    head += "Connection: keep-alive\r\n";
  return head + "\r\n";
}

} // namespace troupe
