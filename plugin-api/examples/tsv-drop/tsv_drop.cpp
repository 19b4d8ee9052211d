#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <fstream>
#include <system_error>

#include <ingest/sdk/sink.hpp>
#include <ingest/sdk/text.hpp>

using namespace ingest::sdk;

class TsvDrop {
public:
    TsvDrop(Host, const Options& options, Schema)
        : directory_(options.need<std::string>("/directory")) {
        if (!directory_.starts_with('/')) throw options.wrong("/directory", "must begin with /");
    }

    void write(std::span<const Batch> batches) {
        state_ = INGEST_HEALTH_DISCONNECTED;
        for (const Batch& batch : batches) {
            // The same rows make a file of the same name: a write that comes again replaces it.
            const auto path = directory_ + "/" + std::to_string(batch.sequence()) + ".tsv";
            const auto part = path + ".part";
            must(bool(std::ofstream(part) << table(batch) << std::flush), "write to " + part);
            sync(part);
            must(std::rename(part.c_str(), path.c_str()) == 0, "rename to " + path);
        }
        sync(directory_);
        state_ = INGEST_HEALTH_CONNECTED;
    }

    Health health() const noexcept { return {state_}; }

private:
    static std::string table(Batch batch) {
        std::string text;
        for (int64_t row = 0; row < batch.rows(); ++row)
            for (int32_t column = 0; column < batch.columns(); ++column) {
                const auto cell = static_cast<std::ptrdiff_t>(text.size());
                append_text(text, batch.value(column, row));
                std::replace(text.begin() + cell, text.end(), '\t', ' ');
                std::replace(text.begin() + cell, text.end(), '\n', ' ');
                text += column + 1 < batch.columns() ? '\t' : '\n';
            }
        return text;
    }

    static void sync(const std::string& path) {
        const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
        const bool synced = file >= 0 && ::fsync(file) == 0;
        if (file >= 0) ::close(file);  // which leaves errno alone
        must(synced, "sync " + path);
    }

    static void must(bool done, const std::string& what) {
        if (!done) throw retry("cannot " + what + ": " + std::generic_category().message(errno));
    }

    std::string directory_;
    std::atomic<int32_t> state_{INGEST_HEALTH_UNKNOWN};
};

INGEST_SINK(TsvDrop, "tsv-drop", "1.0.0", "Drops a file of tab-separated readings per write.",
            R"({"kind": "sink", "reads": ["*"],
                "options": [{"name": "directory", "type": "string", "required": true,
                             "description": "where; it must exist, and begins with /"}]})");
