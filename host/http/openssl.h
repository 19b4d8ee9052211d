#pragma once

#include <memory>
#include <string>

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "base/free.h"

// OpenSSL's objects with their owners. For the tls_*.cpp files only.
namespace ingest::http {

inline void free_stack(STACK_OF(X509) * stack) noexcept { sk_X509_pop_free(stack, X509_free); }

using BioOwner = std::unique_ptr<BIO, Free<BIO_free_all>>;
using KeyOwner = std::unique_ptr<EVP_PKEY, Free<EVP_PKEY_free>>;
using CertificateOwner = std::unique_ptr<X509, Free<X509_free>>;
using CertificatesOwner = std::unique_ptr<STACK_OF(X509), Free<free_stack>>;
using ContextOwner = std::unique_ptr<SSL_CTX, Free<SSL_CTX_free>>;
using SslOwner = std::unique_ptr<SSL, Free<SSL_free>>;

// The first of this thread's errors in words, which says most about the cause; clears them all.
std::string take_openssl_error();

// A distinguished name as RFC 2253 writes it, all other than visible ASCII escaped.
std::string name_text(const X509_NAME* name);

}  // namespace ingest::http
