// The golden validator in C++, with what C++ plugins bring along: exceptions, containers, and the
// standard library in the version of its compiler. What it does is in README.md.
#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "ingest/plugin.h"
#include "manifest.h"

namespace {

struct Failure : std::runtime_error {
    Failure(int32_t with, const std::string& message) : std::runtime_error(message), code(with) {}
    int32_t code;
};

ingest_str text_of(std::string_view text) { return {text.data(), text.size()}; }

std::string number(double value) {
    std::array<char, 32> text{};
    return {text.data(), std::to_chars(text.data(), text.data() + text.size(), value).ptr};
}

class Options {
public:
    Options(const ingest_host& host, ingest_str json)
        : host_(host),
          json_(json),
          table_(static_cast<const ingest_options*>(
              host.get_service(host.ctx, text_of(INGEST_OPTIONS_ID)))) {
        if (table_ == nullptr || host.now_ns(host.ctx) <= 0) {
            throw Failure(INGEST_FATAL, "this host has no options or no clock");
        }
    }

    std::optional<double> real(const std::string& pointer) const {
        double value = 0;
        return there(table_->get_f64(host_.ctx, json_, text_of(pointer), &value), pointer)
                   ? std::optional(value) : std::nullopt;
    }
    int64_t integer(const std::string& pointer) const {
        int64_t value = 0;
        there(table_->get_i64(host_.ctx, json_, text_of(pointer), &value), pointer);
        return value;
    }
    bool boolean(const std::string& pointer) const {
        int32_t value = 0;
        there(table_->get_bool(host_.ctx, json_, text_of(pointer), &value), pointer);
        return value != 0;
    }
    std::string text(const std::string& pointer) const {
        return whole(pointer, [&](char* buffer, uint64_t room, uint64_t* size) {
            return table_->get_utf8(host_.ctx, json_, text_of(pointer), buffer, room, size);
        });
    }
    uint64_t size(const std::string& pointer) const {
        uint64_t size = 0;
        there(table_->get_size(host_.ctx, json_, text_of(pointer), &size), pointer);
        return size;
    }
    std::string name(const std::string& pointer, uint64_t index) const {
        return whole(pointer, [&](char* buffer, uint64_t room, uint64_t* size) {
            return table_->get_name(host_.ctx, json_, text_of(pointer), index, buffer, room, size);
        });
    }

private:
    static bool there(int32_t code, const std::string& pointer) {
        if (code == INGEST_OK) return true;
        if (code == INGEST_UNSUPPORTED) return false;
        throw Failure(INGEST_CONFIG, pointer + ": is of another type");
    }
    // Asks for the size first, then for all of it.
    template <class Read>
    static std::string whole(const std::string& pointer, Read read) {
        uint64_t size = 0;
        if (!there(read(nullptr, 0, &size), pointer)) return {};
        std::string text(size, '\0');
        there(read(text.data(), text.size(), &size), pointer);
        return text;
    }
    const ingest_host& host_;
    const ingest_str json_;
    const ingest_options* table_;
};

struct Limit {
    double min = -std::numeric_limits<double>::infinity();
    double max = std::numeric_limits<double>::infinity();
};

class Cells {
public:
    explicit Cells(const ArrowArray* array) : array_(*array) {}
    bool has(int64_t row) const { return bit(0, row); }
    bool boolean(int64_t row) const { return bit(1, row); }
    template <class T>
    T at(int64_t row) const {
        return static_cast<const T*>(array_.buffers[1])[row];
    }
    std::string_view text(int64_t row) const {
        const int32_t begin = at<int32_t>(row);
        return {static_cast<const char*>(array_.buffers[2]) + begin,
                static_cast<size_t>(at<int32_t>(row + 1) - begin)};
    }

private:
    bool bit(int buffer, int64_t row) const {
        return (static_cast<const uint8_t*>(array_.buffers[buffer])[row / 8] >> (row % 8) & 1) != 0;
    }
    const ArrowArray& array_;
};

class Validator {
public:
    Validator(const ingest_host& host, ingest_str json, const ArrowSchema& schema)
        : schema_(schema) {
        const Options options(host, json);
        for (uint64_t i = 0; i < options.size("/limits"); ++i) {
            const std::string name = options.name("/limits", i);
            const std::string pointer = "/limits/" + name;
            Limit& limit = limits_[need(pointer, name, "g", "numbers")];
            limit.min = options.real(pointer + "/min").value_or(limit.min);
            limit.max = options.real(pointer + "/max").value_or(limit.max);
            if (limit.min > limit.max) throw Failure(INGEST_CONFIG, pointer + ": min is above max");
        }
        strip_ = options.text("/strip");
        fails_on_ = options.text("/fails_on");
        bug_on_ = options.text("/bug_on");
        null_below_zero_ = column(options, "/null_below_zero", "g", "numbers");
        counter_ = column(options, "/counter", "l", "integers");
        idle_unless_ = column(options, "/idle_unless", "b", "booleans");
        next_ = options.integer("/start");
        if (options.boolean("/floor")) temperature_ = find("temperature", "g");
        for (uint64_t i = 0; i < options.size("/lines"); ++i) {
            const std::string line = options.text("/lines/" + std::to_string(i));
            host.log(host.ctx, INGEST_LOG_INFO, text_of(line));
        }
    }

