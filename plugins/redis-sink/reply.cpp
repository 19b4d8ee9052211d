#include "reply.h"

#include <algorithm>
#include <cctype>

#include <ingest/plugin/status.h>

namespace ingest::redis_sink {

namespace {

struct Entry {
    std::string_view begin;  // of the error's text, at a word's end; compared without case
    Verdict verdict;
};

constexpr std::string_view bad_credentials =
    "the server refuses the credentials: correct user and password in the url";
constexpr std::string_view no_permission =
    "the user lacks a permission: it needs +ping, +select, +llen, +lpush and the queue's key";
constexpr std::string_view unwanted_credentials =
    "the server has no such password set: correct user and password in the url";
constexpr std::string_view cluster =
    "the server is part of a cluster, which this sink does not follow: use a single primary";
constexpr std::string_view no_command = "the server does not know the command";

// The texts are those of Redis 3 to 7. An entry stands before any shorter beginning of it.
constexpr Entry table[] = {
    {"LOADING", {INGEST_RETRY, "the server is loading its data"}},
    {"READONLY", {INGEST_RETRY, "the server is a read-only replica"}},
    {"OOM", {INGEST_RETRY, "the server is out of memory"}},
    {"MASTERDOWN", {INGEST_RETRY, "the server has lost its primary"}},
    {"CLUSTERDOWN", {INGEST_RETRY, "the cluster is down"}},
    {"TRYAGAIN", {INGEST_RETRY, "the cluster is moving the queue"}},
    {"MISCONF", {INGEST_RETRY, "the server cannot save to its disk and refuses writes"}},
    {"BUSY", {INGEST_RETRY, "the server is busy with a script"}},
    {"NOREPLICAS", {INGEST_RETRY, "the server has too few replicas"}},
    {"EXECABORT", {INGEST_RETRY, "the server gave the transaction up"}},
    {"ERR max number of clients", {INGEST_RETRY, "the server has too many clients"}},
    {"NOAUTH", {INGEST_FATAL, "the server wants a password: put it into the url"}},
    {"WRONGPASS", {INGEST_FATAL, bad_credentials}},
    {"ERR invalid password", {INGEST_FATAL, bad_credentials}},
    {"ERR AUTH", {INGEST_FATAL, unwanted_credentials}},
    {"ERR Client sent AUTH", {INGEST_FATAL, unwanted_credentials}},
    {"ERR wrong number of arguments for 'auth'",
     {INGEST_FATAL, "the server is older than Redis 6 and has no users: leave the user out"}},
    {"NOPERM", {INGEST_FATAL, no_permission}},
    {"DENIED", {INGEST_FATAL, "the server is in protected mode and refuses this host"}},
    {"WRONGTYPE",
     {INGEST_FATAL,
      "the queue's key holds something that is no list: rename or delete it, or "
      "set another queue"}},
    {"ERR DB index is out of range",
     {INGEST_FATAL, "the server has no database of that number: correct it in the url"}},
    {"ERR invalid DB index",
     {INGEST_FATAL, "the server has no database of that number: correct it in the url"}},
    {"ERR SELECT is not allowed in cluster mode", {INGEST_FATAL, cluster}},
    {"MOVED", {INGEST_FATAL, cluster}},
    {"ASK", {INGEST_FATAL, cluster}},
    {"ERR unknown command", {INGEST_FATAL, no_command}},
};

constexpr Verdict unknown{INGEST_RETRY, "the server refused the command"};

char lower(char c) { return static_cast<char>(std::tolower(static_cast<unsigned char>(c))); }

bool begins_with(std::string_view text, std::string_view words) {
    if (text.size() < words.size()) return false;
    if (text.size() > words.size() && std::isalnum(static_cast<unsigned char>(text[words.size()])))
        return false;
    return std::equal(words.begin(), words.end(), text.begin(),
                      [](char a, char b) { return lower(a) == lower(b); });
}

}  // namespace

const Verdict& judge(std::string_view error) noexcept {
    const auto* found = std::find_if(std::begin(table), std::end(table), [&](const Entry& entry) {
        return begins_with(error, entry.begin);
    });
    return found == std::end(table) ? unknown : found->verdict;
}

std::string_view code_word(std::string_view error) noexcept {
    const size_t end =
        std::find_if_not(error.begin(), error.end(),
                         [](char c) { return std::isupper(static_cast<unsigned char>(c)) != 0; }) -
        error.begin();
    return error.substr(0, std::min<size_t>(end, 32));
}

}  // namespace ingest::redis_sink
