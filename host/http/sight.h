#pragma once

namespace ingest::http {

// What a client may see: one on this machine also sees where files are and what a plugin says to
// its operator.
enum class Sight { local, remote };

}  // namespace ingest::http
