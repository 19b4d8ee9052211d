#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

#include <sqlite3.h>

#include "verdict.h"

namespace ingest::sqlite_sink {

// Why a call got nowhere.
class Failure : public std::runtime_error {
public:
    // "cannot write to /x.db: the disk is full (database or disk is full)"
    Failure(const Verdict& verdict, const std::string& message)
        : std::runtime_error(message), verdict_(&verdict) {}
    const Verdict& verdict() const noexcept { return *verdict_; }  // static

private:
    const Verdict* verdict_;
};

class Database;

// A prepared statement. Its connection must outlive it. Throws Failure.
class Statement {
public:
    Statement(const Database& database, const std::string& sql);

    // Parameters from 1. Texts are borrowed until reset(), but for bind_copy.
    void bind(int parameter, std::string_view text);
    void bind_copy(int parameter, std::string_view text);
    void bind(int parameter, double value);
    void bind(int parameter, int64_t value);
    void bind_null(int parameter);

    // True: there is a row.
    bool step();
    void reset() noexcept;

    // The row's cells, columns from 0. Texts are valid until the next step() or reset().
    bool is_null(int column) const noexcept;
    std::string_view text(int column) const noexcept;
    double f64(int column) const noexcept;
    int64_t i64(int column) const noexcept;

private:
    struct Finalized {
        void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
    };
    void done(int result) const;
    const Database* database_;
    std::unique_ptr<sqlite3_stmt, Finalized> statement_;
};

// One connection to a database file. One thread at a time. Throws Failure.
class Database {
public:
    enum class Mode { create, existing };
    Database(const std::string& path, Mode mode);

    void run(const char* sql);
    // The first row's first column.
    std::string ask(const std::string& sql);
    // Gives an open transaction up; true when none is left.
    bool roll_back() noexcept;

    // How long a lock is waited for.
    void set_busy_timeout(std::chrono::milliseconds timeout) noexcept;
    // The path names another file by now, or none.
    bool moved() const noexcept;

    sqlite3* get() const noexcept { return handle_.get(); }
    [[noreturn]] void fail(int result) const;

private:
    struct Closed {
        void operator()(sqlite3* handle) const { sqlite3_close_v2(handle); }
    };
    std::string path_;
    std::unique_ptr<sqlite3, Closed> handle_;
};

// "name", for SQL.
std::string quoted(std::string_view name);

}  // namespace ingest::sqlite_sink
