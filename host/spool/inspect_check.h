#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "spool/file.h"
#include "spool/inspect.h"
#include "spool/types.h"

namespace ingest::spool {

// Something that an operator should know about one place of the spool.
struct Remark {
    std::string file;  // below the spool's directory
    std::uint64_t offset = 0;
    std::uint64_t bytes = 0;
    Range readings;      // that it concerns; empty: none, or nobody knows
    bool damage = true;  // false: in order, but worth telling
    std::string what;
    std::string advice;
};

struct CheckReport {
    std::vector<Remark> remarks;
    std::uint64_t files = 0;
    std::uint64_t bytes = 0;
    std::uint64_t records = 0;
    std::uint64_t readings = 0;  // in intact records of the log

    bool damaged() const noexcept;
};

// Reads every byte of every segment, cursor, damaged part and file of dead letters. Errors are
// those of the disk. What looks damaged only because a host consumed it meanwhile is not told.
FileResult<CheckReport> check_spool(FileSystem& files, const Inventory& inventory);

}  // namespace ingest::spool
