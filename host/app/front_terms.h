#pragma once

#include <cstdint>
#include <string>

#include "app/edition.h"
#include "http/server.h"
#include "ingest/intake.h"

// What an edition comes to for the rooms in front of the spool, in their words. Pure.
namespace ingest::app {

// The listener for who operates the host: few connections, nobody asked for a key, and nothing that
// a reload changes.
http::Options admin_options(const Edition& edition);
inline constexpr std::uint32_t admin_connections_max = 64;
// Of answers on their way, of each listener.
inline constexpr std::uint64_t answers_reserve = 16 * config::mib;

http::Options http_options(const Edition& edition, unsigned cores);
intake::Intake::Options intake_options(const Edition& edition);

// The API's document, made of what serves.
std::string openapi_of(const Edition& edition);

}  // namespace ingest::app
