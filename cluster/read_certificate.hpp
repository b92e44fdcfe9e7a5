#pragma once

#include "cluster/certificates.hpp"
#include "cluster/openssl_handles.hpp"

/// Only sources of cluster/ include it.
namespace troupe {

inline error no_certificate() {
  return {error_code::invalid_argument,
          "this is no certificate: expected PEM, of at most " + std::to_string(certificate_bytes_max) + " bytes"};
}

/// Nothing if it is none.
inline certificate_handle read_certificate(std::string_view pem) {
  auto from = pem.size() <= certificate_bytes_max ? reader_of(pem) : nullptr;
  return certificate_handle(from ? PEM_read_bio_X509(from.get(), nullptr, nullptr, nullptr) : nullptr);
}

} // namespace troupe