    void validate(const ingest_batch& batch, const ingest_report& report) {
        int64_t next = next_;
        for (int64_t row = 0; row < batch.data->length; ++row) {
            const bool refused = batch.refused != nullptr &&
                                 (batch.refused[row / 8] >> (row % 8) & 1) != 0;
            if (refused) continue;
            const std::string_view id = cells(batch, INGEST_COLUMN_EQUIPMENT_ID).text(row);
            if (!fails_on_.empty() && id == fails_on_) throw Failure(INGEST_FATAL, "told to fail");
            if (!bug_on_.empty() && id == bug_on_) throw std::logic_error("a bug");
            check(batch, row, report);
            change(batch, row, report);
            if (counter_ >= 0) done(report.set_i64(report.ctx, row, counter_, next++));
        }
        if ((batch.flags & INGEST_BATCH_TRIAL) == 0) next_ = next;
    }

private:
    int32_t find(std::string_view name, std::string_view format) const {
        for (int32_t i = 0; i < schema_.n_children; ++i) {
            const ArrowSchema& child = *schema_.children[i];
            if (child.name == name && child.format == format) return i;
        }
        return -1;
    }
    int32_t need(const std::string& pointer, const std::string& name, std::string_view format,
                 const std::string& kind) const {
        const int32_t found = find(name, format);
        if (found >= 0) return found;
        throw Failure(INGEST_CONFIG,
                      pointer + ": there is no column of " + kind + " '" + name + "'");
    }
    int32_t column(const Options& options, const std::string& pointer, std::string_view format,
                   const std::string& kind) const {
        const std::string name = options.text(pointer);
        return name.empty() ? -1 : need(pointer, name, format, kind);
    }

    static Cells cells(const ingest_batch& batch, int32_t column) {
        return Cells(batch.data->children[column]);
    }
    static void done(int32_t code) {
        if (code != INGEST_OK) throw Failure(INGEST_INTERNAL, "the report refused a call");
    }
    static void issue(const ingest_report& report, int64_t row, int32_t column, int32_t severity,
                      std::string_view code, const std::string& message) {
        done(report.issue(report.ctx, row, column, severity, text_of(code), text_of(message)));
    }

