#include "http/head_parser.h"

#include <algorithm>
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
        release();
        const auto lines = static_cast<std::size_t>(std::ranges::count(bytes, '\n'));
        const std::size_t needed = memory_max(bytes.size(), lines);
        if (needed <= first_.size()) {
            memory_.emplace(first_.data(), first_.size());
        } else {  // at once: by itself it would grow step by step, to more than is needed
            large_ = std::make_unique_for_overwrite<std::byte[]>(needed);
            memory_.emplace(large_.get(), needed);
        }
        parser_.emplace(std::piecewise_construct, std::make_tuple(),
                        std::make_tuple(Allocator(&*memory_)));
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

    void release() noexcept {
        parser_.reset();
        memory_.reset();
        large_.reset();
        if (fields_.capacity() > fields_usual) std::vector<FieldView>().swap(fields_);
    }

private:
    using Allocator = std::pmr::polymorphic_allocator<char>;
    using Parser = beast::http::request_parser<beast::http::empty_body, Allocator>;

    static std::string_view view(beast::string_view text) noexcept {
        return {text.data(), text.size()};
    }

    static constexpr std::size_t fields_usual = 64;

    // A usual head fits, so that a request costs no allocation here.
    std::array<std::byte, 2048> first_;
    std::unique_ptr<std::byte[]> large_;
    std::optional<std::pmr::monotonic_buffer_resource> memory_;
    std::optional<Parser> parser_;
    std::vector<FieldView> fields_;
    Head head_;
};

HeadParser::HeadParser() : impl_(std::make_unique<Impl>()) {}
HeadParser::~HeadParser() = default;

const Head* HeadParser::parse(std::string_view bytes) { return impl_->parse(bytes); }

void HeadParser::release() noexcept { impl_->release(); }

}  // namespace ingest::http
