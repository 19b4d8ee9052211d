#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "support/batches.h"
#include "support/plugin_driver.h"

namespace ingest::test {

// The database as another program sees it.
class OtherProgram {
public:
    explicit OtherProgram(const std::string& path) {
        EXPECT_EQ(sqlite3_open(path.c_str(), &handle_), SQLITE_OK);
        sqlite3_busy_timeout(handle_, 5000);
    }
    ~OtherProgram() { sqlite3_close(handle_); }
    OtherProgram(const OtherProgram&) = delete;
    OtherProgram& operator=(const OtherProgram&) = delete;

    // The rows as texts, cells joined by |, NULL for null.
    std::vector<std::string> rows(const std::string& sql) {
        std::vector<std::string> rows;
        char* error = nullptr;
        sqlite3_exec(
            handle_, sql.c_str(),
            [](void* out, int columns, char** cells, char**) {
                std::string row;
                for (int i = 0; i < columns; ++i) {
                    if (i > 0) row += '|';
                    row += cells[i] == nullptr ? "NULL" : cells[i];
                }
                static_cast<std::vector<std::string>*>(out)->push_back(row);
                return 0;
            },
            &rows, &error);
        EXPECT_EQ(error, nullptr) << error << " in " << sql;
        sqlite3_free(error);
        return rows;
    }
    std::string one(const std::string& sql) {
        const auto all = rows(sql);
        return all.size() == 1 ? all[0] : "not one row but " + std::to_string(all.size());
    }

private:
    sqlite3* handle_ = nullptr;
};

// The built plugin, with a directory that goes when the test ends.
class SqliteFixture : public testing::Test {
protected:
    SqliteFixture() {
        std::string name = (std::filesystem::temp_directory_path() / "ingest-XXXXXX").string();
        if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp failed");
        directory_ = name;
        path_ = directory_ / "readings.db";
    }
    ~SqliteFixture() override { std::filesystem::remove_all(directory_); }

    std::string options(nlohmann::json more = nlohmann::json::object()) const {
        if (!more.contains("path")) more["path"] = path_.string();
        return more.dump();
    }
    Sink sink(const nlohmann::json& more = nlohmann::json::object()) const {
        return Sink(plugin_, options(more), *schema_);
    }
    Query query(const nlohmann::json& more = nlohmann::json::object()) const {
        return Query(plugin_, options(more), *schema_);
    }
    void store(const model::Batch& batch) const {
        const Outcome written = sink().write(batch);
        ASSERT_TRUE(written.ok()) << written.message;
    }
    std::string count() const {
        return OtherProgram(path_).one("SELECT count(*) FROM sensor_data");
    }

    const std::unique_ptr<model::Schema> schema_ = sensor_schema();
    const Plugin plugin_{"sqlite-sink"};
    std::filesystem::path directory_;
    std::filesystem::path path_;
};

}  // namespace ingest::test
