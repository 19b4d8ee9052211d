#include "support/fake_file.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace ingest::test {

using spool::File;
using spool::FileError;
using spool::FileResult;

namespace {

namespace fs = std::filesystem;

constexpr std::size_t block_bytes = 512;

std::string parent_of(const std::string& path) { return fs::path(path).parent_path().string(); }

bool changes_something(Operation operation) {
    switch (operation) {
        case Operation::create:
        case Operation::write:
        case Operation::sync:
        case Operation::rename:
        case Operation::unlink:
        case Operation::sync_directory: return true;
        default: return false;
    }
}

FileError failed(const std::string& path, int number) { return {"cannot use " + path, number}; }

}  // namespace

class FakeFile final : public File {
public:
    FakeFile(FakeFiles& files, std::string path, FakeFiles::NodePtr node)
        : files_(files), path_(std::move(path)), node_(std::move(node)), epoch_(files.epoch_) {}
    ~FakeFile() override {
        if (!locked_) return;
        const std::lock_guard lock(files_.mutex_);
        if (files_.epoch_ == epoch_) files_.locked_.erase(path_);
    }

    FileResult<void> sync() override {
        const std::lock_guard lock(files_.mutex_);
        if (const int number = begin(Operation::sync)) {
            if (!files_.off_) give_up_dirty_blocks();
            return failed(path_, number);
        }
        node_->durable.resize(node_->now.size());
        for (const std::size_t block : node_->dirty) copy_block(block);
        node_->dirty.clear();
        return {};
    }

    FileResult<std::uint64_t> size() override {
        const std::lock_guard lock(files_.mutex_);
        if (const int number = begin(Operation::size)) return failed(path_, number);
        return std::uint64_t{node_->now.size()};
    }

    void keep_locked() { locked_ = true; }

protected:
    FileResult<std::size_t> write_some(std::uint64_t offset,
                                       std::span<const std::byte> bytes) override {
        const std::lock_guard lock(files_.mutex_);
        const bool was_off = files_.off_;
        const int fault = begin(Operation::write);
        const int number = fault == FakeFiles::cut_short ? 0 : fault;
        if (number != 0 && (was_off || !files_.off_)) return failed(path_, number);
        // The power cut that comes in the middle of a write leaves some of it.
        std::size_t size = bytes.size();
        if (fault == FakeFiles::cut_short) {
            size = (size + 1) / 2;
        } else if (number != 0 || (files_.rough_ && files_.random_() % 4 == 0)) {
            // Often only its first bytes, which say more than what stands behind them.
            if (files_.random_() % 2 == 0) size = std::min<std::size_t>(size, 64);
            size = 1 + files_.random_() % size;
        }
        if (offset + size > node_->now.size()) {
            const std::uint64_t growth = offset + size - node_->now.size();
            if (files_.used() + growth > files_.capacity_) return failed(path_, ENOSPC);
            node_->now.resize(offset + size);
        }
        std::memcpy(node_->now.data() + offset, bytes.data(), size);
        for (std::size_t block = offset / block_bytes; block * block_bytes < offset + size;
             ++block) {
            node_->dirty.insert(block);
        }
        if (number != 0) return failed(path_, number);
        if (files_.rough_ && files_.random_() % 16 == 0) return failed(path_, EINTR);
        return size;
    }

    FileResult<std::size_t> read_some(std::uint64_t offset, std::span<std::byte> bytes) override {
        const std::lock_guard lock(files_.mutex_);
        const int fault = begin(Operation::read);
        if (fault > 0) return failed(path_, fault);
        if (files_.rough_ && files_.random_() % 16 == 0) return failed(path_, EINTR);
        if (offset >= node_->now.size()) return std::size_t{0};
        std::size_t size = std::min<std::size_t>(bytes.size(), node_->now.size() - offset);
        if (fault == FakeFiles::cut_short) size = (size + 1) / 2;
        if (files_.rough_ && size > 1 && files_.random_() % 4 == 0) size = 1 + size / 2;
        std::memcpy(bytes.data(), node_->now.data() + offset, size);
        return size;
    }

private:
    int begin(Operation operation) {
        if (epoch_ != files_.epoch_) return EIO;
        return files_.begin(operation, path_);
    }

