#include "app/config/reader.h"

#include <algorithm>

#include "app/config/scalar.h"
#include "base/ascii.h"

namespace ingest::app::config {

using std::chrono::milliseconds;

MapReader::MapReader(const Node& map, std::string path, Diagnostics& diagnostics, Setting& setting,
                     Purpose purpose)
    : map_(&map),
      path_(std::move(path)),
      diagnostics_(&diagnostics),
      setting_(&setting),
      purpose_(purpose),
      is_map_(!map.broken && (map.is_map() || map.is_null())) {
    if (!is_map_ && !map.broken) {
        const std::string where = path_.empty() ? "the file" : path_;
        diagnostics_->add(map.mark, where + ": found " + describe(map),
                          "give a map, `key: value` lines");
    }
}

const Node* MapReader::find(std::string_view key) {
    if (std::find(asked_.begin(), asked_.end(), key) == asked_.end()) asked_.push_back(key);
    const Node::Member* member = map_->find(key);
    return member == nullptr || member->value.broken ? nullptr : &member->value;
}

const Node* MapReader::find_scalar(std::string_view key, std::string_view expected) {
    const Node* node = find(key);
    if (node == nullptr || node->is_scalar()) return node;
    error(key, "found " + describe(*node), "give " + std::string(expected));
    return nullptr;
}

const Node* MapReader::find_sequence(std::string_view key) {
    const Node* node = find(key);
    if (node == nullptr || node->is_sequence() || node->is_null()) return node;
    error(key, "found " + describe(*node), "give a list, `- item` lines");
    return nullptr;
}

void MapReader::boolean(std::string_view key, bool& to) {
    static constexpr std::string_view expected = "true or false";
    const Node* node = find_scalar(key, expected);
    if (node != nullptr) {
        if (const auto value = parse_boolean(node->text)) {
            to = *value;
        } else {
            error(key, describe(*node) + " is not a boolean", "give " + std::string(expected));
        }
    }
    record(key, Setting::Kind::boolean, node, {to ? "true" : "false"});
}

void MapReader::read_integer(std::string_view key, std::int64_t& to, Range<std::int64_t> range) {
    const std::string expected =
        "an integer " + std::to_string(range.min) + ".." + std::to_string(range.max);
    const Node* node = find_scalar(key, expected);
    if (node != nullptr) {
        const auto value = parse_integer(node->text);
        if (value && *value >= range.min && *value <= range.max) {
            to = *value;
        } else {
            const bool integer = looks_like_integer(node->text);
            error(key, describe(*node) + (integer ? " is out of range" : " is not an integer"),
                  "give " + expected);
        }
    }
    record_number(key, Setting::Kind::integer, node, std::to_string(to), range);
}

void MapReader::duration(std::string_view key, milliseconds& to, Range<milliseconds> range) {
    const std::string expected = "a duration " + to_text(range.min) + ".." + to_text(range.max) +
                                 " in ms, s, m or h, such as " + to_text(to);
    const Node* node = find_scalar(key, expected);
    if (node != nullptr) {
        const auto value = parse_duration(node->text);
        if (value && *value >= range.min && *value <= range.max) {
            to = *value;
        } else {
            const std::string_view wrong = value ? " is out of range"
                                           : looks_like_integer(node->text)
                                               ? " has no unit"
                                               : " is not a duration";
            error(key, describe(*node) + std::string(wrong), "give " + expected);
        }
    }
    record_number(key, Setting::Kind::duration, node, to_text(to),
                  {range.min.count(), range.max.count()});
}

void MapReader::size(std::string_view key, std::uint64_t& to, Range<std::uint64_t> range) {
    const std::string expected = "a size " + size_to_text(range.min) + ".." +
                                 size_to_text(range.max) +
                                 " in bytes, KiB, MiB, GiB or TiB, such as " + size_to_text(to);
    const Node* node = find_scalar(key, expected);
    if (node != nullptr) {
        const auto value = parse_size(node->text);
        if (value && *value >= range.min && *value <= range.max) {
            to = *value;
        } else {
            const bool size = value || looks_like_integer(node->text);
            error(key, describe(*node) + (size ? " is out of range" : " is not a size"),
                  "give " + expected);
        }
    }
    record_number(key, Setting::Kind::size, node, size_to_text(to),
                  {static_cast<std::int64_t>(range.min), static_cast<std::int64_t>(range.max)});
}

bool MapReader::may_be_shown(std::string_view key, const Node& node) {
    if (!node.secret) return true;
    diagnostics_->add(node.mark,
                      path_of(key) + ": comes from a file, as secrets do, and is shown in logs",
                      "write it here, or take it from the environment");
    return false;
}

bool MapReader::text(std::string_view key, std::string& to, TextRule rule) {
    const Node* node = find_scalar(key, rule.expected);
    if (node != nullptr && !may_be_shown(key, *node)) node = nullptr;
    const bool fits = node != nullptr && rule.fits(node->text);
    if (fits) {
        to = node->text;
    } else if (node != nullptr) {
        error(key, describe(*node) + " does not fit", "give " + std::string(rule.expected));
    }
    record(key, Setting::Kind::text, node, {to}).rule = rule;
    return fits;
}

std::size_t MapReader::read_word(std::string_view key, std::span<const std::string_view> words) {
    std::string expected = "one of ";
    for (const std::string_view word : words) {
        if (word != words.front()) expected += ", ";
        expected += word;
    }
    const Node* node = find_scalar(key, expected);
    record(key, Setting::Kind::word, node).words.assign(words.begin(), words.end());
    if (node == nullptr) return words.size();
    for (std::size_t i = 0; i < words.size(); ++i) {
        if (equals_ignoring_case(words[i], node->text)) return i;
    }
    error(key, describe(*node) + " is none of the allowed words", "give " + expected);
    return words.size();
}

void MapReader::require(std::string_view key, std::string_view right) {
    recorded(key).required = true;
    if (!has(key)) error(key, "is missing", right);
}

Setting& MapReader::record(std::string_view key, Setting::Kind kind, const Node* node,
                           std::vector<std::string> values) {
    Setting& setting = setting_->members.emplace_back();
    setting.key = key;
    setting.kind = kind;
    setting.given = has(key);
    setting.values = std::move(values);
    if (node != nullptr) {
        setting.secret = node->secret || std::any_of(node->items.begin(), node->items.end(),
                                                     [](const Node& item) { return item.secret; });
    }
    return setting;
}

Setting& MapReader::record_number(std::string_view key, Setting::Kind kind, const Node* node,
                                  std::string value, Range<std::int64_t> range) {
    Setting& setting = record(key, kind, node, {std::move(value)});
    setting.min = range.min;
    setting.max = range.max;
    return setting;
}

void MapReader::finish() {
    if (!is_map_) return;
    const std::string where = path_.empty() ? "" : " in " + path_;
    for (const Node::Member& member : map_->members) {
        if (std::find(asked_.begin(), asked_.end(), member.key) != asked_.end()) continue;
        diagnostics_->add(member.key_mark, "unknown key " + quote(member.key) + where,
                          suggest(member.key, asked_));
    }
}

void MapReader::error(std::string_view key, std::string_view wrong, std::string_view right) {
    if (!is_map_) return;
    const Node::Member* member = map_->find(key);
    if (member != nullptr && member->value.broken) return;
    diagnostics_->add(member == nullptr ? map_->mark : member->value.mark,
                      path_of(key) + ": " + std::string(wrong), right);
}

std::string MapReader::path_of(std::string_view key) const {
    return (path_.empty() ? "" : path_ + ".") + std::string(key);
}

}  // namespace ingest::app::config
