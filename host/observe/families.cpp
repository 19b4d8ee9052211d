#include "observe/families.h"

#include <limits>

#include <prometheus/text_serializer.h>

namespace ingest::observe {

using prometheus::ClientMetric;
using prometheus::MetricType;

void Families::begin(std::string_view name, std::string_view help, MetricType type) {
    prometheus::MetricFamily& family = families_.emplace_back();
    family.name = name;
    family.help = help;
    family.type = type;
}

void Families::counter(std::string_view name, std::string_view help) {
    begin(name, help, MetricType::Counter);
}

void Families::gauge(std::string_view name, std::string_view help) {
    begin(name, help, MetricType::Gauge);
}

void Families::histogram(std::string_view name, std::string_view help) {
    begin(name, help, MetricType::Histogram);
}

ClientMetric& Families::series(Labels labels) {
    ClientMetric& series = families_.back().metric.emplace_back();
    for (const Label& label : labels)
        series.label.push_back({std::string(label.name), std::string(label.value)});
    return series;
}

void Families::add(double value, Labels labels) {
    ClientMetric& added = series(labels);
    if (families_.back().type == MetricType::Counter) added.counter.value = value;
    else added.gauge.value = value;
}

void Families::add(const Distribution& distribution, double per_unit, Labels labels) {
    ClientMetric::Histogram& histogram = series(labels).histogram;
    const auto bounds = distribution.bounds();
    for (std::size_t i = 0; i <= bounds.size(); ++i) {
        histogram.sample_count += distribution.in_bucket(i);
        const double bound = i < bounds.size() ? static_cast<double>(bounds[i]) / per_unit
                                               : std::numeric_limits<double>::infinity();
        histogram.bucket.push_back({histogram.sample_count, bound});
    }
    histogram.sample_sum = static_cast<double>(distribution.sum()) / per_unit;
}

std::string Families::text() const { return prometheus::TextSerializer().Serialize(families_); }

}  // namespace ingest::observe
