#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "app/edition.h"

// What a reload would change: the running edition against the one that is to take its place. Pure.
namespace ingest::app {

struct SinkFate {
    enum class What {
        keep,     // its lane runs on; maybe readiness looks at it with other eyes
        rebuild,  // its lane goes on with new instances, from its cursor
        add,
    };
    What what = What::keep;
    std::size_t before = 0;  // index in the former plan, unless it is new
};

// What becomes of the parts, by index in the plans.
struct Difference {
    std::vector<SinkFate> sinks;             // in the new plan's order
    std::vector<std::size_t> sinks_removed;  // of the former plan
    bool board = false;    // others wait for another sink, or differently
    bool queries = false;  // others answer them

    // For people: "sink redis", "validator range", "http.cors.origins".
    std::vector<std::string> added;
    std::vector<std::string> removed;
    std::vector<std::string> changed;
    std::vector<std::string> kept;

    bool empty() const noexcept { return added.empty() && removed.empty() && changed.empty(); }
};

// By what the files hold.
bool same_gate(const access::SharedGate& a, const access::SharedGate& b);

Difference difference_of(const Edition& before, const Edition& now);

}  // namespace ingest::app
