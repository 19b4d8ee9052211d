#include "app/config/mask.h"

#include <algorithm>
#include <array>

#include "app/config/manifest_option.h"
#include "app/config/scalar.h"
#include "base/ascii.h"

namespace ingest::app::config {
namespace {

using nlohmann::json;

constexpr std::string_view blanks = " \t\r\n";
constexpr std::array<std::string_view, 8> secret_names{
    "password", "passwd", "pwd", "token", "secret", "apikey", "api_key", "access_key"};

// Of each scheme://user:PASSWORD@host. Up to the last @ of the word, as passwords are pasted with
// any sign in them: rather a harmless text too many is masked than half a password shown.
std::string without_user_passwords(std::string_view text) {
    static constexpr std::string_view slashes = "://";
    std::string out;
    while (true) {
        const std::size_t found = text.find(slashes);
        if (found == text.npos) return out.append(text);
        const std::size_t begin = found + slashes.size();
        const std::string_view word =
            text.substr(begin, std::min(text.find_first_of(blanks, begin), text.size()) - begin);
        out.append(text.substr(0, begin));
        text.remove_prefix(begin);
        const std::size_t colon = word.find(':');
        const std::size_t at = word.rfind('@');
        if (at == word.npos || colon == word.npos || colon + 1 >= at) continue;
        out.append(word.substr(0, colon + 1)).append(mask);
        text.remove_prefix(at);
    }
}

bool is_secret_name(std::string_view name) {
    return std::any_of(secret_names.begin(), secret_names.end(), [&](std::string_view secret) {
        return name.size() >= secret.size() &&
               equals_ignoring_case(name.substr(name.size() - secret.size()), secret);
    });
}

// Of each NAME=VALUE between blanks, ?, & and ;. A value in single quotes may have blanks.
std::string without_parameters(std::string_view text) {
    static constexpr std::string_view before_name = " \t\r\n?&;";
    static constexpr std::string_view behind_value = " \t\r\n&;#";
    std::string out;
    while (true) {
        const std::size_t equals = text.find('=');
        if (equals == text.npos) return out.append(text);
        const std::size_t before = text.substr(0, equals).find_last_of(before_name);
        const std::size_t name = before == text.npos ? 0 : before + 1;
        out.append(text.substr(0, equals + 1));
        const bool secret = is_secret_name(text.substr(name, equals - name));
        text.remove_prefix(equals + 1);
        if (!secret || text.empty()) continue;
        std::size_t end = text.find_first_of(behind_value);
        if (text.starts_with('\'')) {
            end = text.find('\'', 1);
            end = end == text.npos ? end : end + 1;
        }
        out.append(mask);
        text.remove_prefix(std::min(end, text.size()));
    }
}

class Masking {
public:
    explicit Masking(std::vector<std::string>& masked) : masked_(masked) {}

    void object(json& options, const Node* node, const json& declared, const std::string& path) {
        static const json undeclared;
        for (auto& [key, value] : options.items()) {
            const Node::Member* given = node == nullptr ? nullptr : node->find(key);
            const json* option = find_option(declared, key);
            one(value, given == nullptr ? nullptr : &given->value,
                option == nullptr ? undeclared : *option, path + "." + key);
        }
    }

private:
    void one(json& value, const Node* node, const json& option, const std::string& path) {
        if (is_true(member(option, "secret")) || (node != nullptr && node->secret)) {
            value = mask;
            masked_.push_back(path);
        } else if (value.is_object()) {
            object(value, node, member(option, "options"), path);
        } else if (value.is_array()) {
            for (std::size_t i = 0; i < value.size(); ++i) {
                const bool given = node != nullptr && i < node->items.size();
                one(value[i], given ? &node->items[i] : nullptr, member(option, "items"),
                    path + "[" + std::to_string(i) + "]");
            }
        } else if (value.is_string()) {
            std::string shown = without_passwords(value.get_ref<const std::string&>());
            if (shown == value.get_ref<const std::string&>()) return;
            value = std::move(shown);
            masked_.push_back(path);
        }
    }

    std::vector<std::string>& masked_;
};

}  // namespace

std::string without_passwords(std::string_view text) {
    return without_parameters(without_user_passwords(text));
}

void mask_options(json& options, const Node& node, const json& manifest_options,
                  const std::string& path, std::vector<std::string>& masked) {
    Masking(masked).object(options, &node, manifest_options, path);
}

}  // namespace ingest::app::config
