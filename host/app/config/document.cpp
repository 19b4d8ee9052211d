#include "app/config/document.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <fstream>
#include <map>
#include <sstream>
#include <system_error>

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include "app/config/scalar.h"

namespace ingest::app::config {

namespace {

constexpr std::size_t file_bytes_max = std::size_t{1} << 20U;
constexpr std::size_t nodes_max = 100'000;  // aliases multiply what a small file holds
constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

bool starts_character(char byte) {
    return (static_cast<unsigned char>(byte) & 0xC0U) != 0x80U;
}

// The text by lines: turns yaml-cpp's marks, which count bytes, into ours, which count characters.
class Lines {
public:
    explicit Lines(std::string_view yaml) : text_(yaml) {
        if (text_.starts_with(byte_order_mark)) text_.remove_prefix(byte_order_mark.size());
        const std::string_view text = text_;
        for (std::size_t begin = 0; begin <= text.size();) {
            const std::size_t end = std::min(text.find('\n', begin), text.size());
            lines_.push_back(text.substr(begin, end - begin));
            begin = end + 1;
        }
    }

    Mark mark(int line, int column) const {
        const std::string_view text = at(line).substr(
            0, std::min(static_cast<std::size_t>(std::max(column, 0)), at(line).size()));
        const auto behind = column - static_cast<int>(text.size());
        const auto before = std::count_if(text.begin(), text.end(), starts_character);
        return {line + 1, static_cast<int>(before) + std::max(behind, 0) + 1};
    }
    Mark mark(const YAML::Mark& mark_in) const { return mark(mark_in.line, mark_in.column); }

    std::string_view at(int line) const {
        const auto index = static_cast<std::size_t>(line);
        return line >= 0 && index < lines_.size() ? lines_[index] : std::string_view();
    }

    // The text from there to its end.
    std::string_view from(const YAML::Mark& mark_in) const {
        const std::string_view line = at(mark_in.line);
        const auto column = static_cast<std::size_t>(std::max(mark_in.column, 0));
        if (line.data() == nullptr || column > line.size()) return {};
        return text_.substr(static_cast<std::size_t>(line.data() - text_.data()) + column);
    }

private:
    std::string_view text_;
    std::vector<std::string_view> lines_;
};

// False when `text` begins with a quote that nothing closes: yaml-cpp takes the end of the file for
// the end of such a scalar. Tags and anchors may stand before the quote.
bool is_closed(std::string_view text) {
    while (text.starts_with('&') || text.starts_with('!')) {
        text.remove_prefix(std::min(text.find_first_of(" \t\r\n"), text.size()));
        text.remove_prefix(std::min(text.find_first_not_of(" \t\r\n"), text.size()));
    }
    if (!text.starts_with('"') && !text.starts_with('\'')) return true;
    const char quote_mark = text[0];
    for (std::size_t i = 1; i < text.size(); ++i) {
        if (quote_mark == '"' && text[i] == '\\') {
            ++i;
        } else if (text[i] == quote_mark) {
            // A doubled quote in '...' is a quote, not an end; the next round finds its partner.
            if (quote_mark == '"' || i + 1 == text.size() || text[i + 1] != quote_mark) return true;
            ++i;
        }
    }
    return false;
}

std::size_t count(const Node& node) {
    std::size_t sum = 1;
    for (const Node& item : node.items) sum += count(item);
    for (const Node::Member& member : node.members) sum += count(member.value);
    return sum;
}

// Builds the tree of one document from yaml-cpp's events; its own tree would hide duplicate keys.
class Builder : public YAML::EventHandler {
public:
    Builder(const Lines& lines, const Sources& sources, Diagnostics& diagnostics)
        : lines_(lines), sources_(sources), diagnostics_(diagnostics) {}

    void OnDocumentStart(const YAML::Mark&) override {}
    void OnDocumentEnd() override {}

    void OnNull(const YAML::Mark& at, YAML::anchor_t anchor) override {
        put(make(at, Node::Kind::null), anchor);
    }

    void OnAlias(const YAML::Mark& at, YAML::anchor_t anchor) override {
        const auto target = anchors_.find(anchor);
        if (target == anchors_.end()) {
            diagnostics_.add(lines_.mark(at), "an alias inside of what it stands for",
                             "write the value out");
            Node node = make(at, Node::Kind::null);
            node.broken = true;
            return put(std::move(node), 0);
        }
        nodes_ += count(target->second);
        if (nodes_ > nodes_max) throw YAML::ParserException(at, "too many values");
        put(target->second, 0);
    }

