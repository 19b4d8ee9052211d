#include "database.h"

#include <new>

namespace ingest::sqlite_sink {

Statement::Statement(const Database& database, const std::string& sql) : database_(&database) {
    sqlite3_stmt* statement = nullptr;
    const int result = sqlite3_prepare_v3(database.get(), sql.data(), static_cast<int>(sql.size()),
                                          SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
    statement_.reset(statement);
    done(result);
}

void Statement::done(int result) const {
    if (result != SQLITE_OK) database_->fail(result);
}

void Statement::bind(int parameter, std::string_view text) {
    // A null pointer would bind NULL.
    const char* const data = text.data() == nullptr ? "" : text.data();
    done(sqlite3_bind_text64(statement_.get(), parameter, data, text.size(), SQLITE_STATIC,
                             SQLITE_UTF8));
}
void Statement::bind_copy(int parameter, std::string_view text) {
    done(sqlite3_bind_text64(statement_.get(), parameter, text.data(), text.size(),
                             SQLITE_TRANSIENT, SQLITE_UTF8));
}
void Statement::bind(int parameter, double value) {
    done(sqlite3_bind_double(statement_.get(), parameter, value));
}
void Statement::bind(int parameter, int64_t value) {
    done(sqlite3_bind_int64(statement_.get(), parameter, value));
}
void Statement::bind_null(int parameter) { done(sqlite3_bind_null(statement_.get(), parameter)); }

bool Statement::step() {
    const int result = sqlite3_step(statement_.get());
    if (result == SQLITE_ROW) return true;
    if (result != SQLITE_DONE) database_->fail(result);
    return false;
}

void Statement::reset() noexcept { sqlite3_reset(statement_.get()); }

bool Statement::is_null(int column) const noexcept {
    return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL;
}
std::string_view Statement::text(int column) const noexcept {
    const auto* data = sqlite3_column_text(statement_.get(), column);
    if (data == nullptr) return {};
    return {reinterpret_cast<const char*>(data),
            static_cast<size_t>(sqlite3_column_bytes(statement_.get(), column))};
}
double Statement::f64(int column) const noexcept {
    return sqlite3_column_double(statement_.get(), column);
}
int64_t Statement::i64(int column) const noexcept {
    return sqlite3_column_int64(statement_.get(), column);
}

Database::Database(const std::string& path, Mode mode) : path_(path) {
    sqlite3* handle = nullptr;
    const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE |
                      (mode == Mode::create ? SQLITE_OPEN_CREATE : 0);
    const int result = sqlite3_open_v2(path.c_str(), &handle, flags, nullptr);
    handle_.reset(handle);
    if (handle == nullptr) throw std::bad_alloc();
    if (result != SQLITE_OK) fail(result);
    // A name in double quotes that is no column is an error, not a text.
    sqlite3_db_config(handle, SQLITE_DBCONFIG_DQS_DML, 0, nullptr);
}

void Database::run(const char* sql) {
    const int result = sqlite3_exec(handle_.get(), sql, nullptr, nullptr, nullptr);
    if (result != SQLITE_OK) fail(result);
}

std::string Database::ask(const std::string& sql) {
    Statement statement(*this, sql);
    return statement.step() ? std::string(statement.text(0)) : std::string();
}

bool Database::roll_back() noexcept {
    if (sqlite3_get_autocommit(handle_.get()) != 0) return true;
    return sqlite3_exec(handle_.get(), "ROLLBACK", nullptr, nullptr, nullptr) == SQLITE_OK;
}

void Database::set_busy_timeout(std::chrono::milliseconds timeout) noexcept {
    sqlite3_busy_timeout(handle_.get(), static_cast<int>(timeout.count()));
}

bool Database::moved() const noexcept {
    int answer = 0;
    sqlite3_file_control(handle_.get(), "main", SQLITE_FCNTL_HAS_MOVED, &answer);
    return answer != 0;
}

void Database::fail(int result) const {
    const Verdict& verdict = judge(result, sqlite3_system_errno(handle_.get()));
    throw Failure(verdict, path_ + ": " + std::string(verdict.text) + " (" +
                               sqlite3_errmsg(handle_.get()) + ")");
}

std::string quoted(std::string_view name) {
    std::string out = "\"";
    for (const char c : name) {
        if (c == '"') out += '"';
        out += c;
    }
    return out + '"';
}

}  // namespace ingest::sqlite_sink