    // What a kernel does when the device fails: some were written, all count as clean.
    void give_up_dirty_blocks() {
        node_->durable.resize(node_->now.size());
        for (const std::size_t block : node_->dirty) {
            if (files_.random_() % 2 == 0) copy_block(block);
        }
        node_->dirty.clear();
    }

    void copy_block(std::size_t block) {
        const std::size_t offset = block * block_bytes;
        if (offset >= node_->now.size()) return;
        const std::size_t size = std::min(block_bytes, node_->now.size() - offset);
        std::memcpy(node_->durable.data() + offset, node_->now.data() + offset, size);
    }

    FakeFiles& files_;
    const std::string path_;
    const FakeFiles::NodePtr node_;
    const std::uint64_t epoch_;
    bool locked_ = false;
};

void FakeFiles::inject(Fault fault) {
    const std::lock_guard lock(mutex_);
    fault_ = std::move(fault);
}

void FakeFiles::set_rough(bool rough) {
    const std::lock_guard lock(mutex_);
    rough_ = rough;
}

void FakeFiles::set_capacity(std::uint64_t bytes) {
    const std::lock_guard lock(mutex_);
    capacity_ = bytes;
}

void FakeFiles::power_off() {
    const std::lock_guard lock(mutex_);
    off_ = true;
}

void FakeFiles::power_off_after(std::uint64_t operations) {
    const std::lock_guard lock(mutex_);
    off_after_ = operations;
}

bool FakeFiles::is_off() {
    const std::lock_guard lock(mutex_);
    return off_;
}

void FakeFiles::restart() {
    const std::lock_guard lock(mutex_);
    off_ = false;
    off_after_ = 0;
    ++epoch_;
    locked_.clear();
}

void FakeFiles::power_on() {
    {
        const std::lock_guard lock(mutex_);
        // A journal keeps the order of what it keeps, within each directory.
        for (auto& [directory, changes] : unsynced_) {
            const std::size_t kept = random_() % (changes.size() + 1);
            for (std::size_t i = 0; i < kept; ++i) apply(changes[i], durable_names_);
        }
        unsynced_.clear();
        names_.clear();
        std::set<Node*> seen;
        for (const auto& [path, node] : durable_names_) {
            const std::string parent = parent_of(path);
            if (parent != "/" && !names_.contains(parent)) continue;  // its directory is lost
            names_[path] = node;
            if (seen.insert(node.get()).second) forget_unsynced(*node);
        }
        durable_names_ = names_;
    }
    restart();
}

void FakeFiles::forget_unsynced(Node& node) {
    std::vector<std::byte> left = node.durable;
    if (node.now.size() > left.size() && random_() % 2 == 0) left.resize(node.now.size());
    for (const std::size_t block : node.dirty) {
        const std::size_t offset = block * block_bytes;
        if (random_() % 2 == 0 || offset >= left.size()) continue;
        const std::size_t end = std::min(left.size(), node.now.size());
        const std::size_t size = std::min(block_bytes, end - offset);
        std::memcpy(left.data() + offset, node.now.data() + offset, size);
    }
    node.now = left;
    node.durable = left;
    node.dirty.clear();
}

std::vector<std::byte> FakeFiles::contents(const fs::path& path) {
    const std::lock_guard lock(mutex_);
    const NodePtr node = find(path.string());
    return node ? node->now : std::vector<std::byte>{};
}

