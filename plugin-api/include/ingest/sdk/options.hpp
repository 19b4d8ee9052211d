#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "ingest/sdk/host.hpp"

namespace ingest::sdk {

// The options of one instance, read by the host ("ingest.options/1"), so that a plugin needs no
// JSON parser. The host has checked them against the manifest and filled in its defaults.
//
//     max_(options.need<double>("/max"))
//     name_(options.get<std::string>("/name", "default"))
//
// Valid in the plugin's constructor only: read each option once, there. Every call parses the
// document anew. A pointer is a JSON pointer: "/max", "/limits/0/max"; "" is the whole document. T
// is double, int64_t, bool or std::string. What is wrong is thrown as a config_error that names the
// option.
class Options {
public:
    Options(Host host, std::string_view json) : host_(host), json_(json) {}

    // The whole document, whatever `at` was.
    std::string_view json() const noexcept { return json_; }

    // None when there is no such option, or it is null.
    template <class T>
    std::optional<T> find(std::string_view pointer) const {
        static_assert(std::is_same_v<T, double> || std::is_same_v<T, int64_t> ||
                          std::is_same_v<T, bool> || std::is_same_v<T, std::string>,
                      "an option is a double, int64_t, bool or std::string");
        const std::string place = base_ + std::string(pointer);
        std::optional<T> found(std::in_place);
        const int32_t code = read(place, *found);
        return judge(code, place, name_of<T>()) ? std::move(found) : std::nullopt;
    }
    template <class T>
    T get(std::string_view pointer, std::type_identity_t<T> otherwise) const {
        std::optional<T> found = find<T>(pointer);
        return found ? *std::move(found) : std::move(otherwise);
    }
    // Throws when it is not there.
    template <class T>
    T need(std::string_view pointer) const {
        std::optional<T> found = find<T>(pointer);
        if (!found) throw wrong(pointer, "is missing");
        return *std::move(found);
    }

    // The elements of an array; none when it is not there.
    template <class T>
    std::vector<T> list(std::string_view pointer) const {
        std::vector<T> elements;
        const uint64_t count = size(pointer);
        for (uint64_t i = 0; i < count; ++i) {
            elements.push_back(need<T>(std::string(pointer) + "/" + std::to_string(i)));
        }
        return elements;
    }
    // How many elements an array or members an object has; 0 when it is not there.
    uint64_t size(std::string_view pointer) const {
        const std::string place = base_ + std::string(pointer);
        uint64_t count = 0;
        const int32_t code =
            service().get_size(host_.context(), to_str(json_), to_str(place), &count);
        return judge(code, place, "an array or an object") ? count : 0;
    }
    // The names of an object's members, sorted; none when it is not there. Give a name to `member`
    // to make a pointer of it.
    std::vector<std::string> names(std::string_view pointer) const {
        const std::string place = base_ + std::string(pointer);
        std::vector<std::string> all(size(pointer));
        for (size_t i = 0; i < all.size(); ++i) {
            const auto call = [&](char* data, uint64_t room, uint64_t* size) {
                return service().get_name(host_.context(), to_str(json_), to_str(place), i, data,
                                          room, size);
            };
            judge(read_text(call, all[i]), place, "an object");
        }
        return all;
    }

    // What is below a pointer, as options: at("/rules/0").need<bool>("/on").
    Options at(std::string_view pointer) const {
        Options below = *this;
        below.base_ += pointer;
        return below;
    }
    // A pointer to the member of an object, of which ~ and / are escaped: member("max") is "/max".
    static std::string member(std::string_view name) {
        std::string pointer = "/";
        for (const char c : name) {
            if (c == '~') {
                pointer += "~0";
            } else if (c == '/') {
                pointer += "~1";
            } else {
                pointer += c;
            }
        }
        return pointer;
    }
    // A pointer of this as one of the whole document, for config_error.
    std::string place(std::string_view pointer) const { return base_ + std::string(pointer); }
    // To be thrown: throw options.wrong("/min", "must not be above max");
    Error wrong(std::string_view pointer, std::string_view message) const {
        return config_error(place(pointer), message);
    }

private:
    template <class T>
    static constexpr std::string_view name_of() noexcept {
        if constexpr (std::is_same_v<T, double>) return "a number";
        if constexpr (std::is_same_v<T, int64_t>) return "an integer of 64 bits";
        if constexpr (std::is_same_v<T, bool>) return "true or false";
        return "a text";
    }

    // Whether there is a value.
    static bool judge(int32_t code, std::string_view place, std::string_view wanted) {
        if (code == INGEST_OK) return true;
        if (code == INGEST_UNSUPPORTED) return false;
        throw config_error(place, "must be " + std::string(wanted));
    }

    int32_t read(std::string_view place, double& value) const {
        return service().get_f64(host_.context(), to_str(json_), to_str(place), &value);
    }
    int32_t read(std::string_view place, int64_t& value) const {
        return service().get_i64(host_.context(), to_str(json_), to_str(place), &value);
    }
    int32_t read(std::string_view place, bool& value) const {
        int32_t bit = 0;
        const int32_t code =
            service().get_bool(host_.context(), to_str(json_), to_str(place), &bit);
        value = bit != 0;
        return code;
    }
    int32_t read(std::string_view place, std::string& value) const {
        const auto call = [&](char* data, uint64_t room, uint64_t* size) {
            return service().get_utf8(host_.context(), to_str(json_), to_str(place), data, room,
                                      size);
        };
        return read_text(call, value);
    }

    // `call` gets a buffer, its room and where to put the whole size. Most texts fit at once.
    template <class Call>
    static int32_t read_text(const Call& call, std::string& text) {
        text.resize(256);
        while (true) {
            uint64_t size = 0;
            const int32_t code = call(text.data(), text.size(), &size);
            const bool cut = size > text.size();
            text.resize(code == INGEST_OK ? size : 0);
            if (!cut || code != INGEST_OK) return code;
        }
    }

    const ingest_options& service() const {
        const void* table = host_.service(INGEST_OPTIONS_ID);
        if (table == nullptr) throw fatal("this host has not got the service " INGEST_OPTIONS_ID);
        return *static_cast<const ingest_options*>(table);
    }

    Host host_;
    std::string_view json_;
    std::string base_;
};

}  // namespace ingest::sdk
