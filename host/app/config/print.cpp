#include "app/config/print.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "app/config/mask.h"
#include "app/config/scalar.h"
#include "base/ascii.h"
#include "base/json_text.h"

namespace ingest::app::config {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;
using Kind = Setting::Kind;

// True for words that every reader of YAML takes for the text that they are.
bool is_plain(std::string_view text) {
    static constexpr std::array<std::string_view, 9> special{
        "null", "true", "false", "yes", "no", "on", "off", "y", "n"};
    if (parse_duration(text) || (parse_size(text) && !looks_like_integer(text)))
        return text.find(' ') == text.npos;
    return !text.empty() && is_alpha(text[0]) &&
           std::all_of(text.begin(), text.end(),
                       [](char c) { return is_alpha(c) || is_digit(c) || c == '_' || c == '-'; }) &&
           std::none_of(special.begin(), special.end(),
                        [&](std::string_view word) { return equals_ignoring_case(word, text); });
}

void append_text(std::string& out, std::string_view text) {
    if (is_plain(text)) {
        out += text;
    } else {
        append_json_string(out, text);
    }
}

// A $ before a $ or a { would be read as the beginning of an expression.
std::string without_expressions(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        out += text[i];
        const bool begins = i + 1 < text.size() && (text[i + 1] == '$' || text[i + 1] == '{');
        if (text[i] == '$' && begins) out += '$';
    }
    return out;
}

void append_scalar(std::string& out, const ordered_json& value) {
    if (value.is_string()) {
        append_text(out, without_expressions(value.get_ref<const std::string&>()));
    } else if (value.is_number_float()) {
        // Whole numbers without a fraction: where a manifest says number, 5 is read as 5.0.
        const auto number = value.get<double>();
        const bool whole = std::trunc(number) == number && std::abs(number) < 1e15;
        if (whole && !(number == 0 && std::signbit(number))) {
            out += std::to_string(static_cast<std::int64_t>(number));
        } else {
            append_json_number(out, number);
        }
    } else {
        out += value.dump();
    }
}

// In block style; `out` ends behind the key or the dash that the value belongs to. `column` is that
// of the keys or dashes of `value`.
void append_yaml(std::string& out, const ordered_json& value, std::size_t column, bool in_list) {
    if (!value.is_structured()) {
        out += ' ';
        append_scalar(out, value);
        out += '\n';
        return;
    }
    if (value.empty()) {
        out += value.is_array() ? " []\n" : " {}\n";
        return;
    }
    // The first key of a map in a list stands behind the dash.
    bool behind_dash = in_list && value.is_object();
    if (!behind_dash) out += '\n';
    for (const auto& [key, inner] : value.items()) {
        out += behind_dash ? " " : std::string(column, ' ');
        behind_dash = false;
        if (value.is_array()) {
            out += '-';
        } else {
            append_text(out, key);
            out += ':';
        }
        append_yaml(out, inner, column + 2, value.is_array());
    }
}

class Printing {
public:
    Printing(const std::filesystem::path& base, const OptionsOf& options_of)
        : base_(base), options_of_(options_of) {}

    // Discarded: nothing is to be printed.
    ordered_json value(const Setting& setting, const std::string& path) {
        switch (setting.kind) {
            case Kind::section: return section(setting, path);
            case Kind::list: {
                ordered_json out = ordered_json::array();
                for (std::size_t i = 0; i < setting.members.size(); ++i) {
                    out.push_back(
                        section(setting.members[i], path + "[" + std::to_string(i) + "]"));
                }
                return out;
            }
            case Kind::options: {
                const std::string_view use(path.data(), path.rfind('.'));
                return options_of_(use, masked_);
            }
            case Kind::texts: return texts(setting, path);
            default: return single(setting, path);
        }
    }

    const std::vector<std::string>& masked() const noexcept { return masked_; }

private:
    ordered_json section(const Setting& setting, const std::string& path) {
        ordered_json out = ordered_json::object();
        for (const Setting& member : setting.members) {
            ordered_json inner = value(member, path.empty() ? member.key : path + "." + member.key);
            if (!inner.is_discarded()) out[member.key] = std::move(inner);
        }
        return out;
    }

    ordered_json texts(const Setting& setting, const std::string& path) {
        // An empty list would say something else than that none is given.
        if (!setting.given && !setting.is_fixed) return nothing();
        ordered_json out = ordered_json::array();
        if (setting.secret) {
            masked_.push_back(path);
            out.push_back(mask);
            return out;
        }
        for (std::size_t i = 0; i < setting.values.size(); ++i) {
            out.push_back(text(setting, setting.values[i], path + "[" + std::to_string(i) + "]"));
        }
        return out;
    }

    static ordered_json nothing() { return ordered_json::value_t::discarded; }

    ordered_json single(const Setting& setting, const std::string& path) {
        if (setting.values.empty()) return nothing();
        const std::string& written = setting.values.front();
        // There is no way to say in a file that a text is not given.
        if (setting.kind == Kind::text && written.empty() && !setting.given) return nothing();
        if (setting.secret) {
            masked_.push_back(path);
            return mask;
        }
        if (setting.kind == Kind::boolean) return written == "true";
        if (setting.kind == Kind::integer) return parse_integer(written).value_or(0);
        if (setting.kind == Kind::text) return text(setting, written, path);
        return written;
    }

    std::string text(const Setting& setting, const std::string& written, const std::string& path) {
        if (setting.is_path)
            return std::filesystem::absolute(base_ / written).lexically_normal().string();
        std::string shown = without_passwords(written);
        if (shown != written) masked_.push_back(path);
        return shown;
    }

    const std::filesystem::path& base_;
    const OptionsOf& options_of_;
    std::vector<std::string> masked_;
};

}  // namespace

std::string to_yaml(const Setting& settings, const std::filesystem::path& base,
                    const OptionsOf& options_of) {
    Printing printing(base, options_of);
    const ordered_json values = printing.value(settings, "");
    std::string out =
        "# The configuration that the host runs with: defaults, file and environment together.\n";
    if (!printing.masked().empty()) {
        out += "# These are secret, and masked; put them in before this is used:\n";
        for (const std::string& path : printing.masked()) out += "#   " + path + '\n';
    }
    std::string yaml;
    append_yaml(yaml, values, 0, false);
    return out + yaml.substr(1);
}

}  // namespace ingest::app::config
