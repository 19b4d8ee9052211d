"""Bugs to seed: what somebody might write, or forget, that would lose or double a reading.

`changes` are (old, new) texts, each of which stands in the file exactly once. `tests` are names of
CTest tests in the order in which they are asked; the first that fails has caught the bug.
"""
import dataclasses


@dataclasses.dataclass
class Mutant:
    name: str
    what: str
    file: str
    changes: list
    tests: tuple = ()


# Seconds each, from the nearest to the widest.
SPOOL = ("spool_format_test", "spool_log_test", "spool_test", "spool_model_test",
         "spool_io_errors_test")
DEFAULT_TESTS = SPOOL
LANE = ("deliver_test", "fault_kill")

MUTANTS = [
    Mutant("append-without-sync", "a group is acknowledged without fdatasync",
           "host/spool/log_commit.cpp",
           [("auto synced = active_->file().sync();", "FileResult<void> synced;")]),
    Mutant("failed-sync-retried", "a failed sync is tried again on the same file",
           "host/spool/log_commit.cpp",
           [("auto synced = active_->file().sync();",
             "auto synced = active_->file().sync();\n"
             "    if (!synced) synced = active_->file().sync();")]),
    Mutant("sync-error-ignored", "the result of the group's sync is not looked at",
           "host/spool/log_commit.cpp",
           [("auto synced = active_->file().sync();",
             "FileResult<void> synced;\n    (void)active_->file().sync();")]),
    Mutant("acknowledged-before-commit", "submitters are told before the group is written",
           "host/spool/log_commit.cpp",
           [("    if (!group.records.empty()) written = write(group);\n",
             "    for (std::size_t i = 0; i < submissions.size(); ++i)\n"
             "        submissions[i].done(group.ranges[i]);\n"
             "    if (!group.records.empty()) (void)write(group);\n    return;\n")]),
    Mutant("failed-segment-used-on", "after a failed sync the same segment is appended to",
           "host/spool/log_commit.cpp",
           [("former = std::exchange(active_, nullptr);", "former = active_;"),
            ("    const auto begun = begin_segment();\n    if (begun) return;\n    "
             "cannot_begin(begun.error());\n", "")]),
    Mutant("failed-numbers-used-again", "numbers of a group that failed are given to the next",
           "host/spool/log_commit.cpp",
           [("    next_ = group.readings.end;\n    SharedSegment", "    SharedSegment")]),
    Mutant("removed-before-cursors-durable", "a segment goes while its cursors are in the cache",
           "host/spool/log_commit.cpp",
           [("    const std::uint64_t durable = make_cursors_durable(now);\n    std::vector",
             "    (void)now;\n    std::uint64_t durable = 0;\n    {\n"
             "        const MutexLock lock(mutex_);\n"
             "        durable = slowest().value_or(0);\n    }\n    std::vector")]),
    Mutant("removed-when-one-is-done", "segments go as far as the fastest cursor has come",
           "host/spool/log_commit.cpp",
           [("    std::uint64_t least = cursors.empty() ? 0 : UINT64_MAX;",
             "    std::uint64_t least = 0;"),
            ("least = std::min(least, position ? *position : 0);",
             "least = std::max(least, position ? *position : 0);")]),
    Mutant("rotation-without-directory-sync", "a new segment's name is not made durable",
           "host/spool/segment_store.cpp",
           [("    if (const auto synced = sync_directory(); !synced) return synced.error();\n"
             "    crash_point(\"rotate.after_directory\");",
             "    crash_point(\"rotate.after_directory\");")]),
    Mutant("head-without-sync", "records are synced into a segment whose head is not",
           "host/spool/segment_store.cpp",
           [("    if (durable) durable = spare_->file->sync();\n", "")]),
    Mutant("segment-recycled-under-readers", "a segment is used again while a lane reads it",
           "host/spool/segment_store.cpp",
           [("clean && !spare_ && segment.use_count() == 1 &&", "clean && !spare_ &&")]),
    Mutant("removal-without-directory-sync", "a recycled file is written to while its old name may "
           "come back", "host/spool/log_commit.cpp",
           [("const auto synced = store_.sync_directory();",
             "const FileResult<void> synced;")]),
    Mutant("cursor-without-sync", "a cursor counts as durable when it is written",
           "host/spool/cursor.cpp",
           [("        const auto synced = file_->sync();\n        crash_point(\"cursor.after",
             "        const FileResult<void> synced;\n        crash_point(\"cursor.after")]),
    Mutant("cursor-in-one-slot", "a cursor overwrites the slot that is durable",
           "host/spool/cursor.cpp",
           [("            slot_ = 1 - slot_;\n            dirty_ = false;",
             "            dirty_ = false;")]),
    Mutant("cursor-file-synced-again", "a cursor's file is synced again after that failed",
           "host/spool/cursor.cpp",
           [("        broken_ = true;\n    }\n    if (const auto made",
             "        return file_->sync().has_error() ? FileResult<std::uint64_t>(0)\n"
             "                                         : position_.load();\n"
             "    }\n    if (const auto made")]),
    Mutant("cursor-replaced-without-directory-sync", "a new cursor file's name is not durable",
           "host/spool/cursor.cpp",
           [("    if (const auto synced = files_.sync_directory(dir_); !synced) "
             "return synced.error();\n", "")]),
    Mutant("torn-tail-not-cut", "recovery goes on behind a write that was torn",
           "host/spool/tail_scan.cpp",
           [("        if (!cut && found->offset != here.offset && found->header.group <= "
             "here.offset) cut = here;\n", "")]),
    Mutant("tail-not-repaired", "recovery appends behind what may not be on the disk",
           "host/spool/recovery.cpp",
           [("const auto repaired = repair_tail(segment, tail);",
             "const FileResult<void> repaired;")]),
    Mutant("recovery-without-directory-sync", "names found at start are not made durable",
           "host/spool/recovery.cpp",
           [("    return store_.sync_directory();", "    return {};")]),
    Mutant("checksum-not-checked", "a record counts whatever its checksum says",
           "host/spool/record.cpp",
           [("if (*whole && sum_is_right(loaded(at).first(size))) {",
             "if (*whole && (sum_is_right(loaded(at).first(size)) || true)) {")]),
    Mutant("old-records-taken", "what a recycled segment held before counts as its records",
           "host/spool/record.cpp",
           [("    if (segment_ && header.segment != *segment_) return {};\n", "")]),
    Mutant("short-write-taken-for-whole", "the rest of a short write is forgotten",
           "host/spool/file.cpp",
           [("        bytes = bytes.subspan(*written);\n", "        break;\n")]),
    Mutant("unreadable-skipped", "readings in damaged bytes are skipped without being counted",
           "host/spool/segment.cpp",
           [("        run.lost += size_beyond(from, readings);\n",
             "        (void)size_beyond(from, readings);\n")]),
    Mutant("acknowledged-when-failed", "a request whose group failed is answered as if stored",
           "host/ingest/intake.cpp", [("done(Ack::failed);", "done(Ack::stored);")],
           ("ingest_test", "fault_io-errors")),
    Mutant("stored-before-the-sink-has-it", "201 is answered when a reading is spooled",
           "host/ingest/ack_board.cpp",
           [("finished.emplace_back(std::move(waiting.done), Ack::spooled);\n        } else {",
             "finished.emplace_back(std::move(waiting.done), Ack::stored);\n        } else {")],
           ("ingest_test",)),
    Mutant("cursor-over-a-gap", "the cursor moves over what another worker still writes",
           "host/deliver/lane.cpp",
           [("    if (range.first > cursor_) {\n", "    if (range.end < cursor_) {\n")], LANE),
    Mutant("cursor-before-the-write", "the cursor moves before the sink has answered",
           "host/deliver/lane.cpp",
           [("        const auto answer = write_until_decided(worker, part);\n",
             "        if (!probe) settle(part.range, rows, true);\n"
             "        const auto answer = write_until_decided(worker, part);\n"),
            ("            crash_point(\"lane.before_settle\");\n"
             "            settle(part.range, rows, true);\n", "")], LANE),
    Mutant("rest-dropped-at-the-end", "what a stopping lane could not write counts as written",
           "host/deliver/lane.cpp",
           [("        if (!answer) return;  //",
             "        if (!answer) return settle(part.range, rows, true);  //")],
           LANE + ("e2e_shutdown_test",)),
    Mutant("rejected-without-a-letter", "a reading that its sink refuses is dropped",
           "host/deliver/lane.cpp",
           [("            if (!bury(part, answer->message)) return;\n", "")],
           LANE + ("fault_poison",)),
    Mutant("whole-write-rejected", "one bad reading takes its neighbours along",
           "host/deliver/lane.cpp", [("} else if (rows == 1) {", "} else if (rows >= 1) {")],
           LANE + ("fault_poison",)),
    Mutant("outage-dead-lettered", "a sink that is down counts as one that refuses",
           "host/deliver/retry.cpp",
           [("        case INGEST_REJECT: return Verdict::halve;",
             "        case INGEST_RETRY:\n        case INGEST_REJECT: return Verdict::halve;")],
           LANE + ("fault_poison",)),
    Mutant("letter-without-sync", "a dead letter counts as kept when it is written",
           "host/deliver/dead_letters.cpp",
           [("auto synced = file_->sync();", "spool::FileResult<void> synced;")],
           ("deliver_test",)),
    Mutant("insert-not-idempotent", "PostgreSQL stores a reading again that comes again",
           "plugins/postgres-sink/table.cpp", [(") ON CONFLICT DO NOTHING", ")")],
           ("integration_postgres_sink_test", "fault_kill")),
    Mutant("sqlite-insert-not-idempotent", "SQLite refuses a reading that comes again",
           "plugins/sqlite-sink/table.cpp", [(") ON CONFLICT (\\\"id\\\") DO NOTHING", ")")],
           ("plugin_sqlite_sink_test", "fault_kill")),
    Mutant("files-without-fdatasync", "the real file's sync does nothing",
           "host/spool/posix_file.cpp",
           [("if (::fdatasync(fd_) != 0) return failed(\"sync\", path_);", "")],
           ("fault_power-loss",)),
]
