// Whether the time that the gate takes to refuse an API key tells how near its digest is to that of
// a key that is stored: a t-test of two classes of wrong keys, after dudect (Reparaz, Balasch and
// Verbauwhede, "Dude, is my code constant time?", 2017). Figures: docs/SECURITY.md.
//
//   key_timing [--samples N] [--leaky]
//
// --leaky measures a comparison that stops at the first difference in its place, which the test
// has to find. Exits with 0 whatever it finds: on a machine with other work it may be anything.

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <map>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <sys/stat.h>

#include "access/gate.h"
#include "support/temp_dir.h"

namespace ingest::access {
namespace {

constexpr std::size_t keys_stored = 1'000;
constexpr std::size_t keys_shown = 64;  // of each class
constexpr std::size_t round_samples = 10'000;  // then others: where they lie in caches is chance
constexpr double t_suspicious = 4.5;
constexpr std::int64_t now = 1'800'000'000'000'000;

std::uint64_t ticks() {
#if defined(__x86_64__)
    unsigned processor = 0;
    const std::uint64_t begun = __builtin_ia32_rdtscp(&processor);
    __builtin_ia32_lfence();  // nothing behind it begins before
    return begun;
#else
    return static_cast<std::uint64_t>(
        std::chrono::steady_clock::now().time_since_epoch().count());
#endif
}

// Mean and variance of what was added (Welford), for Welch's t.
class Moments {
public:
    void add(double value) {
        ++count_;
        const double delta = value - mean_;
        mean_ += delta / count_;
        squares_ += delta * (value - mean_);
    }
    double count() const { return count_; }
    double mean() const { return mean_; }
    double variance_of_mean() const { return squares_ / (count_ - 1) / count_; }

private:
    double count_ = 0;
    double mean_ = 0;
    double squares_ = 0;
};

struct Sample {
    bool near = false;
    double ticks = 0;
};

struct Test {
    double t = 0;
    double difference = 0;  // of the means, near - far
};

// Of what took at most `bound`: interrupts and the like are no business of the code.
Test welch(const std::vector<Sample>& samples, double bound) {
    std::array<Moments, 2> of;
    for (const Sample& sample : samples) {
        if (sample.ticks <= bound) of[sample.near ? 1 : 0].add(sample.ticks);
    }
    if (of[0].count() < 100 || of[1].count() < 100) return {};
    const double difference = of[1].mean() - of[0].mean();
    const double spread = std::sqrt(of[0].variance_of_mean() + of[1].variance_of_mean());
    return {spread > 0 ? difference / spread : 0, difference};
}

// Keys that nobody stored: near ones, of whose digest a stored one has all bytes but the last, and
// far ones. Both classes are as many, lie side by side, and each key meets a stored one of its own,
// so that caches know them alike.
struct Keys {
    struct Shown {
        std::array<char, 48> text;
        bool near;
    };
    std::vector<ApiKey> stored;  // by digest
    std::vector<Shown> shown;

    Keys() {
        while (stored.size() < keys_stored) add(make_key().value());
        std::ranges::sort(stored, {}, &ApiKey::digest);
        std::vector<bool> met(stored.size(), false);
        std::mt19937_64 random(std::random_device{}());
        while (shown.size() < keys_shown) {
            const std::size_t at = random() % stored.size();
            if (met[at]) continue;
            met[at] = true;
            stored[at].digest.back() ^= 1;
            show(texts_[stored[at].name], true);
        }
        while (shown.size() < 2 * keys_shown) {
            const std::string text = make_key().value();
            const auto next =
                std::ranges::lower_bound(stored, sha256(text), {}, &ApiKey::digest);
            const auto at = static_cast<std::size_t>(next - stored.begin());
            if (at >= met.size() || met[at]) continue;
            met[at] = true;
            show(text, false);
        }
        std::ranges::shuffle(shown, random);
    }

private:
    void add(const std::string& text) {
        ApiKey key;
        key.name = "key-" + std::to_string(stored.size());
        key.digest = sha256(text);
        key.grant.scopes.add(Scope::ingest);
        texts_[key.name] = text;
        stored.push_back(key);
    }
    void show(const std::string& text, bool near) {
        Shown one{{}, near};
        std::ranges::copy(text, one.text.begin());
        shown.push_back(one);
    }

