#include "app/config/interpolate.h"

#include <algorithm>
#include <cstdlib>

#include "app/config/scalar.h"
#include "base/ascii.h"
#include "base/guarded_file.h"

namespace ingest::app::config {

namespace {

constexpr std::size_t secret_bytes_max = 64 * 1024;

bool is_name(std::string_view name) {
    return !name.empty() && !is_digit(name[0]) &&
           std::ranges::all_of(name, [](char c) { return is_alpha(c) || is_digit(c) || c == '_'; });
}

// The index of the brace that closes the one before `begin`, or npos.
std::size_t closing_brace(std::string_view text, std::size_t begin) {
    std::size_t depth = 1;
    for (std::size_t i = begin; i < text.size(); ++i) {
        if (text[i] == '{') ++depth;
        if (text[i] == '}' && --depth == 0) return i;
    }
    return std::string_view::npos;
}

// Replaces the expressions of one scalar; collects the errors.
class Interpolation {
public:
    Interpolation(const Sources& sources, Mark mark, Diagnostics& diagnostics)
        : sources_(sources), mark_(mark), diagnostics_(diagnostics) {}

    void expression(std::string_view inner) {
        const std::string whole = "${" + std::string(inner) + "}";
        if (inner.find("${") != std::string_view::npos) {
            return fail(quote(whole) + " holds another ${", "expressions do not nest: use one");
        }
        if (inner.starts_with("file:")) return file(std::string(inner.substr(5)));
        const std::size_t colon = inner.find(':');
        const std::string name(inner.substr(0, colon));
        std::string_view rest;
        char form = 0;
        if (colon != std::string_view::npos) {
            rest = inner.substr(colon + 1);
            form = rest.empty() ? ':' : rest[0];
            if (!rest.empty()) rest.remove_prefix(1);
        }
        if (!is_name(name) || (form != 0 && form != '-' && form != '?')) {
            return fail(quote(whole) + " is not an expression",
                        "write ${NAME}, ${NAME:-default}, ${NAME:?message}, ${file:PATH}, or $$ "
                        "for a dollar sign");
        }
        variable(name, form, rest);
    }

    void append(std::string_view text) { result_.text += text; }

    std::optional<Interpolated> take() {
        if (failed_) return std::nullopt;
        return std::move(result_);
    }

private:
    void variable(const std::string& name, char form, std::string_view rest) {
        const std::optional<std::string> value = sources_.environment(name);
        if (value && (form == 0 || !value->empty())) {
            if (!is_clean_text(*value)) {
                return fail("the environment variable " + name + " is not UTF-8 text",
                            "set it to text");
            }
            return append(*value);
        }
        if (form == '-') return append(rest);
        const std::string_view state = value ? " is empty" : " is not set";
        fail("the environment variable " + name + std::string(state),
             form == '?' && !rest.empty()
                 ? std::string(rest)
                 : "set it, or give a default: ${" + name + ":-default}");
    }

    void file(const std::string& path) {
        const std::string shown = "the file of \"${file:" + path + "}\"";
        std::string value;
        const GuardedFile rule{.what = "a file with one value",
                               .bytes_max = secret_bytes_max,
                               .rights = GuardedFile::Rights::any};
        if (const auto trouble = read_guarded(sources_.directory / path, rule, value)) {
            return fail(shown + " " + trouble->wrong, trouble->right);
        }
        if (!is_clean_text(value)) {
            return fail(shown + " is not UTF-8 text", "give a file with one value");
        }
        if (value.ends_with('\n')) value.pop_back();
        append(value);
        result_.secret = true;
    }

    void fail(std::string_view wrong, std::string_view right) {
        diagnostics_.add(mark_, wrong, right);
        failed_ = true;
    }

    const Sources& sources_;
    const Mark mark_;
    Diagnostics& diagnostics_;
    Interpolated result_;
    bool failed_ = false;
};

}  // namespace

Environment process_environment() {
    return [](const std::string& name) -> std::optional<std::string> {
        const char* value = std::getenv(name.c_str());
        if (value == nullptr) return std::nullopt;
        return value;
    };
}

std::optional<Interpolated> interpolate(std::string_view raw, const Sources& sources, Mark mark,
                                        Diagnostics& diagnostics) {
    Interpolation work(sources, mark, diagnostics);
    std::size_t i = 0;
    while (i < raw.size()) {
        const std::string_view rest = raw.substr(i);
        if (rest.starts_with("$$")) {
            work.append("$");
            i += 2;
        } else if (rest.starts_with("${")) {
            const std::size_t end = closing_brace(raw, i + 2);
            if (end == std::string_view::npos) {
                diagnostics.add(mark, quote(rest) + " has no closing }",
                                "close it, or write $$ for a dollar sign");
                return std::nullopt;
            }
            work.expression(raw.substr(i + 2, end - i - 2));
            i = end + 1;
        } else {
            const std::size_t next = std::min(rest.find('$', 1), rest.size());
            work.append(rest.substr(0, next));
            i += next;
        }
    }
    return work.take();
}

}  // namespace ingest::app::config
