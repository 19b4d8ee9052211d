#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include <prometheus/metric_family.h>

#include "base/distribution.h"

namespace ingest::observe {

struct Label {
    std::string_view name;
    std::string_view value;
};
using Labels = std::initializer_list<Label>;

// Metrics by name, each with its series, as the serializer wants them. A family is begun, and what
// is added then belongs to it.
class Families {
public:
    void counter(std::string_view name, std::string_view help);
    void gauge(std::string_view name, std::string_view help);
    void histogram(std::string_view name, std::string_view help);

    void add(double value, Labels labels = {});
    void add(std::uint64_t value, Labels labels = {}) { add(static_cast<double>(value), labels); }
    // `per_unit`: how many of what the distribution counts are the metric's base unit.
    void add(const Distribution& distribution, double per_unit, Labels labels = {});

    std::string text() const;

private:
    void begin(std::string_view name, std::string_view help, prometheus::MetricType type);
    prometheus::ClientMetric& series(Labels labels);

    std::vector<prometheus::MetricFamily> families_;
};

}  // namespace ingest::observe
