#pragma once

#include <unistd.h>

#include <cstdlib>
#include <memory>
#include <string>

#include <gtest/gtest.h>
#include <pqxx/pqxx>

#include "base/time_text.h"
#include "support/batches.h"
#include "support/plugin_driver.h"

namespace ingest::test {

inline const Plugin& postgres_plugin() {
    static const Plugin plugin("postgres-sink");
    return plugin;
}

// A database of its own for each test, on the server that INGEST_TEST_DATABASE_URL names; without
// it the tests are skipped. The URL that the plugin gets holds a password, to see whether it leaks.
class PostgresTest : public testing::Test {
protected:
    static constexpr const char* secret = "s3cr3t-in-the-url";

    void SetUp() override {
        const char* url = std::getenv("INGEST_TEST_DATABASE_URL");
        if (url == nullptr) {
            GTEST_SKIP() << "INGEST_TEST_DATABASE_URL is not set: no PostgreSQL to test with";
        }
        server_url_ = url;
        static int number = 0;
        database_ = "ingest_test_" + std::to_string(getpid()) + "_" + std::to_string(++number);
        admin("CREATE DATABASE " + database_);
        database_made_ = true;
        connection_ = std::make_unique<pqxx::connection>(url_of(database_));
    }
    void TearDown() override {
        connection_.reset();
        if (database_made_) admin("DROP DATABASE " + database_ + " WITH (FORCE)");
    }

    void admin(const std::string& statement) {
        pqxx::connection server(server_url_);
        pqxx::nontransaction(server).exec(statement);
    }
    // In the test's database.
    pqxx::result sql(const std::string& statement) {
        pqxx::nontransaction transaction(*connection_);
        return transaction.exec(statement);
    }
    std::string sql_value(const std::string& statement) {
        return sql(statement).at(0).at(0).as<std::string>("null");
    }

    std::string url_of(const std::string& database) const {
        return server_url_.substr(0, server_url_.rfind('/') + 1) + database;
    }
    // With a password, and through another port where one is given.
    std::string plugin_url(std::uint16_t port = 0) const {
        std::string url = url_of(database_);
        const std::size_t at = url.find('@');
        if (port != 0) {
            const std::size_t colon = url.find(':', at);
            const std::size_t slash = url.find('/', colon);
            url.replace(colon + 1, slash - colon - 1, std::to_string(port));
        }
        return url.insert(at, std::string(":") + secret);
    }
    std::uint16_t server_port() const {
        return static_cast<std::uint16_t>(
            std::stoi(server_url_.substr(server_url_.rfind(':') + 1)));
    }
    // `more`: further members of the options, each beginning with a comma.
    std::string options(const std::string& more = "", std::uint16_t port = 0) const {
        return R"({"url":")" + plugin_url(port) + "\"" + more + "}";
    }

    std::int64_t rows(const std::string& table = "sensor_data") {
        return std::stoll(sql_value("SELECT count(*) FROM " + table));
    }
    // Ends every connection of the plugin, and waits until they are gone.
    void kill_backends() {
        const std::string theirs = " FROM pg_stat_activity WHERE application_name = 'ingest-host'"
                                   " AND datname = current_database()";
        sql("SELECT pg_terminate_backend(pid)" + theirs);
        const std::int64_t until = monotonic_ns() + 10'000'000'000;
        while (sql_value("SELECT count(*)" + theirs) != "0") {
            ASSERT_LT(monotonic_ns(), until) << "the connections did not end";
        }
    }

    const std::unique_ptr<model::Schema> schema_ = sensor_schema();

private:
    std::string server_url_;
    std::string database_;
    bool database_made_ = false;
    std::unique_ptr<pqxx::connection> connection_;
};

// The outcome's code, and no secret in its message.
inline void expect_code(const Outcome& outcome, std::int32_t code, const std::string& part = "") {
    EXPECT_EQ(outcome.code, code) << outcome.message;
    EXPECT_NE(outcome.message.find(part), std::string::npos) << outcome.message;
    EXPECT_EQ(outcome.message.find("s3cr3t"), std::string::npos) << outcome.message;
    EXPECT_EQ(outcome.message.find("postgresql://"), std::string::npos) << outcome.message;
}

}  // namespace ingest::test
