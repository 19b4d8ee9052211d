#include "access/api_key.h"

#include <fstream>
#include <set>
#include <thread>

#include <sys/stat.h>

#include <gtest/gtest.h>

#include "support/temp_dir.h"

namespace ingest::access {
namespace {

const std::string hex(64, 'a');

std::string trouble_of(const std::string& text) {
    std::vector<FileTrouble> troubles;
    parse_keys(text, troubles);
    return troubles.size() == 1 ? troubles[0].wrong : std::to_string(troubles.size());
}

ApiKey some_key(const std::string& name) {
    ApiKey key;
    key.name = name;
    key.digest = sha256(name);
    key.grant.scopes.add(Scope::ingest);
    key.created_us = 1'000'000;
    return key;
}

// Adds a key; what became of it.
Result<void> add(const std::filesystem::path& file, const std::string& name) {
    return change_keys(file, [&](std::vector<ApiKey>& keys) -> Result<void> {
        keys.push_back(some_key(name));
        return {};
    });
}

std::vector<ApiKey> keys_in(const std::filesystem::path& file) {
    std::string text;
    std::vector<FileTrouble> troubles;
    auto keys = read_keys(file, text, troubles);
    EXPECT_TRUE(troubles.empty()) << troubles.front().wrong;
    return keys;
}

unsigned mode_of(const std::filesystem::path& file) {
    struct stat found {};
    EXPECT_EQ(::stat(file.c_str(), &found), 0) << file;
    return found.st_mode & 07777;
}

TEST(ApiKey, IsLongAndNeverTheSame) {
    std::set<std::string> seen;
    for (int i = 0; i < 1000; ++i) {
        const std::string key = make_key().value();
        EXPECT_EQ(key.size(), 5U + 43U);  // 256 bits
        EXPECT_TRUE(key.starts_with("ingk_"));
        EXPECT_TRUE(seen.insert(key).second);
    }
}

TEST(ApiKey, ThereAndBack) {
    ApiKey key = some_key("line-3.gateway_1");
    key.grant.scopes.add(Scope::admin);
    key.grant.prefixes = {"PUMP-", "FAN-A="};
    key.expires_us = 2'000'000;
    std::vector<FileTrouble> troubles;
    const auto back =
        parse_keys("\n# a comment\r\n" + key_file_text({key, some_key("b")}), troubles);
    ASSERT_TRUE(troubles.empty()) << troubles[0].wrong;
    ASSERT_EQ(back.size(), 2U);
    EXPECT_EQ(back[0].name, key.name);
    EXPECT_EQ(back[0].digest, key.digest);
    EXPECT_EQ(back[0].grant.scopes, key.grant.scopes);
    EXPECT_EQ(back[0].grant.prefixes, key.grant.prefixes);
    EXPECT_EQ(back[0].created_us, key.created_us);
    EXPECT_EQ(back[0].expires_us, key.expires_us);
    EXPECT_FALSE(back[0].expired(1'999'999));
    EXPECT_TRUE(back[0].expired(2'000'000));
    EXPECT_FALSE(back[1].expired(9'000'000'000'000'000));
}

TEST(ApiKey, LinesThatAreWrong) {
    const std::string good = "a sha256=" + hex + " scopes=read created=2026-01-01T00:00:00Z";
    EXPECT_EQ(trouble_of(good), "0");
    EXPECT_EQ(trouble_of("\n\n a/b" + good.substr(1)), "3:2: the name does not fit");
    EXPECT_EQ(trouble_of("a sha256=12 scopes=read created=2026-01-01"),
              "1:10: sha256 does not fit");
    EXPECT_EQ(trouble_of(good + " scope=read"), "1:116: unknown word");
    EXPECT_EQ(trouble_of(good + " secret"), "1:116: unknown word");
    EXPECT_EQ(trouble_of(good + " scopes=read"), "1:116: scopes stands here twice");
    EXPECT_EQ(trouble_of(good + " expires=tomorrow"), "1:124: is no time");
    EXPECT_EQ(trouble_of(good + " prefixes=A,,B"),
              "1:127: is no prefix of equipment ids, or one too many");
    EXPECT_EQ(trouble_of("a scopes=read,write"), "1:15: there is no such scope");
    EXPECT_EQ(trouble_of("a sha256=" + hex + " scopes=read"),
              "1:1: the line lacks sha256, scopes or created");
    EXPECT_EQ(trouble_of(good + "\nb" + good.substr(1)),
              "2:1: there is a key of this name or digest already");
}

// A key that was put there by mistake must not get into a log by a message about it.
TEST(ApiKey, TroublesRepeatNothing) {
    const std::string key = make_key().value();
    for (const std::string& text : {key, "a " + key, "a sha256=" + key, "a scopes=" + key,
                                    "a prefixes=" + key + ",,", "a created=" + key}) {
        std::vector<FileTrouble> troubles;
        parse_keys(text, troubles);
        ASSERT_EQ(troubles.size(), 1U) << text;
        EXPECT_EQ((troubles[0].wrong + troubles[0].right).find(key.substr(5)), std::string::npos);
    }
}

TEST(KeyFile, IsMadeForItsOwnerAlone) {
    const test::TempDir dir;
    const auto file = dir.path() / "keys";
    ASSERT_TRUE(add(file, "a"));
    EXPECT_EQ(mode_of(file), 0600U);
    ::chmod(file.c_str(), 0640);
    ASSERT_TRUE(add(file, "b"));
    EXPECT_EQ(mode_of(file), 0640U);
    EXPECT_EQ(keys_in(file).size(), 2U);
    EXPECT_FALSE(std::filesystem::exists(dir.path() / "keys.new"));
}

TEST(KeyFile, ThatOthersCanWriteIsRefused) {
    const test::TempDir dir;
    const auto file = dir.path() / "keys";
    ASSERT_TRUE(add(file, "a"));
    for (const unsigned mode : {0620U, 0602U, 0666U}) {
        ::chmod(file.c_str(), mode);
        std::string text;
        std::vector<FileTrouble> troubles;
        EXPECT_TRUE(read_keys(file, text, troubles).empty()) << mode;
        ASSERT_EQ(troubles.size(), 1U) << mode;
        EXPECT_NE(troubles[0].wrong.find("can write it"), std::string::npos);
        EXPECT_FALSE(add(file, "b")) << mode;
    }
    ::chmod(file.c_str(), 0600);
    EXPECT_EQ(keys_in(file).size(), 1U);
}

TEST(KeyFile, StaysAsItIsWhenTheChangeFails) {
    const test::TempDir dir;
    const auto file = dir.path() / "keys";
    ASSERT_TRUE(add(file, "a"));
    const auto failed = change_keys(file, [](std::vector<ApiKey>& keys) -> Result<void> {
        keys.clear();
        return Error{"no"};
    });
    EXPECT_FALSE(failed);
    EXPECT_EQ(keys_in(file).size(), 1U);
    std::ofstream(file, std::ios::app) << "rubbish\n";
    EXPECT_FALSE(add(file, "b"));
    EXPECT_FALSE(add(dir.path() / "missing" / "keys", "a"));
}

TEST(KeyFile, ALinkStaysALink) {
    const test::TempDir dir;
    const auto file = dir.path() / "keys";
    const auto link = dir.path() / "link";
    ASSERT_TRUE(add(file, "a"));
    std::filesystem::create_symlink("keys", link);
    ASSERT_TRUE(add(link, "b"));
    EXPECT_TRUE(std::filesystem::is_symlink(link));
    EXPECT_EQ(keys_in(file).size(), 2U);
}

TEST(KeyFile, ChangesAtTheSameTimeAreAllKept) {
    const test::TempDir dir;
    const auto file = dir.path() / "keys";
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
        threads.emplace_back([&file, i] {
            for (int j = 0; j < 10; ++j) {
                EXPECT_TRUE(add(file, std::to_string(i) + "." + std::to_string(j)));
            }
        });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(keys_in(file).size(), 40U);
}

}  // namespace
}  // namespace ingest::access
