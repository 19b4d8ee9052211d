#include <gtest/gtest.h>

#include <cstdint>
#include <set>
#include <sstream>
#include <string>

#include "observe/metrics.h"

namespace ingest::observe {
namespace {

// Series by name and labels, as they stand in the text.
std::set<std::string> series_of(const std::string& text) {
    std::set<std::string> series;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with('#')) continue;
        EXPECT_TRUE(series.insert(line.substr(0, line.rfind(' '))).second) << "twice: " << line;
    }
    return series;
}

// The sum of a metric's values over all its series that have this in their labels.
double sum_of(const std::string& text, const std::string& name, const std::string& label = "") {
    double sum = 0;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
        const bool named = line.starts_with(name + "{") || line.starts_with(name + " ");
        if (named && line.find(label) != std::string::npos)
            sum += std::stod(line.substr(line.rfind(' ') + 1));
    }
    return sum;
}

Metrics with_routes() {
    Metrics metrics;
    for (const char* route : {"/", "a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k"})
        metrics.http.routes.push_back({.route = route});
    return metrics;
}

LoadedValidator validator(const std::string& name, std::size_t codes) {
    LoadedValidator made;
    made.loaded.name = name;
    made.calls = 1;
    for (std::size_t i = 0; i < codes; ++i)
        made.issues.push_back({"c" + std::to_string(i), "", 2, 1});
    return made;
}

TEST(ExpositionTest, IsBoundedWhateverIsConfiguredAndLosesNoCount) {
    Metrics metrics = with_routes();
    for (int i = 0; i < 300; ++i) {
        metrics.plugins.validators.push_back(validator("v" + std::to_string(i), 50));
        SinkLedger& sink = metrics.ledger.sinks.emplace_back();
        sink.name = "s" + std::to_string(i);
        sink.accepted = 5;
        sink.write_us.count(10);
    }
    const std::string text = exposition(metrics);
    EXPECT_LE(series_of(text).size(), series_max);
    EXPECT_EQ(sum_of(text, "ingest_sink_readings_accepted_total"), 1500);
    EXPECT_EQ(sum_of(text, "ingest_sink_write_duration_seconds_count"), 300);
    EXPECT_EQ(sum_of(text, "ingest_validator_calls_total"), 300);
    EXPECT_EQ(sum_of(text, "ingest_validator_verdicts_total", "verdict=\"rejected\""), 30000);
    EXPECT_EQ(sum_of(text, "ingest_validator_verdicts_total", "verdict=\"warned\""), 15000);
}

TEST(ExpositionTest, AValidatorThatIsUsedTwiceIsTwoSeries) {
    Metrics metrics = with_routes();
    metrics.plugins.validators = {validator("range", 1), validator("range", 1)};
    const auto series = series_of(exposition(metrics));
    EXPECT_TRUE(series.contains("ingest_validator_calls_total{validator=\"range\"}"));
    EXPECT_TRUE(series.contains("ingest_validator_calls_total{validator=\"range#2\"}"));
}

TEST(ExpositionTest, ANameWithQuotesAndLinesStaysInItsLabel) {
    Metrics metrics = with_routes();
    metrics.ledger.sinks.emplace_back().name = "a\"b\\c\nd 1";
    const auto series = series_of(exposition(metrics));
    EXPECT_TRUE(series.contains("ingest_sink_connected{sink=\"a\\\"b\\\\c\\nd 1\"}"));
}

TEST(ExpositionTest, BucketsAreCumulativeAndInSeconds) {
    Metrics metrics = with_routes();
    Distribution& duration = metrics.http.routes[0].duration_us;
    for (const std::uint64_t us : {500ULL, 501ULL, 6'000'000ULL}) duration.count(us);
    const std::string text = exposition(metrics);
    const std::string name = "ingest_http_request_duration_seconds";
    EXPECT_EQ(sum_of(text, name + "_bucket", "route=\"/\",le=\"0.0005\""), 1);
    EXPECT_EQ(sum_of(text, name + "_bucket", "route=\"/\",le=\"0.001\""), 2);
    EXPECT_EQ(sum_of(text, name + "_bucket", "route=\"/\",le=\"5\""), 2);
    EXPECT_EQ(sum_of(text, name + "_bucket", "route=\"/\",le=\"+Inf\""), 3);
    EXPECT_DOUBLE_EQ(sum_of(text, name + "_sum", "route=\"/\""), 6.001001);
}

}  // namespace
}  // namespace ingest::observe
