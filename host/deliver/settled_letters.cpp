#include "deliver/settled_letters.h"

#include <cerrno>
#include <cstring>
#include <optional>
#include <utility>
#include <vector>

#include "spool/crc32c.h"

namespace ingest::deliver {
namespace {

constexpr std::uint32_t magic = 0x53445349U;  // "ISDS"
constexpr std::uint16_t version = 1;
constexpr std::size_t record_bytes = 64;
constexpr std::size_t crc_begin = 8;
constexpr std::size_t window_records = 4096;

template <class T>
void put(std::string& record, std::size_t offset, const T& value) noexcept {
    std::memcpy(record.data() + offset, &value, sizeof value);
}

template <class T>
T get(std::span<const std::byte> record, std::size_t offset) noexcept {
    T value{};
    std::memcpy(&value, record.data() + offset, sizeof value);
    return value;
}

std::span<const std::byte> bytes_of(const std::string& text) {
    return std::as_bytes(std::span(text));
}

std::string encode(const LetterId& letter, const Settlement& settlement) {
    std::string record(record_bytes, '\0');
    put(record, 0, magic);
    put(record, 8, version);
    put(record, 10, settlement.outcome);
    put(record, 16, letter.sequence);
    put(record, 24, settlement.time_us);
    put(record, 32, letter.reading_id);
    put(record, 4, spool::crc32c(0, bytes_of(record).subspan(crc_begin)));
    return record;
}

std::optional<Settlements::value_type> decode(std::span<const std::byte> record) {
    if (get<std::uint32_t>(record, 0) != magic || get<std::uint16_t>(record, 8) != version ||
        get<std::uint32_t>(record, 4) != spool::crc32c(0, record.subspan(crc_begin))) {
        return std::nullopt;
    }
    return Settlements::value_type{
        {get<std::uint64_t>(record, 16), get<Uuid>(record, 32)},
        {static_cast<Outcome>(get<std::uint16_t>(record, 10)), get<std::int64_t>(record, 24)}};
}

}  // namespace

std::filesystem::path settled_path(const std::filesystem::path& dir, std::string_view sink) {
    return dir / (std::string(sink) + ".settled");
}

Result<Settlements> read_settlements(spool::FileSystem& files, const std::filesystem::path& path) {
    Settlements all;
    const auto file = files.open_to_read(path);
    if (!file) {
        if (file.error().number == ENOENT) return all;
        return file.error().error();
    }
    std::vector<std::byte> window(window_records * record_bytes);
    for (std::uint64_t offset = 0;; offset += window.size()) {
        const auto got = (*file)->read(offset, window);
        if (!got) return got.error().error();
        const auto whole = std::span<const std::byte>(window).first(*got);
        for (std::size_t at = 0; at + record_bytes <= whole.size(); at += record_bytes) {
            const auto record = decode(whole.subspan(at, record_bytes));
            if (record) all.insert(*record);
        }
        if (*got < window.size()) return all;
    }
}

Result<SettledLetters> SettledLetters::open(std::filesystem::path path, spool::FileSystem& files) {
    auto all = read_settlements(files, path);
    if (!all) return all.error();
    return SettledLetters(std::move(path), files, std::move(*all));
}

Result<void> SettledLetters::add(std::span<const LetterId> letters, const Settlement& settlement) {
    std::string records;
    for (const LetterId& letter : letters) {
        all_.emplace(letter, settlement);
        records += encode(letter, settlement);
    }
    if (!file_) return write_anew();
    const auto written = file_->write(end_, bytes_of(records));
    const auto synced = written ? file_->sync() : written;
    if (!synced) {
        file_.reset();
        return synced.error().error();
    }
    end_ += records.size();
    return {};
}

Result<void> SettledLetters::keep(Settlements settlements) {
    all_ = std::move(settlements);
    file_.reset();
    if (!all_.empty()) return write_anew();
    const auto gone = files_->unlink(path_);
    if (!gone && gone.error().number != ENOENT) return gone.error().error();
    const auto synced = files_->sync_directory(path_.parent_path());
    if (!synced) return synced.error().error();
    return {};
}

Result<void> SettledLetters::write_anew() {
    std::string records;
    for (const auto& [letter, settlement] : all_) records += encode(letter, settlement);
    const std::filesystem::path draft = path_.string() + ".new";
    auto file = files_->create(draft);
    if (!file) return file.error().error();
    auto done = (*file)->write(0, bytes_of(records));
    if (done) done = (*file)->sync();
    if (done) done = files_->rename(draft, path_);
    if (done) done = files_->sync_directory(path_.parent_path());
    if (!done) return done.error().error();
    file_ = std::move(*file);
    end_ = records.size();
    return {};
}

}  // namespace ingest::deliver