    void OnScalar(const YAML::Mark& at, const std::string& tag, YAML::anchor_t anchor,
                  const std::string& value) override {
        Node node = make(at, Node::Kind::scalar);
        node.text = value;
        node.shown = value;
        node.quoted = tag != "?";
        if (node.quoted && !is_closed(lines_.from(at)))
            throw YAML::ParserException(at, YAML::ErrorMsg::EOF_IN_SCALAR);
        check_tag(tag, node);
        if (!awaits_key() && !node.broken) {
            if (auto replaced = interpolate(value, sources_, node.mark, diagnostics_)) {
                node.text = std::move(replaced->text);
                node.secret = replaced->secret;
            } else {
                node.broken = true;
            }
        }
        put(std::move(node), anchor);
    }

    void OnSequenceStart(const YAML::Mark& at, const std::string& tag, YAML::anchor_t anchor,
                         YAML::EmitterStyle::value) override {
        open(make(at, Node::Kind::sequence), tag, anchor);
    }
    void OnSequenceEnd() override { close(); }
    void OnMapStart(const YAML::Mark& at, const std::string& tag, YAML::anchor_t anchor,
                    YAML::EmitterStyle::value) override {
        open(make(at, Node::Kind::map), tag, anchor);
    }
    void OnMapEnd() override { close(); }

    std::optional<Node> take() { return std::move(root_); }
    // Where the innermost collection began that is not closed yet.
    std::optional<Mark> innermost() const {
        if (open_.empty()) return std::nullopt;
        return open_.back().node.mark;
    }

private:
    // A collection whose end has not come; of a map also the key that waits for its value.
    struct Open {
        Node node;
        YAML::anchor_t anchor = 0;
        bool has_key = false;
        bool drop = false;  // the key is no good; its value is read and forgotten
        std::string key = {};
        Mark key_mark = {};
    };

    Node make(const YAML::Mark& at, Node::Kind kind) {
        if (++nodes_ > nodes_max) throw YAML::ParserException(at, "too many values");
        Node node;
        node.kind = kind;
        node.mark = lines_.mark(at);
        return node;
    }

    bool awaits_key() const {
        return !open_.empty() && open_.back().node.is_map() && !open_.back().has_key;
    }

    void check_tag(const std::string& tag, Node& node) {
        if (tag.empty() || tag == "?" || tag == "!") return;
        if (node.is_scalar() && tag == "tag:yaml.org,2002:str") return;
        diagnostics_.add(node.mark, "the tag " + quote(tag) + " is not known here", "remove it");
        node.broken = true;
    }

    void open(Node node, const std::string& tag, YAML::anchor_t anchor) {
        check_tag(tag, node);
        open_.push_back({std::move(node), anchor});
    }

    void close() {
        Open done = std::move(open_.back());
        open_.pop_back();
        put(std::move(done.node), done.anchor);
    }

    void put(Node node, YAML::anchor_t anchor) {
        if (anchor != 0) anchors_[anchor] = node;
        if (open_.empty()) {
            root_ = std::move(node);
        } else if (open_.back().node.is_sequence()) {
            open_.back().node.items.push_back(std::move(node));
        } else if (!open_.back().has_key) {
            put_key(open_.back(), node);
        } else {
            put_value(open_.back(), std::move(node));
        }
    }

    void put_key(Open& map, const Node& node) {
        map.has_key = true;
        map.key = node.text;
        map.key_mark = node.mark;
        map.drop = !node.is_scalar();
        if (map.drop) {
            diagnostics_.add(node.mark, "a key is " + describe(node), "give a name");
        } else if (const Node::Member* first = map.node.find(node.text)) {
            diagnostics_.add(node.mark,
                             "the key " + quote(node.text) + " was given before, in line " +
                                 std::to_string(first->key_mark.line),
                             "remove one of them");
            map.drop = true;
        }
    }

    void put_value(Open& map, Node node) {
        map.has_key = false;
        if (map.drop) return;
        map.node.members.push_back({std::move(map.key), map.key_mark, std::move(node)});
    }

