#include "http/tls_identity.h"

#include <algorithm>
#include <string_view>

#include <openssl/x509v3.h>

#include "http/openssl.h"

namespace ingest::http {
namespace {

constexpr std::size_t name_bytes_max = 512;

struct FreeNames {
    void operator()(GENERAL_NAMES* names) const noexcept { GENERAL_NAMES_free(names); }
};
using NamesOwner = std::unique_ptr<GENERAL_NAMES, FreeNames>;

bool is_printable(std::string_view text, char first) noexcept {
    return !text.empty() && text.size() <= name_bytes_max &&
           std::ranges::all_of(text, [first](char c) { return c >= first && c <= '~'; });
}

// The first name of this type. Such a name may hold a NUL byte: it is not a C string.
const ASN1_IA5STRING* first_name(const GENERAL_NAMES* names, int type) noexcept {
    for (int i = 0; i < sk_GENERAL_NAME_num(names); ++i) {
        const GENERAL_NAME* name = sk_GENERAL_NAME_value(names, i);
        if (name->type != type) continue;
        return type == GEN_URI ? name->d.uniformResourceIdentifier : name->d.dNSName;
    }
    return nullptr;
}

std::string_view view(const ASN1_IA5STRING& text) noexcept {
    return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(&text)),
            static_cast<std::size_t>(ASN1_STRING_length(&text))};
}

}  // namespace

Result<Identity> identity_of(const X509& certificate) {
    using Source = Identity::Source;
    const NamesOwner names(static_cast<GENERAL_NAMES*>(
        X509_get_ext_d2i(&certificate, NID_subject_alt_name, nullptr, nullptr)));
    for (const auto& [type, source] : {std::pair{GEN_URI, Source::certificate_uri},
                                       std::pair{GEN_DNS, Source::certificate_dns}}) {
        const ASN1_IA5STRING* name = first_name(names.get(), type);
        if (name == nullptr) continue;
        if (!is_printable(view(*name), '!'))
            return Error{"the certificate's alternative name is too long or not printable"};
        return Identity{source, std::string(view(*name))};
    }
    std::string subject = name_text(X509_get_subject_name(&certificate));
    if (!is_printable(subject, ' ')) return Error{"the certificate's subject is empty or too long"};
    return Identity{Source::certificate_subject, std::move(subject)};
}

}  // namespace ingest::http
