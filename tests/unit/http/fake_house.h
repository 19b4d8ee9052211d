#pragma once

#include <atomic>
#include <deque>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <condition_variable>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "http/server.h"
#include "ingest/explanation.h"

namespace ingest::http {

// What is behind the HTTP room, for tests: a front per core that judges a body by its first word
// ("bad", "refuse", "fail", "warn", anything else is accepted), and one thread that acknowledges
// groups, at once or when the test says so. Outlives the server.
class FakeHouse {
public:
    FakeHouse() : thread_([this] { run(); }) {}
    ~FakeHouse() {
        {
            std::lock_guard lock(mutex_);
            stopping_ = true;
        }
        changed_.notify_all();
        thread_.join();
    }

    Services services() {
        Services made;
        made.make_front = [this](unsigned) { return std::make_unique<Front>(*this); };
        made.health = [this] {
            if (stuck) {
                std::exchange(stuck, std::nullopt)->set_value();
                release_core.get_future().wait();
            }
            return observe::Health{
                true, 1.5, {{"database", true, false}, {"redis", false, false}}, {}};
        };
        made.readiness = [this] {
            return observe::Readiness{ready, {{"database", true}, {"spool", ready}}};
        };
        made.ledger = [] {
            observe::Ledger ledger;
            ledger.spool.state = "accepting";
            ledger.sinks.push_back({.name = "redis", .accepted = 3, .waiting = 3});
            return ledger;
        };
        made.plugins = [] {
            observe::Plugins plugins;
            plugins.validators.emplace_back().loaded.file = "/opt/plugins/range.so";
            return plugins;
        };
        made.overload = [this]() -> std::optional<intake::Overload> {
            if (overloaded) return intake::Overload{"the spool is full", 9};
            return std::nullopt;
        };
        made.latest = [this](std::string id, std::uint32_t limit,
                             std::function<void(LatestAnswer)> done) {
            latest(std::move(id), limit, std::move(done));
        };
        made.assets = {{"/docs", "text/html; charset=utf-8", "<html>"},
                       {"/api/v1/openapi.json", "application/json", "{}"},
                       {"/docs/large.js", "text/javascript", large_asset}};
        return made;
    }

    // Groups wait for release() from now on.
    void hold() {
        std::lock_guard lock(mutex_);
        held_ = true;
    }
    void release(intake::Ack with) {
        {
            std::lock_guard lock(mutex_);
            held_ = false;
            ack_ = with;
        }
        changed_.notify_all();
    }
    std::size_t groups_waiting() {
        std::lock_guard lock(mutex_);
        return groups_.size();
    }
    std::vector<std::string> bodies() {
        std::lock_guard lock(mutex_);
        return bodies_;
    }

    const model::Schema schema{{{"temperature", model::ColumnType::float64, true}}};
    const std::string large_asset = std::string(8'000'000, 'a') + "end";
    std::atomic<bool> ready{true};
    std::atomic<bool> overloaded{false};
    std::atomic<bool> keep_bodies{true};
    std::atomic<std::size_t> hand_overs{0};
    std::atomic<std::uint32_t> readings{2};  // of each batch
    std::atomic<std::size_t> outcome_bytes{0};  // what each says that it holds
    std::optional<std::promise<void>> stuck;  // /health sets it, and waits for release_core
    std::promise<void> release_core;

private:
    class Front final : public intake::Front {
    public:
        explicit Front(FakeHouse& house) : house_(house) {}

        intake::Outcome accept(const intake::Request& request) override {
            if (house_.keep_bodies) {
                std::lock_guard lock(house_.mutex_);
                house_.bodies_.push_back(std::string(request.body) + "|" +
                                         std::string(request.idempotency_key));
            }
            intake::Outcome outcome;
            outcome.total = request.form == intake::Form::single ? 1 : house_.readings.load();
            if (request.body.starts_with("bad")) {
                outcome.detail = "not JSON";
                return outcome;
            }
            if (request.body.starts_with("fail")) {
                outcome.kind = intake::Outcome::Kind::failed;
                outcome.detail = "a check failed";
                return outcome;
            }
            if (request.body.starts_with("refuse")) {
                outcome.kind = intake::Outcome::Kind::refused;
                outcome.errors = {{0, "temperature", "out_of_range", "too hot"}};
                outcome.error_equipment_ids = {"PUMP-A-001"};
                return outcome;
            }
            if (request.body.starts_with("warn")) outcome.warnings = {{0, "", "hot", "hot"}};
            outcome.kind = intake::Outcome::Kind::accepted;
            outcome.bytes = house_.outcome_bytes;
            for (std::uint32_t i = 0; i < outcome.total; ++i)
                outcome.accepted.push_back({i, ids_.next(1), "PUMP-A-001", 0});
            pending_ += outcome.total;
            return outcome;
        }
        intake::Explanation explain(const intake::Request& request) override {
            intake::Explanation explanation;
            if (request.body.starts_with("bad")) {
                explanation.detail = "not JSON";
                return explanation;
            }
            explanation.kind = intake::Outcome::Kind::refused;
            return explanation;
        }
        std::int64_t pending_rows() const noexcept override { return pending_; }
        bool full() const noexcept override { return pending_ >= 20; }
        void hand_over(std::function<void(intake::Ack)> done) override {
            pending_ = 0;
            ++house_.hand_overs;
            {
                std::lock_guard lock(house_.mutex_);
                house_.groups_.push_back(std::move(done));
            }
            house_.changed_.notify_all();
        }

    private:
        FakeHouse& house_;
        UuidSource ids_;
        std::int64_t pending_ = 0;
    };

    // NONE is down, LATER never answers, UNKNOWN was never seen; others have `limit` rows.
    void latest(std::string id, std::uint32_t limit, std::function<void(LatestAnswer)> done) {
        if (id == "LATER") return;
        LatestAnswer answer;
        if (id != "NONE") {
            answer.kind = LatestAnswer::Kind::rows;
            answer.rows.emplace(schema);
            for (std::uint32_t i = 0; i < limit && id != "UNKNOWN"; ++i) {
                answer.rows->add_row();
                answer.rows->set_uuid(model::column_reading_id, Uuid{});
                answer.rows->set_utf8(model::column_equipment_id, id);
                answer.rows->set_int64(model::column_timestamp, 0);
                answer.rows->set_int64(model::column_received_at, 0);
                answer.rows->set_float64(model::column_first_field, 0.1 + i);
            }
        }
        if (id == "HERE") return done(std::move(answer));  // inside the call
        std::thread([answer = std::move(answer), done = std::move(done)]() mutable {
            done(std::move(answer));
        }).detach();
    }

    void run() {
        std::unique_lock lock(mutex_);
        for (;;) {
            changed_.wait(lock, [this] { return stopping_ || (!held_ && !groups_.empty()); });
            if (stopping_) return;
            std::deque<std::function<void(intake::Ack)>> groups;
            groups.swap(groups_);
            const intake::Ack ack = ack_;
            lock.unlock();
            for (auto& done : groups) done(ack);
            lock.lock();
        }
    }

    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<std::function<void(intake::Ack)>> groups_;
    std::vector<std::string> bodies_;
    intake::Ack ack_ = intake::Ack::stored;
    bool held_ = false;
    bool stopping_ = false;
    std::thread thread_;
};

}  // namespace ingest::http