    std::map<std::string, std::string> texts_;  // by name
};

SharedGate gate_of(const Keys& keys) {
    const test::TempDir dir;
    Gate::Options options;
    options.keys = dir.path() / "keys";
    std::ofstream(options.keys) << key_file_text(keys.stored);
    ::chmod(options.keys.c_str(), 0600);
    std::vector<Gate::Problem> problems;
    SharedGate gate = Gate::load(options, problems);
    if (gate) return gate;
    std::cerr << problems.front().wrong << '\n';
    std::exit(1);
}

// What the gate does not do.
class LeakyGate {
public:
    explicit LeakyGate(std::vector<ApiKey> keys) : keys_(std::move(keys)) {}
    bool enter(std::string_view shown) const {
        const Digest digest = sha256(shown);
        auto at = std::ranges::lower_bound(keys_, digest, {}, &ApiKey::digest);
        if (at == keys_.end()) --at;
        const volatile std::uint8_t* stored = at->digest.data();
        for (std::size_t i = 0; i < digest.size(); ++i) {
            if (stored[i] != digest[i]) return false;
        }
        return true;
    }

private:
    std::vector<ApiKey> keys_;
};

template <class Enter>
void measure(const Keys& keys, std::span<Sample> samples, Enter enter) {
    std::mt19937_64 random(std::random_device{}());
    std::array<char, 48> text;  // all at the same address
    std::size_t let_in = 0;
    for (Sample& sample : samples) {
        const Keys::Shown& shown = keys.shown[random() % keys.shown.size()];
        sample.near = shown.near;
        text = shown.text;
        const std::uint64_t begin = ticks();
        let_in += enter(std::string_view(text.data(), text.size())) ? 1 : 0;
        sample.ticks = static_cast<double>(ticks() - begin);
    }
    if (let_in != 0) {
        std::cerr << "a key that nobody stored was let in\n";
        std::exit(1);
    }
}

std::vector<Sample> measure(std::size_t count, bool leaky) {
    std::vector<Sample> samples(count);
    std::span<Sample> rest = samples;
    while (!rest.empty()) {
        const auto round = rest.first(std::min(round_samples, rest.size()));
        rest = rest.subspan(round.size());
        const Keys keys;
        if (leaky) {
            const LeakyGate gate(keys.stored);
            measure(keys, round, [&](std::string_view text) { return gate.enter(text); });
        } else {
            const SharedGate gate = gate_of(keys);
            measure(keys, round, [&](std::string_view text) {
                return gate->enter(text, false, now).visitor.has_value();
            });
        }
    }
    return samples;
}

void report(const std::vector<Sample>& samples) {
    std::vector<double> sorted;
    for (const Sample& sample : samples) sorted.push_back(sample.ticks);
    std::ranges::sort(sorted);
    Test worst;
    double worst_share = 1;
    // Bounds that lie closer the nearer they are to the quickest, as dudect's do.
    for (int i = 1; i <= 100; ++i) {
        const double share = i == 100 ? 1 : 1 - std::pow(0.5, 10.0 * i / 100);
        const auto at = static_cast<std::size_t>(share * static_cast<double>(sorted.size() - 1));
        const Test test = welch(samples, sorted[at]);
        if (std::abs(test.t) < std::abs(worst.t)) continue;
        worst = test;
        worst_share = share;
    }
    const Test all = welch(samples, sorted.back());
    std::cout << "samples " << samples.size() << ", median " << sorted[sorted.size() / 2]
              << " ticks\n"
              << "all:          t = " << all.t << ", near - far = " << all.difference << " ticks\n"
              << "largest |t|:  t = " << worst.t << ", near - far = " << worst.difference
              << " ticks, of the quickest " << 100 * worst_share << " %\n"
              << (std::abs(worst.t) < t_suspicious ? "no difference is seen"
                                                   : "the classes take different times")
              << " (|t| < " << t_suspicious << ")\n";
}

}  // namespace
}  // namespace ingest::access

int main(int argc, char** argv) {
    using namespace ingest::access;
    std::size_t count = 1'000'000;
    bool leaky = false;
    for (int i = 1; i < argc; ++i) {
        const std::string_view word = argv[i];
        if (word == "--leaky") {
            leaky = true;
            continue;
        }
        const std::string_view number = i + 1 < argc ? argv[i + 1] : "";
        const auto read = std::from_chars(number.data(), number.data() + number.size(), count);
        if (word != "--samples" || read.ec != std::errc() ||
            read.ptr != number.data() + number.size() || count < 1'000) {
            std::cerr << "usage: key_timing [--samples N] [--leaky]; N: at least 1000\n";
            return 2;
        }
        ++i;
    }
    report(measure(count, leaky));
    return 0;
}
