#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/batches.h"
#include "support/plugin_driver.h"

namespace ingest::test {

struct Found {
    std::vector<Report::Issue> issues;
    std::vector<Report::Set> sets;
};

// Runs a fresh instance of `plugin` over the batch; fails the test when create or validate fails.
inline Found run(const Plugin& plugin, std::string_view options_json, const model::Batch& batch,
                 const std::uint8_t* refused = nullptr) {
    Validator validator(plugin, options_json, batch.schema());
    EXPECT_EQ(validator.created().code, INGEST_OK) << validator.created().message;
    if (!validator.created().ok()) return {};
    Report report(batch.schema(), batch.rows());
    const Outcome outcome = validator.validate(batch, report, refused);
    EXPECT_EQ(outcome.code, INGEST_OK) << outcome.message;
    EXPECT_EQ(report.misbehaviour(), 0);
    return {report.issues(), report.sets()};
}

// The rows with an issue, in the order of the report.
inline std::vector<std::int64_t> rows_of(const Found& found) {
    std::vector<std::int64_t> rows;
    for (const auto& issue : found.issues) rows.push_back(issue.row);
    return rows;
}

// What `create` says to options that can never work; empty when it took them.
inline std::string config_message(const Plugin& plugin, std::string_view options_json,
                                  const model::Schema& schema) {
    const Validator validator(plugin, options_json, schema);
    if (validator.created().ok()) return {};
    EXPECT_EQ(validator.created().code, INGEST_CONFIG) << validator.created().message;
    return validator.created().message;
}

}  // namespace ingest::test
