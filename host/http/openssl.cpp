#include "http/openssl.h"

#include <openssl/err.h>

namespace ingest::http {

std::string take_openssl_error() {
    const unsigned long code = ERR_peek_error();
    const char* reason = ERR_reason_error_string(code);
    std::string text = reason != nullptr ? reason : "no reason is known";
    ERR_clear_error();
    return text;
}

std::string name_text(const X509_NAME* name) {
    const BioOwner out(BIO_new(BIO_s_mem()));
    if (!out || X509_NAME_print_ex(out.get(), name, 0, XN_FLAG_RFC2253) < 0) {
        ERR_clear_error();
        return {};
    }
    char* text = nullptr;
    const long size = BIO_get_mem_data(out.get(), &text);
    return size > 0 ? std::string(text, static_cast<std::size_t>(size)) : std::string();
}

}  // namespace ingest::http
