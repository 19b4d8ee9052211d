#include "decode/decoder.h"

namespace ingest::decode {
namespace {

constexpr std::string_view readings_name = "readings";

void malformed(const Target& target, std::string detail) {
    target.out.clear();
    target.decoded.clear();
    target.decoded.malformed = true;
    target.decoded.detail = std::move(detail);
}

model::Finding about_readings(std::string_view code, std::string message) {
    return {0, std::string(readings_name), std::string(code), std::move(message)};
}

}  // namespace

Decoder::Decoder(const model::Schema& schema, const Options& options)
    : readings_max_(options.readings_max),
      lines_max_(options.lines_max),
      line_bytes_max_(options.line_bytes_max),
      findings_max_(options.findings_max),
      reading_(schema, options),
      records_(options.line_bytes_max) {}

void Decoder::single(std::string_view body, const Context& context, model::Batch& out,
                     Decoded& decoded) {
    out.clear();
    decoded.clear();
    const Target target{document_, context, out, decoded};
    decoded.total = 1;
    if (!document_.open(body) || !reading_.read(target, 0) || !document_.finish()) {
        malformed(target, document_.fault_text());
    }
}

void Decoder::batch(std::string_view body, const Context& context, model::Batch& out,
                    Decoded& decoded) {
    out.clear();
    decoded.clear();
    whole_.code.clear();
    beside_ = {};
    const Target target{document_, context, out, decoded};
    if (!document_.open(body) || !batch_document(target) || !document_.finish()) {
        malformed(target, document_.fault_text());
    } else if (beside_.kind != Flaw::Kind::none) {
        malformed(target, "the request " + description_of(beside_));
    } else if (!whole_.code.empty()) {
        out.clear();
        decoded.clear();
        decoded.findings.push_back(std::move(whole_));
    }
}

bool Decoder::batch_document(const Target& target) {
    if (document_.peek() == '{') return batch_members(target);
    whole_ = about_readings("type",
                            "the request must be an object with an array of readings, not " +
                                std::string(document_.kind()));
    Flaw ignored;
    return document_.skip(ignored);
}

bool Decoder::batch_members(const Target& target) {
    document_.open_container();
    const std::size_t mark = document_.names_mark();
    bool listed = false;
    auto after = document_.close_if('}') ? Document::Next::end : Document::Next::value;
    while (after == Document::Next::value) {
        Text name;
        if (!document_.name(name)) return false;
        document_.add_name(name.value);
        if (name.has_nul) beside_.note(Flaw::Kind::nul);
        const bool list = !listed && name.value == readings_name;
        listed = listed || list;
        if (!(list ? readings(target) : document_.skip(beside_))) return false;
        after = document_.next('}');
    }
    if (after == Document::Next::malformed) return false;
    document_.duplicates(mark, [this](std::string_view twice) {
        beside_.note(Flaw::Kind::duplicate, twice);
    });
    if (!listed) {
        whole_ = about_readings("missing", "readings is missing: it must be an array of readings");
    }
    return true;
}

bool Decoder::readings(const Target& target) {
    if (document_.peek() != '[') {
        whole_ = about_readings("type", "readings must be an array of readings, not " +
                                            std::string(document_.kind()));
        Flaw ignored;
        return document_.skip(ignored);
    }
    document_.open_container();
    std::uint32_t count = 0;
    auto after = document_.close_if(']') ? Document::Next::end : Document::Next::value;
    while (after == Document::Next::value) {
        Flaw ignored;
        // Readings beyond the bound only have to be well-formed, as the answer is a refusal.
        const bool decoded = count < readings_max_;
        if (!(decoded ? reading_.read(target, count) : document_.skip(ignored))) return false;
        ++count;
        after = document_.next(']');
    }
    if (after == Document::Next::malformed) return false;
    if (count == 0 || count > readings_max_) {
        whole_ = about_readings("length", "readings must have 1 to " +
                                              std::to_string(readings_max_) + " readings, not " +
                                              std::to_string(count));
    }
    target.decoded.total = count;
    return true;
}

}  // namespace ingest::decode
