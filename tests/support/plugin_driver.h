#pragma once

#include <dlfcn.h>

#include <cstdlib>
#include <deque>
#include <memory>
#include <mutex>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <ingest/plugin.h>

#include "base/time_text.h"
#include "model/arrow_view.h"
#include "plugin/options_service.h"
#include "support/plugin_records.h"

// Drives a built plugin through its C tables, as the host does, without the host.
//
//     Plugin plugin("range");
//     Validator range(plugin, R"({"temperature":{"max":200}})", *schema);
//     ASSERT_TRUE(range.created().ok()) << range.created().message;
//     Report report(*schema, batch.rows());
//     EXPECT_TRUE(range.validate(batch, report).ok());
namespace ingest::test {

// A fake ingest_host that records log lines and reads options as the host does. Any thread, like
// the real one.
class HostTable {
public:
    struct Line {
        std::int32_t level;
        std::string message;
    };
    HostTable() : table_{sizeof(ingest_host), INGEST_ABI_MINOR, this, &log, &now, &service} {}
    HostTable(const HostTable&) = delete;
    HostTable& operator=(const HostTable&) = delete;

    const ingest_host* table() const noexcept { return &table_; }
    std::vector<Line> lines() const {
        const std::lock_guard lock(mutex_);
        return lines_;
    }

private:
    static void log(void* ctx, std::int32_t level, ingest_str message) {
        auto& host = *static_cast<HostTable*>(ctx);
        const std::lock_guard lock(host.mutex_);
        host.lines_.push_back({level, to_string(message)});
    }
    static std::int64_t now(void*) { return monotonic_ns(); }
    static const void* service(void*, ingest_str id) {
        return to_string(id) == INGEST_OPTIONS_ID ? plugin::options_service() : nullptr;
    }

    mutable std::mutex mutex_;
    std::vector<Line> lines_;
    ingest_host table_;
};

// A loaded library. Never unloaded, so its host table must live as long as the process: it is
// given away on purpose.
class Plugin {
public:
    // NAME.so in the build's plugin folder; throws when it does not load.
    explicit Plugin(const std::string& name) : Plugin(folder(), name) {}
    Plugin(const std::string& folder, const std::string& name) : host_(parked_host()) {
        const std::string path = folder + "/" + name + ".so";
        void* library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
        if (library == nullptr) throw std::runtime_error(dlerror());
        void* symbol = dlsym(library, INGEST_ENTRY_SYMBOL);
        if (symbol == nullptr) throw std::runtime_error(path + " has no entry symbol");
        plugin_ = reinterpret_cast<ingest_plugin_entry_fn>(symbol)(host_.table());
        if (plugin_ == nullptr) throw std::runtime_error(path + " refused to run");
    }

    const ingest_plugin& table() const noexcept { return *plugin_; }
    std::string id() const { return to_string(plugin_->id); }
    std::string manifest() const { return to_string(plugin_->manifest_json); }
    const HostTable& host() const noexcept { return host_; }
    const void* find_interface(std::string_view interface_id) const {
        return plugin_->get_interface({interface_id.data(), interface_id.size()});
    }

private:
    static std::string folder() {
        const char* build = std::getenv("INGEST_BUILD_DIR");
        if (build == nullptr) throw std::runtime_error("INGEST_BUILD_DIR is not set");
        return std::string(build) + "/plugins";
    }
    static HostTable& parked_host() {
        static auto& hosts = *new std::deque<HostTable>;
        return hosts.emplace_back();
    }
    HostTable& host_;
    const ingest_plugin* plugin_ = nullptr;
};

// One instance of an interface, destroyed with this. `created()` says whether there is one.
template <class Table>
class Instance {
public:
    Instance(const Plugin& plugin, std::string_view interface_id, std::string_view options_json,
             const model::Schema& schema)
        : schema_(schema), table_(static_cast<const Table*>(plugin.find_interface(interface_id))) {
        if (table_ == nullptr) throw std::runtime_error("the plugin has no such interface");
        created_ = outcome([&](ingest_error* error) {
            return table_->create(plugin.host().table(), {options_json.data(), options_json.size()},
                                  schema.arrow(), &self_, error);
        });
    }
    ~Instance() {
        if (created_.ok()) table_->destroy(self_);
    }
    Instance(const Instance&) = delete;
    Instance& operator=(const Instance&) = delete;