void FakeFiles::overwrite(const fs::path& path, std::uint64_t offset,
                          const std::vector<std::byte>& bytes) {
    const std::lock_guard lock(mutex_);
    const NodePtr node = find(path.string());
    std::copy(bytes.begin(), bytes.end(), node->now.begin() + static_cast<std::ptrdiff_t>(offset));
    node->durable = node->now;
}

void FakeFiles::flip_bit(const fs::path& path, std::uint64_t bit) {
    const std::lock_guard lock(mutex_);
    const NodePtr node = find(path.string());
    for (auto* bytes : {&node->now, &node->durable}) bytes->at(bit / 8) ^= std::byte{1} << bit % 8;
}

void FakeFiles::copy(const fs::path& from, const fs::path& to) {
    const std::lock_guard lock(mutex_);
    auto node = std::make_shared<Node>(*find(from.string()));
    names_[to.string()] = node;
    durable_names_[to.string()] = node;
}

std::uint64_t FakeFiles::count(Operation operation) {
    const std::lock_guard lock(mutex_);
    return counts_[operation];
}

int FakeFiles::begin(Operation operation, const std::string& path) {
    if (off_) return EIO;
    counts_[operation] += 1;
    if (changes_something(operation)) {
        changes_ += 1;
        if (off_after_ > 0 && --off_after_ == 0) {
            off_ = true;
            return EIO;
        }
    }
    if (!fault_) return 0;
    const int number = fault_(operation, path);
    const bool moves_bytes = operation == Operation::write || operation == Operation::read;
    return number == cut_short && !moves_bytes ? 0 : number;
}

std::uint64_t FakeFiles::changes() {
    const std::lock_guard lock(mutex_);
    return changes_;
}

std::unique_ptr<FakeFiles> FakeFiles::clone(std::uint64_t seed) {
    const std::lock_guard lock(mutex_);
    auto copy = std::make_unique<FakeFiles>(seed);
    std::map<NodePtr, NodePtr> nodes;
    const auto cloned = [&nodes](const NodePtr& node) {
        if (!node) return node;
        NodePtr& there = nodes[node];
        if (!there) there = std::make_shared<Node>(*node);
        return there;
    };
    for (const auto& [path, node] : names_) copy->names_[path] = cloned(node);
    for (const auto& [path, node] : durable_names_) copy->durable_names_[path] = cloned(node);
    for (const auto& [directory, changes] : unsynced_) {
        for (Change change : changes) {
            for (auto& [path, node] : change.effects) node = cloned(node);
            copy->unsynced_[directory].push_back(std::move(change));
        }
    }
    return copy;
}

FakeFiles::NodePtr FakeFiles::find(const std::string& path) const {
    const auto at = names_.find(path);
    return at == names_.end() ? nullptr : at->second;
}

void FakeFiles::apply(const Change& change, Names& names) {
    for (const auto& [path, node] : change.effects) {
        if (node) {
            names[path] = node;
        } else {
            names.erase(path);
        }
    }
}

void FakeFiles::change(const std::string& path, NodePtr node) {
    Change change{{{path, std::move(node)}}};
    apply(change, names_);
    unsynced_[parent_of(path)].push_back(std::move(change));
}

std::uint64_t FakeFiles::used() const {
    std::uint64_t sum = 0;
    std::set<const Node*> seen;
    for (const auto& [path, node] : names_) {
        if (seen.insert(node.get()).second) sum += node->now.size();
    }
    return sum;
}

FileResult<std::unique_ptr<File>> FakeFiles::open(const fs::path& path) {
    const std::lock_guard lock(mutex_);
    if (const int number = begin(Operation::open, path.string())) {
        return failed(path.string(), number);
    }
    const NodePtr node = find(path.string());
    if (!node || node->directory) return failed(path.string(), ENOENT);
    return std::unique_ptr<File>(std::make_unique<FakeFile>(*this, path.string(), node));
}

