#include "runtime/gateway/http_reply.hpp"

#include "runtime/gateway/error_map.hpp"

#include <nlohmann/json.hpp>

namespace troupe {

http_reply error_reply(unsigned status, std::string_view message) {
  nlohmann::json body{{"error", message}};
  return {status, body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace)};
}

http_reply error_reply(const error& failure) {
  return error_reply(to_http_status(failure.code), failure.message);
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
  case 415: return "Unsupported Media Type";
  case 431: return "Request Header Fields Too Large";
  case 500: return "Internal Server Error";
  case 501: return "Not Implemented";
  case 503: return "Service Unavailable";
  }
  return "Error";
}

} // namespace troupe
