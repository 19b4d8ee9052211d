#include "http/head_parser.h"

#include <array>
#include <cstddef>
#include <memory_resource>
#include <optional>
#include <vector>

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>

namespace ingest::http {

namespace beast = boost::beast;

class HeadParser::Impl {
public:
    const Head* parse(std::string_view bytes) {
        parser_.reset();
        memory_.release();
        parser_.emplace(std::piecewise_construct, std::make_tuple(),
                        std::make_tuple(Allocator(&memory_)));
        parser_->skip(true);  // framing.h decides about the body
        parser_->header_limit(static_cast<std::uint32_t>(bytes.size()) + 1);
        parser_->body_limit(boost::none);
        beast::error_code error;
        const std::size_t used =
            parser_->put(boost::asio::const_buffer(bytes.data(), bytes.size()), error);
        if (error || used != bytes.size() || !parser_->is_header_done()) return nullptr;

        const auto& message = parser_->get();
        fields_.clear();
        for (const auto& field : message) {
            fields_.push_back({view(field.name_string()), view(field.value())});
        }
        head_.method = view(message.method_string());
        head_.target = view(message.target());
        head_.http_1_1 = message.version() == 11;
        head_.fields = fields_;
        return &head_;
    }

private:
    using Allocator = std::pmr::polymorphic_allocator<char>;
    using Parser = beast::http::request_parser<beast::http::empty_body, Allocator>;

    static std::string_view view(beast::string_view text) noexcept {
        return {text.data(), text.size()};
    }

    // A usual head fits, so that a request costs no allocation here.
    std::array<std::byte, 2048> first_;
    std::pmr::monotonic_buffer_resource memory_{first_.data(), first_.size()};
    std::optional<Parser> parser_;
    std::vector<FieldView> fields_;
    Head head_;
};

HeadParser::HeadParser() : impl_(std::make_unique<Impl>()) {}
HeadParser::~HeadParser() = default;

const Head* HeadParser::parse(std::string_view bytes) { return impl_->parse(bytes); }

}  // namespace ingest::http