    const Lines& lines_;
    const Sources& sources_;
    Diagnostics& diagnostics_;
    std::vector<Open> open_;
    std::map<YAML::anchor_t, Node> anchors_;
    std::optional<Node> root_;
    std::size_t nodes_ = 0;
};

// What to do about yaml-cpp's complaints, by a part of their text.
struct Advice {
    std::string_view complaint;
    std::string_view advice;
};
constexpr std::array<Advice, 13> advice{{
    {"illegal map value", "a value with \": \" in it belongs in quotes; keys of one map begin in "
                          "the same column"},
    {"end of map not found", "keys of one map begin in the same column"},
    {"end of map flow", "close it with }, put a comma between its members, quote texts with any "
                        "of {}[],"},
    {"end of sequence not found", "items of one list begin in the same column"},
    {"end of sequence flow", "close it with ], put a comma between its items, quote texts with "
                             "any of {}[],"},
    {"illegal EOF in scalar", "close the quote"},
    {"unknown token", "a text that begins with any of @ ` % belongs in quotes"},
    {"illegal flow end", "remove the bracket, or open it before"},
    {"unknown escape", "in \"...\" write \\\\ for a backslash, or use '...'"},
    {"referenced anchor", "define the anchor before, with &NAME"},
    {"illegal block entry", "put the list's first \"- \" on a line of its own"},
    {"too many values", "use fewer aliases"},
    {"bad file", "nest less deeply"},
}};

void add_syntax_error(const YAML::Exception& error, const Lines& lines, const Builder& builder,
                      Diagnostics& diagnostics) {
    std::string_view right = "write YAML 1.2";
    for (const Advice& entry : advice) {
        if (error.msg.find(entry.complaint) == std::string::npos) continue;
        right = entry.advice;
        break;
    }
    // At the end of the file yaml-cpp has no place to tell.
    const std::string_view rest = lines.from(error.mark);
    const bool placed =
        error.mark.pos > 0 && rest.find_first_not_of(" \r\n") != std::string_view::npos;
    const Mark mark = placed ? lines.mark(error.mark) : builder.innermost().value_or(Mark{1, 1});
    const std::string_view line = lines.at(error.mark.line);
    const std::size_t tab = line.substr(0, line.find_first_not_of(" \t")).find('\t');
    if (placed && tab != std::string_view::npos) {
        return diagnostics.add(lines.mark(error.mark.line, static_cast<int>(tab)),
                               "not YAML: a tab in the indentation", "indent with blanks");
    }
    const auto column = static_cast<std::size_t>(std::max(error.mark.column, 0));
    if (placed && column > 0 && line.substr(0, column + 1).ends_with("${"))
        right = "inside of { } and [ ] put \"${...}\" in double quotes";
    diagnostics.add(mark, "not YAML: " + error.msg, right);
}

}  // namespace

std::optional<std::string> read_file(const std::filesystem::path& path,
                                     Diagnostics& diagnostics) {
    static constexpr std::string_view right = "give the path of a readable YAML file";
    std::error_code error;
    if (std::filesystem::is_directory(path, error)) {
        diagnostics.add({}, "is a directory", right);
        return std::nullopt;
    }
    std::ifstream in(path, std::ios::binary);
    if (!in) {
        diagnostics.add({}, "cannot be opened: " + std::generic_category().message(errno), right);
        return std::nullopt;
    }
    std::string text;
    std::array<char, 16U << 10> block;
    while (in && text.size() <= file_bytes_max) {
        in.read(block.data(), block.size());
        text.append(block.data(), static_cast<std::size_t>(in.gcount()));
    }
    if (in.bad()) {
        diagnostics.add({}, "cannot be read", right);
        return std::nullopt;
    }
    if (text.size() > file_bytes_max) {
        diagnostics.add({}, "is over 1 MiB", "give a configuration file");
        return std::nullopt;
    }
    return text;
}

std::optional<Node> parse(std::string_view yaml, const Sources& sources,
                          Diagnostics& diagnostics) {
    const Lines lines(yaml);
    if (const std::size_t bad = find_unclean(yaml); bad != std::string_view::npos) {
        const std::string_view before = yaml.substr(0, bad);
        const auto line = std::count(before.begin(), before.end(), '\n');
        const std::size_t begin = before.rfind('\n') + 1;
        diagnostics.add(lines.mark(static_cast<int>(line), static_cast<int>(bad - begin)),
                        "a byte that is not UTF-8 text", "save the file as UTF-8");
        return std::nullopt;
    }
    Builder builder(lines, sources, diagnostics);
    try {
        std::istringstream in{std::string(yaml)};
        YAML::Parser parser(in);
        std::optional<Node> root;
        if (parser.HandleNextDocument(builder)) root = builder.take();
        if (!root || root->is_null()) {
            diagnostics.add({1, 1}, "the file holds no configuration",
                            "begin with one of the files in presets/");
            return std::nullopt;
        }
        Diagnostics ignored;
        Builder second(lines, sources, ignored);
        if (parser.HandleNextDocument(second)) {
            const std::optional<Node> extra = second.take();
            diagnostics.add(extra ? extra->mark : Mark{1, 1}, "a second document",
                            "keep one document in the file");
        }
        return root;
    } catch (const YAML::Exception& error) {
        add_syntax_error(error, lines, builder, diagnostics);
        return std::nullopt;
    }
}

}  // namespace ingest::app::config
