#include "push.h"

#include <charconv>

namespace ingest::redis_sink {

namespace {

// "$5\r\n"
void append_count(std::string& out, char mark, std::size_t count) {
    char text[24];
    out += mark;
    out.append(text, std::to_chars(text, text + sizeof text, count).ptr);
    out += "\r\n";
}

void append_argument(std::string& out, std::string_view argument) {
    append_count(out, '$', argument.size());
    out += argument;
    out += "\r\n";
}

}  // namespace

Push::Push(std::string_view queue) {
    append_argument(lead_, "LPUSH");
    append_argument(lead_, queue);
}

void Push::add(std::string_view message) {
    append_argument(messages_bytes_, message);
    ++messages_;
}

void Push::take(std::string& out) {
    append_count(out, '*', messages_ + 2);
    out += lead_;
    out += messages_bytes_;
    messages_bytes_.clear();
    messages_ = 0;
}

}  // namespace ingest::redis_sink
