#pragma once

#include <cstdint>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <ingest/sdk/schema.hpp>

// What was last seen in one column of one equipment.
struct Seen {
    bool any = false;
    ingest::sdk::Time when{};
    double value = 0;
    ingest::sdk::Time same_since{};  // of the readings since when the value has been this one
};

// By watched column.
using History = std::vector<Seen>;

// The histories of the equipments that reported last; of more than `limit` the one that was silent
// for longest is forgotten. So its size is bounded, whatever ids clients make up.
class Memory {
public:
    explicit Memory(size_t limit) : limit_(limit) {}

    // Without touching the order: asking is not reporting.
    const History* find(std::string_view equipment_id) const {
        const auto found = index_.find(equipment_id);
        return found == index_.end() ? nullptr : &found->second->history;
    }

    // REQUIRES: limit > 0.
    void keep(std::string_view equipment_id, const History& history) {
        if (const auto found = index_.find(equipment_id); found != index_.end()) {
            found->second->history = history;
            entries_.splice(entries_.begin(), entries_, found->second);
            return;
        }
        if (entries_.size() == limit_) {
            index_.erase(entries_.back().equipment_id);
            entries_.pop_back();
        }
        entries_.push_front({std::string(equipment_id), history});
        index_.emplace(entries_.front().equipment_id, entries_.begin());
    }

private:
    struct Entry {
        std::string equipment_id;
        History history;
    };
    size_t limit_;
    std::list<Entry> entries_;  // the one that reported last is in front
    std::unordered_map<std::string_view, std::list<Entry>::iterator> index_;
};
