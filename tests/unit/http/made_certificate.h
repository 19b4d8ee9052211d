#pragma once

#include <sys/stat.h>

#include <cstdio>
#include <filesystem>
#include <initializer_list>
#include <stdexcept>
#include <string>
#include <utility>

#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "http/openssl.h"

namespace ingest::http {

struct AlternativeName {
    int type = GEN_DNS;
    std::string bytes;
};

// A certificate that signs itself, valid for an hour from now.
struct MadeCertificate {
    KeyOwner key{EVP_EC_gen("P-256")};
    CertificateOwner certificate{X509_new()};

    explicit MadeCertificate(const std::string& common_name,
                             std::initializer_list<AlternativeName> alternatives = {}) {
        X509* made = certificate.get();
        X509_set_version(made, X509_VERSION_3);
        ASN1_INTEGER_set(X509_get_serialNumber(made), 1);
        X509_gmtime_adj(X509_getm_notBefore(made), -60);
        X509_gmtime_adj(X509_getm_notAfter(made), 3600);
        X509_NAME* name = X509_get_subject_name(made);
        if (!common_name.empty()) {
            X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
                                       reinterpret_cast<const unsigned char*>(common_name.data()),
                                       static_cast<int>(common_name.size()), -1, 0);
        }
        X509_set_issuer_name(made, name);
        X509_set_pubkey(made, key.get());
        if (alternatives.size() > 0) add(alternatives);
        if (X509_sign(made, key.get(), EVP_sha256()) == 0) throw std::runtime_error("X509_sign");
    }

    // Writes both as PEM; the key is for its owner alone.
    void write(const std::filesystem::path& certificate_file,
               const std::filesystem::path& key_file) const {
        const auto write = [](const std::filesystem::path& file, auto put) {
            std::FILE* out = std::fopen(file.c_str(), "w");
            if (out == nullptr || put(out) != 1) throw std::runtime_error(file.string());
            std::fclose(out);
        };
        write(certificate_file,
              [&](std::FILE* out) { return PEM_write_X509(out, certificate.get()); });
        write(key_file, [&](std::FILE* out) {
            return PEM_write_PrivateKey(out, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
        });
        ::chmod(key_file.c_str(), S_IRUSR | S_IWUSR);
    }

private:
    void add(std::initializer_list<AlternativeName> alternatives) {
        GENERAL_NAMES* names = GENERAL_NAMES_new();
        for (const AlternativeName& alternative : alternatives) {
            ASN1_IA5STRING* text = ASN1_IA5STRING_new();
            ASN1_STRING_set(text, alternative.bytes.data(),
                            static_cast<int>(alternative.bytes.size()));
            GENERAL_NAME* name = GENERAL_NAME_new();
            GENERAL_NAME_set0_value(name, alternative.type, text);
            sk_GENERAL_NAME_push(names, name);
        }
        X509_add1_ext_i2d(certificate.get(), NID_subject_alt_name, names, 0, X509V3_ADD_DEFAULT);
        GENERAL_NAMES_free(names);
    }
};

}  // namespace ingest::http
