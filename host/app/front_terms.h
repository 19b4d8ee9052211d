#pragma once

#include <string>

#include "app/edition.h"
#include "http/server.h"
#include "ingest/intake.h"

// What an edition comes to for the rooms in front of the spool, in their words. Pure.
namespace ingest::app {

http::Options http_options(const Edition& edition, unsigned cores);
intake::Intake::Options intake_options(const Edition& edition);

// The API's document, made of what serves.
std::string openapi_of(const Edition& edition);

}  // namespace ingest::app
