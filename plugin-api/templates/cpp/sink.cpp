#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <charconv>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <variant>

#include <ingest/sdk/sink.hpp>

namespace {

namespace sdk = ingest::sdk;

sdk::Error failed(std::string_view what, const std::string& path) {
    const int reason = errno;
    return sdk::retry("cannot " + std::string(what) + " " + path + ": " +
                      std::generic_category().message(reason));
}

// A file that is open until this goes.
class Descriptor {
public:
    Descriptor(const std::string& path, int flags)
        : descriptor_(open(path.c_str(), flags | O_CLOEXEC, 0644)) {
        if (descriptor_ < 0) throw failed("open", path);
    }
    ~Descriptor() { close(descriptor_); }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    int get() const noexcept { return descriptor_; }

private:
    int descriptor_;
};

// A value as JSON.
struct AppendJson {
    std::string& line;

    void operator()(std::monostate) const { line += "null"; }
    void operator()(bool value) const { line += value ? "true" : "false"; }
    void operator()(int64_t value) const { line += std::to_string(value); }
    void operator()(double value) const {
        char digits[32];
        line.append(digits, std::to_chars(digits, digits + sizeof digits, value).ptr);
    }
    // Microseconds since 1970-01-01 UTC.
    void operator()(sdk::Time value) const { (*this)(int64_t{value.time_since_epoch().count()}); }
    void operator()(sdk::Uuid value) const {
        line += '"';
        for (size_t i = 0; i < value.size(); ++i) {
            if (i == 4 || i == 6 || i == 8 || i == 10) line += '-';
            append_hex(value[i]);
        }
        line += '"';
    }
    void operator()(std::string_view value) const {
        line += '"';
        for (const char c : value) {
            if (static_cast<unsigned char>(c) < 0x20) {
                line += "\\u00";
                append_hex(static_cast<uint8_t>(c));
                continue;
            }
            if (c == '"' || c == '\\') line += '\\';
            line += c;
        }
        line += '"';
    }
    void append_hex(uint8_t byte) const {
        line += "0123456789abcdef"[byte >> 4];
        line += "0123456789abcdef"[byte & 15];
    }
};

void append_line(sdk::Batch batch, int64_t row, std::string& lines) {
    for (int32_t column = 0; column < batch.columns(); ++column) {
        lines += column == 0 ? '{' : ',';
        AppendJson{lines}(batch.schema().name(column));
        lines += ':';
        std::visit(AppendJson{lines}, batch.value(column, row));
    }
    lines += "}\n";
}

// Appends each reading to a file, a line of JSON each. After a crash or a full disk a reading may
// be there twice: who reads the file knows it by its reading_id. An instance per worker; they take
// turns by a lock on the file.
class MyPluginSink {
public:
    MyPluginSink(sdk::Host, const sdk::Options& options, sdk::Schema)
        : path_(options.need<std::string>("/path")) {}

    // Without batches: only says whether the file can be opened.
    void write(std::span<const sdk::Batch> batches) try {
        std::string lines;
        for (const sdk::Batch& batch : batches) {
            for (int64_t row = 0; row < batch.rows(); ++row) append_line(batch, row, lines);
        }
        append(lines);
        state_ = INGEST_HEALTH_CONNECTED;
    } catch (...) {
        state_ = INGEST_HEALTH_DISCONNECTED;
        throw;
    }

    sdk::Health health() const noexcept { return {state_, {}}; }

private:
    // Returns when the disk has it. Opened for every write, so that the file may be moved away.
    void append(std::string_view lines) const {
        const Descriptor file(path_, O_RDWR | O_CREAT | O_APPEND);
        if (flock(file.get(), LOCK_EX) != 0) throw failed("lock", path_);
        cut_half_line(file.get());
        while (!lines.empty()) {
            const ssize_t written = ::write(file.get(), lines.data(), lines.size());
            if (written < 0) throw failed("write to", path_);
            lines.remove_prefix(static_cast<size_t>(written));
        }
        if (fsync(file.get()) != 0) throw failed("sync", path_);
        sync_directory();
    }

    // A write that was cut short may have left one. Its reading comes again.
    void cut_half_line(int file) const {
        const off_t size = lseek(file, 0, SEEK_END);
        off_t end = size;
        char last = '\0';
        while (end > 0 && pread(file, &last, 1, end - 1) == 1 && last != '\n') --end;
        if (end != size && ftruncate(file, end) != 0) throw failed("shorten", path_);
    }

    // Else a new file may be gone after a power loss.
    void sync_directory() const {
        const auto directory = std::filesystem::absolute(path_).parent_path().string();
        const Descriptor opened(directory, O_RDONLY | O_DIRECTORY);
        if (fsync(opened.get()) != 0) throw failed("sync", directory);
    }

    std::string path_;
    std::atomic<int32_t> state_ = INGEST_HEALTH_UNKNOWN;
};

}  // namespace

INGEST_SINK(MyPluginSink, "my-plugin", "0.1.0", "Appends readings to a file, as lines of JSON",
            R"json({
  "kind": "sink",
  "options": [
    { "name": "path", "type": "string", "required": true,
      "description": "the file, made when missing; its directory must be there" } ],
  "reads": ["*"]
})json");
