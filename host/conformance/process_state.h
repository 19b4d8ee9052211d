#pragma once

#include <map>
#include <string>
#include <vector>

namespace ingest::conformance {

// What a plugin shares with all others in its process, at one moment. The differences between two
// moments are what it changed.
struct ProcessState {
    std::map<std::string, std::string> settings;  // locale, umask, directory, environment, signals
    std::map<int, std::string> descriptors;       // number -> what it leads to
    std::vector<std::string> threads;             // their ids
};
ProcessState look_at_process();

// What is to be compared.
struct Compared {
    bool descriptors = true;  // false: sockets only
    bool threads = true;
};
// "the locale is now C.UTF-8 (it was C)", one a difference; empty: nothing changed. The private
// copy that the host loads a library from does not count.
std::vector<std::string> changes_of(const ProcessState& before, const ProcessState& after,
                                    const Compared& compared = {});

// Bytes of memory that are allocated now, by what malloc and its like say.
std::size_t allocated_bytes();

}  // namespace ingest::conformance
