#include "postgres-sink/options.h"

#include <gtest/gtest.h>

#include <ingest/sdk/sink.hpp>

namespace ingest::postgres_sink {
namespace {

Options with_url(const std::string& url) { return parse_options(R"({"url":")" + url + R"("})"); }

// The message that the options are refused with.
std::string refusal(const std::string& json) {
    try {
        parse_options(json);
    } catch (const sdk::Error& error) {
        EXPECT_EQ(error.code(), INGEST_CONFIG);
        return error.what();
    }
    return "taken";
}

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

TEST(PostgresOptions, HaveDefaults) {
    const Options options = with_url("postgresql://u@h/d");
    EXPECT_EQ(options.table, "\"sensor_data\"");
    EXPECT_TRUE(options.create_table);
    EXPECT_EQ(options.connect_timeout.count(), 5);
    EXPECT_EQ(options.statement_timeout.count(), 30);
    EXPECT_TRUE(has(options.conninfo, "application_name='ingest-host'"));
    EXPECT_TRUE(has(options.conninfo, "tcp_user_timeout='30000'"));
    EXPECT_TRUE(has(options.conninfo, "client_encoding='UTF8'"));
    EXPECT_FALSE(has(options.conninfo, "target_session_attrs"));
}

TEST(PostgresOptions, TakeEverySchemeOfTheUrl) {
    for (const char* scheme : {"postgresql", "postgres", "postgresql+asyncpg", "postgres+psycopg2",
                               "postgresql+psycopg2"}) {
        const Options options = with_url(std::string(scheme) + "://user:p%40ss'\\\\@db:5433/data");
        EXPECT_TRUE(has(options.conninfo, "user='user' password='p@ss\\'\\\\' ")) << scheme;
        EXPECT_TRUE(has(options.conninfo, "host='db'")) << scheme;
        EXPECT_TRUE(has(options.conninfo, "port='5433'")) << scheme;
        EXPECT_TRUE(has(options.conninfo, "dbname='data'")) << scheme;
    }
}

TEST(PostgresOptions, SeveralHostsMeanTheOneThatMayBeWritten) {
    const Options options = with_url("postgresql://u@a:1,b:2/d");
    EXPECT_TRUE(has(options.conninfo, "host='a,b'"));
    EXPECT_TRUE(has(options.conninfo, "target_session_attrs='read-write'"));
    const std::string own = with_url("postgresql://u@a,b/d?target_session_attrs=any").conninfo;
    EXPECT_GT(own.find("target_session_attrs='any'"),
              own.find("target_session_attrs='read-write'"));
}

TEST(PostgresOptions, QuoteTheTable) {
    const auto table = [](const std::string& name) {
        return parse_options(R"({"url":"postgresql://h/d","table":")" + name + R"("})").table;
    };
    EXPECT_EQ(table("Plant_1.readings"), "\"Plant_1\".\"readings\"");
    for (const std::string& bad :
         {std::string(""), std::string("1a"), std::string("a.b.c"), std::string("a b"),
          std::string("a."), std::string(".a"), std::string(64, 'x'), std::string("a;drop")}) {
        EXPECT_THROW(table(bad), sdk::Error) << bad;
    }
}

TEST(PostgresOptions, NameTheOptionThatIsWrong) {
    const auto names = [](const std::string& json, const std::string& option) {
        const std::string message = refusal(json);
        EXPECT_EQ(message.rfind("/" + option + ": ", 0), 0U) << json << ": " << message;
    };
    const auto wrong = [&](const std::string& option, const std::string& value) {
        names(R"({"url":"postgresql://h/d",")" + option + "\":" + value + "}", option);
    };
    names("{}", "url");
    names(R"({"url":1})", "url");
    wrong("create_table", "\"yes\"");
    wrong("connect_timeout_s", "1");
    wrong("statement_timeout_s", "1.5");
    wrong("statement_timeout_s", "-1");
    wrong("statement_timeout_s", "18446744073709551615");
    wrong("table", "\"x y\"");
    wrong("table", "\"x\\u0000\"");
    EXPECT_NE(refusal("[]"), "taken");
    EXPECT_NE(refusal("not json"), "taken");
}

TEST(PostgresOptions, NeverShowThePassword) {
    for (const char* url : {"mysql://u:s3cr3t@h/d", "postgresql:/u:s3cr3t@h/d", "s3cr3t",
                            "postgresql://u:s3cr3t%zz@h/d", "postgresql://u:s3cr3t@h/d?ssl=s3cr3t",
                            "postgresql://u:s3cr3t@h/d?password", "postgresql+://u@[s3cr3t/d"}) {
        const std::string message = refusal(std::string(R"({"url":")") + url + R"("})");
        EXPECT_EQ(message.rfind("/url: ", 0), 0U) << url << " " << message;
        EXPECT_FALSE(has(message, "s3cr3t")) << message;
    }
}

}  // namespace
}  // namespace ingest::postgres_sink
