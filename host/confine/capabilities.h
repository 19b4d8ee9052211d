#pragma once

#include "base/error.h"

namespace ingest::confine {

// Gives up the capabilities of this thread and those that it starts, for ever, but for what a host
// that is root goes on to do as root: to read and write files whoever owns them (certificates and
// keys at a reload, databases beside which SQLite makes files of the same owner), and to bind low
// ports. Nothing where there are none. An error: the kernel refuses. Main thread, before others,
// before refuse_calls().
Result<void> drop_capabilities();

}  // namespace ingest::confine
