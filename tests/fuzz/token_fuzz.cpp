// libFuzzer target: bytes as a token, and as header and claims, divided by a line feed, of a token
// that is signed well: only so is there a way past the signature.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "access/token.h"
#include "base/check.h"
#include "unit/access/made_tokens.h"

namespace {

using namespace ingest;

constexpr std::int64_t now = 1'800'000'000'000'000;

struct Rig {
    Rig() {
        std::vector<FileTrouble> troubles;
        keys = access::KeySet::parse(nlohmann::json{{"keys", {secret.jwk("h"), pair.jwk("e")}}}
                                         .dump(),
                                     troubles);
        check(troubles.empty(), "the keys are good");
    }
    access::Verified verify(std::string_view token) const {
        const access::Verified verified = access::verify_token(token, keys, rules, now);
        check(verified.claims.has_value() == verified.refusal.empty(),
              "there are claims, or it is said why not");
        return verified;
    }

    const access::Signer secret = access::Signer::secret(std::string(32, 's'));
    const access::Signer pair = access::Signer::ec();
    access::KeySet keys;
    const access::TokenRules rules{.issuer = "issuer", .audience = "ingest"};
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const Rig rig;
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    check(!rig.verify(text).claims, "nobody finds a signature");
    const std::size_t line = text.find('\n');
    const std::string header(text.substr(0, line));
    const std::string claims(line == std::string_view::npos ? "" : text.substr(line + 1));
    const std::string token = rig.secret.token_of(header, claims);
    if (rig.verify(token).claims) {
        check(token.size() <= access::token_bytes_max, "tokens are bounded");
        check(header.find("HS256") != std::string::npos ||
                  header.find('\\') != std::string::npos,
              "the algorithm is the key's");
        for (const char* needed : {"exp", "iss", "issuer", "aud", "ingest"}) {
            // An escape may stand for any letter.
            check(claims.find(needed) != std::string::npos ||
                      claims.find('\\') != std::string::npos,
                  "who, for whom and until when must be there");
        }
    }
    return 0;
}
