#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "conformance/calls.h"
#include "conformance/check.h"
#include "conformance/samples.h"
#include "conformance/shown_batch.h"
#include "plugin/library.h"
#include "plugin/promises.h"
#include "plugin/report.h"

namespace ingest::conformance {

// Loads the plugin in this child; earlier checks have found that it can be.
template <class Work>
Outcome with_library(const Subject& subject, Work&& work) {
    now_doing("loading");
    const auto library = plugin::Library::load(subject.file, subject.id);
    if (!library) return failed(library.error().message, "see `interfaces`; was it replaced?");
    return work(**library);
}

inline constexpr Contract create_contract{"create", {INGEST_CONFIG, INGEST_FATAL, INGEST_INTERNAL}};

// An instance of a function table, as `create` made it; destroyed with this, unless it was before.
// `library` and `schema` outlive it.
template <class Table>
class Instance {
public:
    Instance(const plugin::Library& library, const Table& table, std::string_view options_json,
             const model::Schema& schema, const ingest_host* host = nullptr,
             std::string_view doing = "create")
        : library_(library), table_(table), schema_(schema) {
        created_ = call(library.callee(), {"create"}, doing, [&](ingest_error* error) {
            return table_.create(host != nullptr ? host : library_.host(),
                                 {options_json.data(), options_json.size()}, schema.arrow(),
                                 &self_, error);
        });
        exists_ = created_.ok();
    }
    ~Instance() { destroy(); }
    Instance(const Instance&) = delete;
    Instance& operator=(const Instance&) = delete;

    const Told& created() const noexcept { return created_; }
    // What `create` wrote although it failed; null is due then.
    void* self() const noexcept { return self_; }
    Told destroy() {
        if (!exists_) return {};
        exists_ = false;
        return call(library_.callee(), {"destroy"}, "destroy", [&](ingest_error*) {
            table_.destroy(self_);
            return INGEST_OK;
        });
    }

    const plugin::Library& library() const noexcept { return library_; }
    const model::Schema& schema() const noexcept { return schema_; }
    const Table& table() const noexcept { return table_; }

private:
    const plugin::Library& library_;
    const Table& table_;
    const model::Schema& schema_;
    void* self_ = nullptr;
    bool exists_ = false;
    Told created_;
};

// What a validator said of a batch, as the host takes it.
struct Opinion {
    Told told;
    std::vector<plugin::Report::Issue> issues = {};
    std::uint64_t misbehaviours = 0;
    std::string first_misbehaviour = {};
    model::Batch edited;  // with its changes
};
// What differs, "row 3: out_of_range, then nothing"; empty: nothing.
std::string difference(const Opinion& a, const Opinion& b);

class TriedValidator : public Instance<ingest_validator> {
public:
    TriedValidator(const plugin::Library& library, std::string_view options_json,
                   const model::Schema& schema, const ingest_host* host = nullptr)
        : Instance(library, *library.validator(), options_json, schema, host),
          promises_(library.manifest(), schema) {}

    Opinion validate(const model::Batch& batch, std::string_view doing, const Escort& escort = {});
    // The same for a batch that is shown otherwise than PlainBatch does.
    Opinion validate_shown(const model::Batch& batch, const ingest_batch& shown,
                           std::string_view doing);
    // Into a report that is used for nothing else; for loops.
    Told validate_only(const ingest_batch& shown, const model::Batch& batch,
                       plugin::Report& report);

private:
    const plugin::Promises promises_;
};

// Makes an instance with the subject's options and the schema for it, and has `work` try it.
template <class Work>
Outcome with_validator(const Subject& subject, Work&& work) {
    return with_library(subject, [&](const plugin::Library& library) {
        const auto schema = schema_for(subject);
        TriedValidator validator(library, subject.options_json, *schema);
        if (!validator.created().ok()) {
            return failed("create: " + words_of(validator.created()), "see `create`");
        }
        return work(validator);
    });
}

inline constexpr Contract write_contract{
    "write", {INGEST_RETRY, INGEST_TIMEOUT, INGEST_REJECT, INGEST_FATAL}};
inline constexpr Contract flush_contract{
    "flush", {INGEST_RETRY, INGEST_TIMEOUT, INGEST_FATAL, INGEST_INTERNAL}};

class TriedSink : public Instance<ingest_sink> {
public:
    TriedSink(const plugin::Library& library, std::string_view options_json,
              const model::Schema& schema, const ingest_host* host = nullptr)
        : Instance(library, *library.sink(), options_json, schema, host) {}

    // Each batch's deadline is `seconds` from now, 0: none.
    Told write(const std::vector<const model::Batch*>& batches, double seconds,
               std::string_view doing);
    Told write(const model::Batch& batch, double seconds, std::string_view doing) {
        return write(std::vector{&batch}, seconds, doing);
    }
    Told write_shown(const ingest_batch& shown, std::string_view doing);
    Told flush(double seconds);

private:
    std::uint64_t sequence_ = 1;
};

template <class Work>
Outcome with_sink(const Subject& subject, Work&& work) {
    return with_library(subject, [&](const plugin::Library& library) {
        const auto schema = schema_for(subject);
        TriedSink sink(library, subject.options_json, *schema);
        if (!sink.created().ok()) {
            return failed("create: " + words_of(sink.created()), "see `create`");
        }
        return work(sink);
    });
}

// The monotonic time that is so many seconds from now; 0 stays 0.
std::int64_t deadline_in(double seconds) noexcept;

}  // namespace ingest::conformance
