#pragma once

#include <string>
#include <vector>

namespace ingest::app {

// The variables of `environment` (as environ(7)) that tell the dynamic loader what to load and
// where to look for it, by name, sorted: LD_PRELOAD, LD_LIBRARY_PATH, LD_AUDIT and others of LD_.
// Empty ones tell it nothing.
std::vector<std::string> loader_variables(const char* const* environment);

// The log tells which are set, as by now the loader has done what they say: who sets the
// environment of this process decides what code it runs, which no check of a plugin can undo.
void warn_of_loader_variables();

}  // namespace ingest::app
