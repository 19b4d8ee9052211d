// libFuzzer target: values of the fields whose grammar is read here, a line each, without a head
// around them.

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "http/accept_encoding.h"
#include "http/forwarded.h"
#include "http/request_fields.h"

using namespace ingest;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::string_view text(reinterpret_cast<const char*>(data), size);
    std::vector<http::FieldView> accepted, forwarded, all;
    while (true) {
        const std::size_t end = text.find('\n');
        const std::string_view value = text.substr(0, end);
        accepted.push_back({"Accept-Encoding", value});
        forwarded.push_back({"X-Forwarded-For", value});
        for (const char* name : {"Content-Encoding", "Content-Type", "Connection", "Host"}) {
            all.push_back({name, value});
        }
        if (end == std::string_view::npos) break;
        text.remove_prefix(end + 1);
    }
    const http::AnswerCodings codings = http::read_accept_encoding(accepted);
    check(codings.none() || codings.identity || codings.preferred != coding::Coding::identity,
          "there is something to send, or there is nothing");
    const http::RequestFields fields = http::pick_fields(all);
    check(fields.host.count * 4U == all.size(), "each field is counted");
    http::read_coding(fields.content_encoding);
    for (const http::FieldView& field : all) {
        http::is_media(field.value, "application/json");
        if (const auto network = IpNetwork::parse(field.value)) {
            check(network->contains(network->address), "a network contains its first address");
        }
        if (const auto address = parse_ip(field.value)) {
            check(parse_ip(ip_text(*address)) == address, "an address is its text");
        }
    }
    const std::array trusted{IpNetwork::parse("::/1").value(),
                             IpNetwork::parse("10.0.0.0/8").value()};
    const http::Address peer{{0x10}};
    check(!http::client_of(peer, forwarded, trusted).is_loopback(),
          "nobody behind a proxy is on this machine");
    return 0;
}
