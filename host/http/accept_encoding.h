#pragma once

#include <span>
#include <string_view>

#include "coding/coding.h"
#include "http/head.h"

namespace ingest::http {

// Which codings an answer may have.
struct AnswerCodings {
    coding::Coding preferred = coding::Coding::identity;
    bool identity = true;  // whether it may also be sent as it is

    bool none() const noexcept { return !identity && preferred == coding::Coding::identity; }
};

// By the Accept-Encoding fields of a request (RFC 9110, 12.5.3). Of codings that are equally
// welcome zstd comes first, which is smaller and costs less, and the text as it is last. What is
// not of the grammar is as if it were not there.
AnswerCodings read_accept_encoding(std::span<const FieldView> fields) noexcept;

// For Content-Encoding. REQUIRES: not identity.
std::string_view name_of(coding::Coding coding) noexcept;

}  // namespace ingest::http
