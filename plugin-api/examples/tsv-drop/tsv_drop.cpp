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
            std::ofstream file(path + ".part");
            if (!(file << table(batch) << std::flush)) throw failure("write to " + path);
            sync(path + ".part");
            if (std::rename((path + ".part").c_str(), path.c_str()) != 0)
                throw failure("rename to " + path);
        }
        sync(directory_);
        state_ = INGEST_HEALTH_CONNECTED;
    }

    Health health() const noexcept { return {state_}; }

private:
    static std::string table(Batch batch) {
        std::string text;
        for (int64_t row = 0; row < batch.rows(); ++row) {
            for (int32_t column = 0; column < batch.columns(); ++column) {
                const auto cell = static_cast<std::ptrdiff_t>(text.size());
                append_text(text, batch.value(column, row));
                std::replace(text.begin() + cell, text.end(), '\t', ' ');
                std::replace(text.begin() + cell, text.end(), '\n', ' ');
                text += column + 1 < batch.columns() ? '\t' : '\n';
            }
        }
        return text;
    }

    static void sync(const std::string& path) {
        const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
        if (file < 0 || ::fsync(file) != 0) {
            const Error error = failure("sync " + path);
            if (file >= 0) ::close(file);
            throw error;
        }
        ::close(file);
    }

    static Error failure(const std::string& what) {
        return retry("cannot " + what + ": " + std::generic_category().message(errno));
    }

    std::string directory_;
    std::atomic<int32_t> state_{INGEST_HEALTH_UNKNOWN};
};

INGEST_SINK(TsvDrop, "tsv-drop", "1.0.0", "Drops a file of tab-separated readings per write.",
            R"({"kind": "sink", "reads": ["*"],
                "options": [{"name": "directory", "type": "string", "required": true,
                             "description": "where; it must exist, and begins with /"}]})");
