#pragma once

#include <span>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

// JSON Schemas of single values, as the grammars in scalar.h have them. Plain or in quotes makes no
// difference to the host.
namespace ingest::app::config {

// An expression for the whole text that `pattern` matches.
std::string whole(std::string_view pattern);
// A pattern for any of these words, in any case.
std::string any_case_of(std::span<const std::string_view> words);

nlohmann::ordered_json matching(std::string_view pattern);
// A value with an expression such as ${NAME} in it, of which nothing more is known.
nlohmann::ordered_json expression_schema();
nlohmann::ordered_json boolean_schema();

}  // namespace ingest::app::config
