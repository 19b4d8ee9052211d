#include "postgres-sink/failure.h"

#include <pqxx/pqxx>

#include "postgres-sink/sqlstate.h"

namespace ingest::postgres_sink {
namespace {

// One line, without the severity ("ERROR:  "), which says nothing to a person.
std::string cleaned(std::string_view message) {
    if (const std::size_t severity = message.find(":  ");
        severity != std::string_view::npos && message.substr(0, severity).find(' ') ==
                                                  std::string_view::npos) {
        message.remove_prefix(severity + 3);
    }
    std::string text;
    for (const char c : message) {
        if (c != '\n' && c != '\t') {
            text += c;
        } else if (!text.empty() && text.back() != ' ') {
            text += ' ';
        }
    }
    while (!text.empty() && text.back() == ' ') text.pop_back();
    return text;
}

sdk::Error failure_of(const pqxx::sql_error& error, const std::string& sqlstate) {
    std::string message = cleaned(error.what());
    if (!sqlstate.empty()) message = sqlstate + ": " + message;
    switch (verdict_of(sqlstate)) {
        case Verdict::reject: return sdk::reject(message);
        case Verdict::fatal: return sdk::fatal(message);
        case Verdict::retry: break;
    }
    return sdk::retry(message);
}

}  // namespace

sdk::Error failure_in_flight(bool timed_out) {
    if (timed_out) return sdk::retry("the server did not answer in time; the connection was cut");
    try {
        throw;
    } catch (const sdk::Error& error) {
        return error;
    } catch (const pqxx::insufficient_privilege& error) {
        return failure_of(error, "42501");  // libpqxx 6.4 leaves it out for this type alone
    } catch (const pqxx::sql_error& error) {
        return failure_of(error, error.sqlstate());
    } catch (const std::bad_alloc&) {
        return sdk::retry("out of memory");
    } catch (const std::exception& error) {
        // A connection that broke, a commit in doubt, a deadlock: libpqxx has a type for each.
        return sdk::retry(cleaned(error.what()));
    }
}

}  // namespace ingest::postgres_sink
