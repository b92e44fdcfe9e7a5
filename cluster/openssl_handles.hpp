#pragma once

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <limits>
#include <memory>
#include <new>
#include <string>
#include <string_view>

/// OpenSSL's objects with owners. Only sources of cluster/ include it.
namespace troupe {

template <auto Free>
struct openssl_free {
  template <class T>
  void operator()(T* owned) const {
    Free(owned);
  }
};

using bio_handle = std::unique_ptr<BIO, openssl_free<BIO_free>>;
using number_handle = std::unique_ptr<BIGNUM, openssl_free<BN_free>>;
using key_handle = std::unique_ptr<EVP_PKEY, openssl_free<EVP_PKEY_free>>;
using digest_handle = std::unique_ptr<EVP_MD_CTX, openssl_free<EVP_MD_CTX_free>>;
using certificate_handle = std::unique_ptr<X509, openssl_free<X509_free>>;
using extension_handle = std::unique_ptr<X509_EXTENSION, openssl_free<X509_EXTENSION_free>>;
using general_names_handle = std::unique_ptr<GENERAL_NAMES, openssl_free<GENERAL_NAMES_free>>;

/// Takes back the errors that OpenSSL notes for the thread meanwhile: whoever uses TLS on it next would take them for its own.
class openssl_errors {
public:
  openssl_errors() { ERR_set_mark(); }
  ~openssl_errors() { ERR_pop_to_mark(); }
  openssl_errors(const openssl_errors&) = delete;
};

/// For calls that fail only for want of memory, or of randomness.
inline void must(int done) {
  if (done <= 0)
    throw std::bad_alloc();
}
template <class T>
T* must(T* made) {
  if (made == nullptr)
    throw std::bad_alloc();
  return made;
}

/// Reads from `text`, which must outlive it; empty where the text is too long for OpenSSL.
inline bio_handle reader_of(std::string_view text) {
  if (text.size() > static_cast<std::size_t>(std::numeric_limits<int>::max()))
    return nullptr;
  return bio_handle(must(BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))));
}

/// What was written into a memory BIO.
inline std::string text_in(BIO* written) {
  char* data = nullptr;
  auto size = BIO_get_mem_data(written, &data);
  return {data, static_cast<std::size_t>(size)};
}

inline const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

/// DER by one of OpenSSL's i2d functions.
template <class T>
std::string der_of(T* object, int (*encode)(T*, unsigned char**)) {
  auto size = encode(object, nullptr);
  must(size);
  std::string der(static_cast<std::size_t>(size), '\0');
  auto* at = reinterpret_cast<unsigned char*>(der.data());
  must(encode(object, &at));
  return der;
}

} // namespace troupe