FileResult<std::unique_ptr<File>> FakeFiles::create(const fs::path& path) {
    const std::lock_guard lock(mutex_);
    if (const int number = begin(Operation::create, path.string())) {
        return failed(path.string(), number);
    }
    if (!find(parent_of(path.string()))) return failed(path.string(), ENOENT);
    // A fresh node even where a file is emptied: its old contents may come back in a power cut.
    const auto node = std::make_shared<Node>();
    change(path.string(), node);
    return std::unique_ptr<File>(std::make_unique<FakeFile>(*this, path.string(), node));
}

FileResult<void> FakeFiles::rename(const fs::path& from, const fs::path& to) {
    const std::lock_guard lock(mutex_);
    if (const int number = begin(Operation::rename, from.string())) {
        return failed(from.string(), number);
    }
    const NodePtr node = find(from.string());
    if (!node) return failed(from.string(), ENOENT);
    // Both or neither, also between two directories: it counts as a change of the target's.
    Change both{{{to.string(), node}, {from.string(), nullptr}}};
    apply(both, names_);
    unsynced_[parent_of(to.string())].push_back(std::move(both));
    return {};
}

FileResult<void> FakeFiles::unlink(const fs::path& path) {
    const std::lock_guard lock(mutex_);
    if (const int number = begin(Operation::unlink, path.string())) {
        return failed(path.string(), number);
    }
    if (!find(path.string())) return failed(path.string(), ENOENT);
    change(path.string(), nullptr);
    return {};
}

FileResult<void> FakeFiles::sync_directory(const fs::path& dir) {
    const std::lock_guard lock(mutex_);
    if (const int number = begin(Operation::sync_directory, dir.string())) {
        return failed(dir.string(), number);
    }
    for (const Change& change : unsynced_[dir.string()]) apply(change, durable_names_);
    unsynced_.erase(dir.string());
    return {};
}

FileResult<bool> FakeFiles::make_directory(const fs::path& dir) {
    const std::lock_guard lock(mutex_);
    if (const int number = begin(Operation::create, dir.string())) {
        return failed(dir.string(), number);
    }
    if (find(dir.string())) return false;
    if (dir.parent_path() != "/" && !find(parent_of(dir.string()))) {
        return failed(dir.string(), ENOENT);
    }
    auto node = std::make_shared<Node>();
    node->directory = true;
    change(dir.string(), std::move(node));
    return true;
}

FileResult<std::vector<std::string>> FakeFiles::list(const fs::path& dir) {
    const std::lock_guard lock(mutex_);
    if (const int number = begin(Operation::list, dir.string())) {
        return failed(dir.string(), number);
    }
    if (dir != "/" && !find(dir.string())) return failed(dir.string(), ENOENT);
    std::vector<std::string> names;
    for (const auto& [path, node] : names_) {
        if (!node->directory && parent_of(path) == dir.string()) {
            names.push_back(fs::path(path).filename().string());
        }
    }
    return names;
}

FileResult<std::uint64_t> FakeFiles::free_bytes(const fs::path& dir) {
    const std::lock_guard lock(mutex_);
    if (const int number = begin(Operation::free_bytes, dir.string())) {
        return failed(dir.string(), number);
    }
    const std::uint64_t now = used();
    return now < capacity_ ? capacity_ - now : 0;
}

FileResult<std::unique_ptr<File>> FakeFiles::lock(const fs::path& path) {
    const std::lock_guard lock(mutex_);
    if (const int number = begin(Operation::lock, path.string())) {
        return failed(path.string(), number);
    }
    if (!locked_.insert(path.string()).second) {
        return FileError{"cannot lock " + path.string() + ": process 1 uses it", EWOULDBLOCK};
    }
    NodePtr node = find(path.string());
    if (!node) {
        node = std::make_shared<Node>();
        change(path.string(), node);
    }
    auto file = std::make_unique<FakeFile>(*this, path.string(), node);
    file->keep_locked();
    return std::unique_ptr<File>(std::move(file));
}

}  // namespace ingest::test
