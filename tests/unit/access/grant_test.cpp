#include "access/grant.h"

#include <gtest/gtest.h>

namespace ingest::access {
namespace {

TEST(Grant, ScopesImplyNoOthers) {
    Scopes scopes;
    EXPECT_TRUE(scopes.empty());
    scopes.add(Scope::admin);
    EXPECT_TRUE(scopes.has(Scope::admin));
    EXPECT_FALSE(scopes.has(Scope::ingest));
    EXPECT_FALSE(scopes.has(Scope::read));
    EXPECT_EQ(scopes.text(), "admin");
    for (const Scope scope : all_scopes) EXPECT_EQ(scope_of(word_of(scope)), scope);
    EXPECT_FALSE(scope_of("Ingest"));
}

TEST(Grant, Prefixes) {
    Grant grant;
    EXPECT_TRUE(grant.covers("ANY", IdCase::as_sent));
    grant.prefixes = {"PUMP-A", "fan-"};
    EXPECT_TRUE(grant.covers("PUMP-A", IdCase::as_sent));
    EXPECT_TRUE(grant.covers("PUMP-A1-001", IdCase::as_sent));
    EXPECT_FALSE(grant.covers("PUMP-", IdCase::as_sent));
    EXPECT_FALSE(grant.covers("XPUMP-A", IdCase::as_sent));
    EXPECT_FALSE(grant.covers("pump-a1", IdCase::as_sent));
    EXPECT_FALSE(grant.covers("", IdCase::as_sent));
    EXPECT_TRUE(grant.covers("pump-a1", IdCase::upper));
    EXPECT_TRUE(grant.covers("FAN-1", IdCase::upper));
    EXPECT_FALSE(grant.covers("FA", IdCase::upper));
}

}  // namespace
}  // namespace ingest::access