    void check(const ingest_batch& batch, int64_t row, const ingest_report& report) const {
        for (const auto& [column, limit] : limits_) {
            const Cells numbers = cells(batch, column);
            const double value = numbers.at<double>(row);
            if (!numbers.has(row) || (value >= limit.min && value <= limit.max)) continue;
            const bool above = value > limit.max;
            issue(report, row, column, INGEST_REJECT_ROW, "out_of_limits",
                  above ? "is above " + number(limit.max) : "is below " + number(limit.min));
        }
        const int64_t late = cells(batch, INGEST_COLUMN_TIMESTAMP).at<int64_t>(row) -
                             cells(batch, INGEST_COLUMN_RECEIVED_AT).at<int64_t>(row);
        if (late > 0) {
            issue(report, row, INGEST_COLUMN_TIMESTAMP, INGEST_WARN, "early",
                  "is " + std::to_string(late) + " us after its arrival");
        }
        if (idle_unless_ < 0) return;
        const Cells runs = cells(batch, idle_unless_);
        if (!runs.has(row) || runs.boolean(row)) return;
        using Id = std::array<uint8_t, 16>;
        const Id id = cells(batch, INGEST_COLUMN_READING_ID).at<Id>(row);
        std::string message = "reading ";
        for (size_t i = 12; i < id.size(); ++i) {
            message += "0123456789abcdef"[id[i] >> 4];
            message += "0123456789abcdef"[id[i] & 15];
        }
        issue(report, row, -1, INGEST_WARN, "idle", message + " is of an idle machine");
    }

    void change(const ingest_batch& batch, int64_t row, const ingest_report& report) const {
        const std::string_view id = cells(batch, INGEST_COLUMN_EQUIPMENT_ID).text(row);
        if (!strip_.empty() && id.size() > strip_.size() && id.starts_with(strip_)) {
            done(report.set_utf8(report.ctx, row, INGEST_COLUMN_EQUIPMENT_ID,
                                 text_of(id.substr(strip_.size()))));
        }
        if (temperature_ >= 0 && cells(batch, temperature_).has(row)) {
            done(report.set_f64(report.ctx, row, temperature_,
                                std::floor(cells(batch, temperature_).at<double>(row))));
        }
        if (null_below_zero_ >= 0 && cells(batch, null_below_zero_).has(row) &&
            cells(batch, null_below_zero_).at<double>(row) < 0) {
            done(report.set_null(report.ctx, row, null_below_zero_));
        }
    }

    const ArrowSchema& schema_;
    std::map<int32_t, Limit> limits_;
    std::string strip_, fails_on_, bug_on_;
    int32_t temperature_ = -1, null_below_zero_ = -1, counter_ = -1, idle_unless_ = -1;
    int64_t next_ = 0;
};

// Runs `call` and turns what it throws into a code.
template <class Call>
int32_t guarded(ingest_error* error, Call call) noexcept {
    int32_t code = INGEST_OK;
    std::string message;
    try {
        call();
    } catch (const Failure& failure) {
        code = failure.code;
        message = failure.what();
    } catch (const std::exception& failure) {
        code = INGEST_INTERNAL;
        message = failure.what();
    }
    if (code == INGEST_OK) return code;
    error->code = code;
    message.resize(std::min(message.size(), sizeof error->message - 1));
    std::memcpy(error->message, message.c_str(), message.size() + 1);
    return code;
}

int32_t create(const ingest_host* host, ingest_str json, const ArrowSchema* schema, void** self,
               ingest_error* error) {
    return guarded(error, [&] {
        *self = std::make_unique<Validator>(*host, json, *schema).release();
    });
}

int32_t validate(void* self, const ingest_batch* batch, ingest_report* report,
                 ingest_error* error) {
    return guarded(error, [&] { static_cast<Validator*>(self)->validate(*batch, *report); });
}

void destroy(void* self) { delete static_cast<Validator*>(self); }

const void* get_interface(ingest_str id) {
    static const ingest_validator table{sizeof table, 0, create, validate, destroy};
    return std::string_view(id.data, id.size) == INGEST_VALIDATOR_ID ? &table : nullptr;
}

}  // namespace

extern "C" __attribute__((visibility("default"))) const ingest_plugin* ingest_plugin_entry_v1(
    const ingest_host*) {
    static const ingest_plugin plugin{sizeof plugin,
                                      INGEST_ABI_MINOR,
                                      0,
                                      0,
                                      text_of(NAME),
                                      text_of("1.0.0"),
                                      text_of("Golden validator in C++"),
                                      text_of(GOLDEN_MANIFEST),
                                      get_interface};
    return &plugin;
}
