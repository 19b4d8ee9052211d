#include <random>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "unit/decode/decoding.h"

// The grammar against a strict reference: whatever bytes come, this room accepts what the
// reference accepts. By design it refuses more: a byte order mark and nesting beyond 16. A number
// beyond a double is an error of the text there and a finding of the reading here.
namespace ingest::decode {
namespace {

// Follows the reference's parse: its verdict, and how deep and how big things got.
struct Reference : nlohmann::json_sax<nlohmann::json> {
    unsigned depth = 0;
    unsigned deepest = 0;
    bool too_big = false;

    bool down() {
        deepest = std::max(deepest, ++depth);
        return true;
    }
    bool up() {
        --depth;
        return true;
    }
    bool null() override { return true; }
    bool boolean(bool) override { return true; }
    bool number_integer(number_integer_t) override { return true; }
    bool number_unsigned(number_unsigned_t) override { return true; }
    bool number_float(number_float_t, const string_t&) override { return true; }
    bool string(string_t&) override { return true; }
    bool binary(binary_t&) override { return true; }
    bool start_object(std::size_t) override { return down(); }
    bool key(string_t&) override { return true; }
    bool end_object() override { return up(); }
    bool start_array(std::size_t) override { return down(); }
    bool end_array() override { return up(); }
    bool parse_error(std::size_t, const std::string&,
                     const nlohmann::detail::exception& error) override {
        too_big = error.id == 406;
        return false;
    }
};

class Strictness : public ::testing::Test {
protected:
    void compare(const std::string& text) {
        Reference reference;
        const bool accepted = nlohmann::json::sax_parse(text, &reference);
        if (reference.too_big || text.starts_with("\xEF\xBB\xBF")) return;
        ++(accepted ? accepted_ : refused_);
        const bool expected = accepted && reference.deepest <= depth_max;
        it_.single(text);
        ASSERT_EQ(!it_.decoded.malformed, expected) << text << "\n" << it_.decoded.detail;
        ASSERT_EQ(it_.decoded.malformed, !it_.decoded.detail.empty());
        // The batch form says malformed also of what is not acceptable beside the readings.
        it_.many(text);
        const bool beside = it_.decoded.detail.starts_with("the request ");
        ASSERT_EQ(it_.decoded.malformed, !expected || beside) << text;
        ASSERT_TRUE(expected || !beside) << text;
    }

    Decoding it_;
    int accepted_ = 0;
    int refused_ = 0;
};

const char* const seeds[] = {
    R"({"equipment_id": "PUMP-HALL-001", "temperature": 20.5, "vibration": 0.25, "pressure": 1})",
    R"({"readings":[{"equipment_id":"A-B-001","temperature":-1e-5,"x":[true,false,null]},{}]})",
    R"( { "a" : [ ] , "b" : { } , "c" : "\u00e9\ud83d\ude00\n\\\"" , "readings" : [ 1 , "x" ] } )",
    R"([1,-0,0.5,1e5,1E+5,1e-5,-12.50e3,123456789012345678901234567890,"",{"":""}])",
    R"({"timestamp":"2026-01-31T08:00:00Z","s":"h\u00e4)"
    "\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80"
    R"(","n":[[[[[[[[[[[[[[1]]]]]]]]]]]]]]})",
};

TEST_F(Strictness, AgreesWithTheReferenceOnMutatedDocuments) {
    std::mt19937_64 random(11);
    const auto below = [&random](std::size_t n) { return random() % n; };
    const std::string alphabet =
        "{}[]:,\"\\ \n\t\r0123456789.eE+-truefalsnu/bdD8cC\x01\x7f\x80\xc3\xff";
    for (int i = 0; i < 80'000 && !HasFatalFailure(); ++i) {
        std::string text = seeds[below(std::size(seeds))];
        for (auto changes = 1 + below(3); changes > 0; --changes) {
            const std::size_t at = below(text.size() + 1);
            switch (below(5)) {
                case 0:
                    if (at < text.size()) text[at] = alphabet[below(alphabet.size())];
                    break;
                case 1: text.insert(at, 1, alphabet[below(alphabet.size())]); break;
                case 2: text.erase(at, 1 + below(2)); break;
                case 3: text.insert(at, text.substr(below(text.size() + 1), below(12))); break;
                default:
                    if (below(8) == 0) text.resize(at);
                    else if (at < text.size()) text[at] = static_cast<char>(below(256));
            }
        }
        compare(text);
    }
    EXPECT_GT(accepted_, 10'000);
    EXPECT_GT(refused_, 10'000);
}

// Short texts of few symbols reach every pair and triple of tokens.
TEST_F(Strictness, AgreesWithTheReferenceOnAllShortTexts) {
    const char* const symbols[] = {"{", "}", "[", "]", ":", ",", "\"a\"", "1", " ", "\""};
    constexpr std::size_t count = std::size(symbols);
    for (std::size_t code = 0; code < count * count * count * count * count; ++code) {
        std::string text;
        std::size_t rest = code;
        for (int i = 0; i < 5; ++i, rest /= count) text += symbols[rest % count];
        compare(text);
        if (HasFatalFailure()) return;
    }
    EXPECT_GT(accepted_, 100);
}

TEST_F(Strictness, AgreesWithTheReferenceOnEveryCutOfADocument) {
    for (const std::string text : seeds) {
        for (std::size_t size = 0; size <= text.size(); ++size) compare(text.substr(0, size));
    }
}

// Every place relative to simdjson's blocks of 64 bytes.
TEST_F(Strictness, AgreesWithTheReferenceWhateverTheAlignment) {
    for (std::size_t shift = 0; shift < 130; ++shift) {
        const std::string blanks(shift, ' ');
        const std::string xs(shift, 'x');
        const std::string slashes = [&] {
            std::string pairs;
            for (std::size_t i = 0; i < shift; ++i) pairs += "\\\\";
            return pairs;
        }();
        for (const char* tail : {"", "\"", "]", "x", "1", ",", "\\", "\xC3", "\xC3\xA9", "\x01"}) {
            compare(blanks + "[1]" + tail);
            compare("[\"" + xs + tail + "\"]");
            compare("[\"" + xs + "\"" + tail + "]");
            compare("[\"" + slashes + tail + "\",1]");
            compare("[1" + blanks + tail + "]");
            compare("{\"a\":\"" + xs + "\\\"" + tail + "\"}");
        }
    }
}

}  // namespace
}  // namespace ingest::decode
