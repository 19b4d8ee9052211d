#include "plugin/private_copy.h"

#include <array>
#include <cerrno>
#include <chrono>
#include <memory>
#include <thread>

#include <fcntl.h>
#include <openssl/evp.h>
#include <sys/mman.h>

#include "base/hex.h"
#include "plugin/file_check.h"

namespace ingest::plugin {
namespace {

// More than any library has, with debug information and all.
constexpr std::size_t file_bytes_max = std::size_t{1} << 30;

class Sha256 {
public:
    Sha256() : context_(EVP_MD_CTX_new(), &EVP_MD_CTX_free) {
        sound_ = context_ && EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) == 1;
    }
    void add(const char* bytes, std::size_t size) {
        sound_ = sound_ && EVP_DigestUpdate(context_.get(), bytes, size) == 1;
    }
    // Empty when the library failed.
    std::string hex() {
        std::array<unsigned char, EVP_MAX_MD_SIZE> bytes;
        unsigned size = 0;
        if (!sound_ || EVP_DigestFinal_ex(context_.get(), bytes.data(), &size) != 1) return {};
        return to_hex({bytes.data(), size});
    }

private:
    std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context_;
    bool sound_ = false;
};

// Reads `file` to its end, into `copy` too unless that is -1. What is hashed is what was written.
Result<std::string> read_through(const std::filesystem::path& file, int from, int copy) {
    Sha256 sha256;
    std::size_t total = 0;
    const auto block = std::make_unique<std::array<char, 1 << 17>>();
    while (true) {
        const ssize_t size = ::read(from, block->data(), block->size());
        if (size < 0 && errno == EINTR) continue;
        if (size < 0) return os_error("cannot read " + file.string(), errno);
        if (size == 0) break;
        const auto bytes = static_cast<std::size_t>(size);
        total += bytes;
        if (total > file_bytes_max) return Error{file.string() + " is larger than 1 GiB"};
        sha256.add(block->data(), bytes);
        if (copy < 0) continue;
        const auto written =
            write_all(copy, {block->data(), bytes}, "cannot write a private copy");
        if (!written) {
            return Error{file.string() + ": " + written.error().message};
        }
    }
    std::string digest = sha256.hex();
    if (digest.empty()) return Error{"cannot compute the SHA-256 of " + file.string()};
    return digest;
}

// The kernel refuses while a page of it is held elsewhere (EBUSY), which it does for moments by
// itself, when it moves pages or looks at how they are used.
bool seal(int memory) {
    constexpr int tries_max = 50;
    constexpr std::chrono::milliseconds pause{20};
    for (int tries = 1;; ++tries) {
        if (::fcntl(memory, F_ADD_SEALS,
                    F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) == 0) {
            return true;
        }
        if (errno != EBUSY || tries == tries_max) return false;
        std::this_thread::sleep_for(pause);
    }
}

}  // namespace

std::filesystem::path PrivateCopy::path() const {
    // Not /proc/self: a debugger that opens the loader's name would get a descriptor of its own.
    // Not getpid(): this /proc may number processes as another namespace does.
    std::error_code failed;
    const auto self = std::filesystem::read_symlink("/proc/self", failed);
    return std::filesystem::path("/proc") / (failed ? "self" : self) / "fd" /
           std::to_string(memory.get());
}

Result<PrivateCopy> copy_privately(const std::filesystem::path& file) {
    const auto opened = open_plugin_file(file);
    if (!opened) return opened.error();
    PrivateCopy copy;
    // The name shows in /proc/PID/maps.
    copy.memory = Descriptor(
        ::memfd_create(file.filename().c_str(), MFD_CLOEXEC | MFD_ALLOW_SEALING));
    if (copy.memory.get() < 0) return os_error("cannot make a private copy of " + file.string(),
                                               errno);
    auto digest = read_through(file, opened->get(), copy.memory.get());
    if (!digest) return digest.error();
    if (!seal(copy.memory.get())) {
        return os_error("cannot seal the private copy of " + file.string(), errno);
    }
    copy.digest = std::move(*digest);
    return copy;
}

Result<std::string> digest_of(const std::filesystem::path& file) {
    const auto opened = open_plugin_file(file);
    if (!opened) return opened.error();
    return read_through(file, opened->get(), -1);
}

}  // namespace ingest::plugin
