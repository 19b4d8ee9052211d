#!/usr/bin/python3
"""make_headers.py INCLUDE_DIR OUT: the headers of a minor 1 that does not exist.

Copies today's headers and appends to every struct that can grow, as docs/plugin-abi.md allows:
nothing else. Fails when a header has changed so that an addition finds no place.
"""

import pathlib
import shutil
import sys

# struct: (header, the lines that minor 1 appends)
ADDITIONS = {
    'ingest_error': ('status.h', [
        'int32_t native_code; /* what the destination itself said; 0 = nothing */']),
    'ingest_host': ('host.h', [
        '/* Any thread. The time of day in microseconds since 1970-01-01 UTC. */',
        'int64_t (*unix_us)(void *ctx);']),
    'ingest_plugin': ('entry.h', [
        'ingest_str homepage; /* where its documentation is; may be empty */']),
    'ingest_batch': ('batch.h', [
        'uint64_t attempt; /* how often it was tried before, for sinks */']),
    'ingest_report': ('validator.h', [
        '/* Tells the client of a row what is neither a warning nor a fault. */',
        'int32_t (*note)(void *ctx, int64_t row, ingest_str message);']),
    'ingest_validator': ('validator.h', [
        '/* Main thread. Optional: one line on what this instance looks for, into `buffer`;',
        ' * returns its whole size in bytes. */',
        'uint64_t (*describe)(void *self, char *buffer, uint64_t room);']),
    'ingest_sink': ('sink.h', [
        '/* Worker thread. Optional: nothing will come for a while; connections may be closed. */',
        'void (*rest)(void *self);']),
    'ingest_health': ('sink.h', [
        'int32_t since_s; /* for how many seconds it has been in this state */']),
    'ingest_query': ('query.h', [
        '/* Reader thread. Optional: how many readings of an equipment are stored. */',
        'int32_t (*count)(void *self, ingest_str equipment_id, uint64_t *readings);']),
    'ingest_rows': ('query.h', [
        'int32_t (*set_null)(void *ctx, int32_t column); /* as a cell that is not set */']),
    'ingest_options': ('options.h', [
        '/* Any thread. The type of a member: 0 null, 1 boolean, 2 number, 3 text, 4 array, 5',
        ' * object. */',
        'int32_t (*get_type)(void *ctx, ingest_str json, ingest_str pointer, int32_t *type);']),
}
MINOR = '#define INGEST_ABI_MINOR UINT32_C({})'


def replace_once(file, before, after):
    text = file.read_text(encoding='utf-8')
    if text.count(before) != 1:
        sys.exit(f'{file.name}: {before!r} is there {text.count(before)} times, once was expected')
    file.write_text(text.replace(before, after), encoding='utf-8')


def main():
    source, out = map(pathlib.Path, sys.argv[1:])
    shutil.rmtree(out, ignore_errors=True)
    shutil.copytree(source, out)
    headers = out / 'ingest' / 'plugin'
    for name, (header, lines) in ADDITIONS.items():
        end = f'}} {name};'
        replace_once(headers / header, end, ''.join(f'    {line}\n' for line in lines) + end)
    replace_once(headers / 'status.h', MINOR.format(0), MINOR.format(1))


if __name__ == '__main__':
    main()
