"""What one does by hand to a spool whose host is dead, so that recovery has work. The format is
in docs/spool-format.md."""
import os
import shutil
import struct

RECORD = struct.Struct("<IIHHIIIQQQ")  # up to and with the group's offset
RECORD_MAGIC = 0x44524349  # "ICRD"


def segments(spool):
    """Names, oldest first."""
    return sorted(name for name in os.listdir(spool) if name.startswith("segment-"))


def _last_record(path):
    """(its bytes, its end), or (b"", the head's size) in a segment without records. Checksums are
    not looked at: whoever died may have left half of the last one."""
    with open(path, "rb") as file:
        data = file.read()
    end = struct.unpack_from("<I", data, 12)[0]
    segment = struct.unpack_from("<Q", data, 32)[0]
    last = b""
    while end + RECORD.size <= len(data):
        magic, _, _, _, length, _, _, _, owner, _ = RECORD.unpack_from(data, end)
        if magic != RECORD_MAGIC or owner != segment or end + RECORD.size + length > len(data):
            break
        last = data[end:end + RECORD.size + length]
        end += len(last)
    return last, end


def tear_tail(spool, random):
    """Behind the last record, the beginning of one that the disk never got the rest of."""
    path = os.path.join(spool, segments(spool)[-1])
    record, end = _last_record(path)
    torn = record[:random.randrange(1, len(record))] if record else b"ICRD and no more"
    with open(path, "r+b") as file:
        size = os.fstat(file.fileno()).st_size
        file.seek(end)
        file.write(torn[:max(0, size - end)])


def damage_cursor(spool, random):
    """Neither slot of one sink's cursor is whole."""
    cursors = sorted(name for name in os.listdir(spool)
                     if name.startswith("cursor-") and not name.endswith(".new"))
    with open(os.path.join(spool, random.choice(cursors)), "r+b") as file:
        for slot in range(2):
            file.seek(slot * 4096 + random.randrange(8, 200))
            file.write(b"damage")


def copy_segment(spool, random):
    """A segment under another one's name too, as a careless backup would leave it."""
    names = segments(spool)
    name = random.choice(names)
    first = int(name[len("segment-"):-len(".log")])
    copy = "segment-%020d.log" % (first + 1)
    if copy not in names:
        shutil.copyfile(os.path.join(spool, name), os.path.join(spool, copy))


def leave_drafts(spool, _random):
    """What a host that died while it wrote them leaves."""
    for name in "spare.new", "cursor-database.new":
        with open(os.path.join(spool, name), "wb") as file:
            file.write(b"half a file")
