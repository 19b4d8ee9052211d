#include "http/tls_identity.h"

#include <gtest/gtest.h>

#include "made_certificate.h"

namespace ingest::http {
namespace {

using Source = Identity::Source;

Result<Identity> named(const std::string& common_name,
                       std::initializer_list<AlternativeName> alternatives = {}) {
    return identity_of(*MadeCertificate(common_name, alternatives).certificate);
}

TEST(TlsIdentity, AUriGoesBeforeADnsNameBeforeTheSubject) {
    const AlternativeName uri{GEN_URI, "spiffe://plant/pump"};
    const AlternativeName dns{GEN_DNS, "pump.plant"};
    const AlternativeName mail{GEN_EMAIL, "a@b"};
    EXPECT_EQ(*named("pump", {dns, uri, {GEN_URI, "other:"}}),
              (Identity{Source::certificate_uri, "spiffe://plant/pump"}));
    EXPECT_EQ(*named("pump", {mail, dns, {GEN_DNS, "other"}}),
              (Identity{Source::certificate_dns, "pump.plant"}));
    EXPECT_EQ(*named("pump", {mail}), (Identity{Source::certificate_subject, "CN=pump"}));
    EXPECT_EQ(*named("pump"), (Identity{Source::certificate_subject, "CN=pump"}));
}

TEST(TlsIdentity, ASubjectIsEscaped) {
    EXPECT_EQ(named("a,O=b\n\u00e9")->name, "CN=a\\,O=b\\0A\\C3\\A9");
}

// Half a name could be somebody else's.
TEST(TlsIdentity, NamesThatAreNotPrintableOrTooLongAreNone) {
    using namespace std::string_literals;
    EXPECT_FALSE(named("pump", {{GEN_DNS, "pump.plant\0.evil"s}}));
    EXPECT_FALSE(named("pump", {{GEN_DNS, "pump\n"}}));
    EXPECT_FALSE(named("pump", {{GEN_DNS, ""}}));
    EXPECT_FALSE(named("pump", {{GEN_URI, "spiffe://a b"}}));
    EXPECT_FALSE(named("pump", {{GEN_URI, "spiffe://\xC3\xA9"}}));
    EXPECT_FALSE(named("pump", {{GEN_URI, std::string(513, 'x')}, {GEN_DNS, "pump"}}));
    EXPECT_TRUE(named("pump", {{GEN_URI, std::string(512, 'x')}}));
    EXPECT_FALSE(named(""));
}

TEST(TlsIdentity, NobodyIsFalse) {
    EXPECT_FALSE(Identity{});
    EXPECT_TRUE(*named("pump"));
}

}  // namespace
}  // namespace ingest::http