    const Outcome& created() const noexcept { return created_; }

protected:
    template <class Call>
    static Outcome outcome(Call&& call) {
        ingest_error error{};
        error.struct_size = sizeof error;
        const std::int32_t code = call(&error);
        return {code, error.message};
    }
    const model::Schema& schema_;
    const Table* table_;
    void* self_ = nullptr;

private:
    Outcome created_;
};

// A model::Batch as an ingest_batch; valid as long as this and the batch.
class Shown {
public:
    explicit Shown(const model::Batch& batch, std::uint64_t sequence = 0,
                   std::int64_t deadline_ns = 0, const std::uint8_t* refused = nullptr,
                   std::uint32_t flags = 0)
        : view_(batch),
          batch_{sizeof(ingest_batch),    flags,
                 sequence,                deadline_ns,
                 batch.schema().arrow(), view_.array(),
                 refused} {}
    const ingest_batch* batch() const noexcept { return &batch_; }

private:
    model::ArrowView view_;
    ingest_batch batch_;
};

class Validator : public Instance<ingest_validator> {
public:
    Validator(const Plugin& plugin, std::string_view options_json, const model::Schema& schema)
        : Instance(plugin, INGEST_VALIDATOR_ID, options_json, schema) {}

    // `refused`: a bitmap of rows that were refused before, or null. `flags`: INGEST_BATCH_*.
    Outcome validate(const model::Batch& batch, Report& report,
                     const std::uint8_t* refused = nullptr, std::uint32_t flags = 0) {
        const Shown shown(batch, 0, 0, refused, flags);
        return outcome([&](ingest_error* error) {
            return table_->validate(self_, shown.batch(), report.table(), error);
        });
    }
};

class Sink : public Instance<ingest_sink> {
public:
    Sink(const Plugin& plugin, std::string_view options_json, const model::Schema& schema)
        : Instance(plugin, INGEST_SINK_ID, options_json, schema) {}

    // No batches: connect, and say whether writing would work. `sequence` is the first row's.
    Outcome write(std::span<const model::Batch* const> batches, std::int64_t deadline_ns = 0,
                  std::uint64_t sequence = 1) {
        std::deque<Shown> shown;
        std::vector<const ingest_batch*> pointers;
        for (const model::Batch* batch : batches) {
            pointers.push_back(shown.emplace_back(*batch, sequence, deadline_ns).batch());
            sequence += static_cast<std::uint64_t>(batch->rows());
        }
        return outcome([&](ingest_error* error) {
            return table_->write(self_, pointers.data(), pointers.size(), error);
        });
    }
    Outcome write(const model::Batch& batch, std::int64_t deadline_ns = 0) {
        const model::Batch* const one[] = {&batch};
        return write(one, deadline_ns);
    }
    Outcome connect() { return write(std::span<const model::Batch* const>{}); }

    // The state (INGEST_HEALTH_*) as the code, and the message.
    Outcome health() const {
        ingest_health health{};
        health.struct_size = sizeof health;
        table_->health(self_, &health);
        return {health.state, health.message};
    }
    Outcome flush(std::int64_t deadline_ns = 0) {
        return outcome(
            [&](ingest_error* error) { return table_->flush(self_, deadline_ns, error); });
    }
};

class Query : public Instance<ingest_query> {
public:
    Query(const Plugin& plugin, std::string_view options_json, const model::Schema& schema)
        : Instance(plugin, INGEST_QUERY_ID, options_json, schema) {}

    Outcome latest(std::string_view equipment_id, std::uint32_t limit, Rows& rows,
                   std::int64_t deadline_ns = 0) {
        return outcome([&](ingest_error* error) {
            return table_->latest(self_, {equipment_id.data(), equipment_id.size()}, limit,
                                  deadline_ns, rows.table(), error);
        });
    }
};

}  // namespace ingest::test
