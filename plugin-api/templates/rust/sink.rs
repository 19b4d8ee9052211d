//! Appends each reading to a file, a line of JSON each. After a crash or a full disk a reading may
//! be there twice: who reads the file knows it by its reading_id.

use std::fmt::Write as _;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write as _};
use std::os::raw::c_int;
use std::os::unix::io::AsRawFd;
use std::path::{Path, PathBuf};

use ingest_plugin::{ingest_sink, Batch, Error, Host, Options, Schema, Sink, Value};

extern "C" {
    fn flock(descriptor: c_int, operation: c_int) -> c_int;
}
const LOCK_EX: c_int = 2;

/// An instance per worker; they take turns by a lock on the file.
struct MyPluginSink {
    path: PathBuf,
}

impl Sink for MyPluginSink {
    fn create(_: Host, options: &Options, _: &Schema) -> Result<Self, Error> {
        Ok(MyPluginSink { path: options.need::<String>("/path")?.into() })
    }

    /// Without batches: only says whether the file can be opened.
    fn write(&mut self, batches: &[Batch]) -> Result<(), Error> {
        let mut lines = String::new();
        for batch in batches {
            for row in 0..batch.rows() {
                append_line(batch, row, &mut lines);
            }
        }
        append(&self.path, &lines)
            .map_err(|e| Error::retry(format!("cannot write to {}: {e}", self.path.display())))
    }
}

/// Returns when the disk has it. Opened for every write, so that the file may be moved away.
fn append(path: &Path, lines: &str) -> io::Result<()> {
    let mut file = OpenOptions::new().read(true).append(true).create(true).open(path)?;
    // SAFETY: the descriptor is open; closing it ends the lock.
    if unsafe { flock(file.as_raw_fd(), LOCK_EX) } != 0 {
        return Err(io::Error::last_os_error());
    }
    cut_half_line(&mut file)?;
    file.write_all(lines.as_bytes())?;
    file.sync_all()?;
    // Else a new file may be gone after a power loss.
    match path.parent() {
        Some(directory) if directory != Path::new("") => File::open(directory)?.sync_all(),
        _ => File::open(".")?.sync_all(),
    }
}

/// A write that was cut short may have left one. Its reading comes again.
fn cut_half_line(file: &mut File) -> io::Result<()> {
    let size = file.seek(SeekFrom::End(0))?;
    let mut end = size;
    let mut last = [0];
    while end > 0 {
        file.seek(SeekFrom::Start(end - 1))?;
        file.read_exact(&mut last)?;
        if last[0] == b'\n' {
            break;
        }
        end -= 1;
    }
    if end != size {
        file.set_len(end)?;
    }
    Ok(())
}

fn append_line(batch: &Batch, row: usize, lines: &mut String) {
    for (column, name) in batch.schema().names().enumerate() {
        lines.push(if column == 0 { '{' } else { ',' });
        append_json(Value::Text(name), lines);
        lines.push(':');
        append_json(batch.value(column, row), lines);
    }
    lines.push_str("}\n");
}

fn append_json(value: Value, line: &mut String) {
    // Writing to a String does not fail.
    let _ = match value {
        Value::Null => write!(line, "null"),
        Value::F64(number) => write!(line, "{number:?}"),
        // Times are microseconds since 1970-01-01 UTC.
        Value::I64(number) | Value::Time(number) => write!(line, "{number}"),
        Value::Bool(bit) => write!(line, "{bit}"),
        Value::Text(text) => write!(line, "\"{}\"", escaped(text)),
        Value::Id(bytes) => {
            let id = u128::from_be_bytes(*bytes);
            let (time, rest) = (id >> 64, id as u64);
            write!(
                line,
                "\"{:08x}-{:04x}-{:04x}-{:04x}-{:012x}\"",
                time >> 32,
                time >> 16 & 0xffff,
                time & 0xffff,
                rest >> 48,
                rest & 0xffff_ffff_ffff
            )
        }
    };
}

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '"' | '\\' => escaped.extend(['\\', c]),
            '\0'..='\x1f' => {
                let _ = write!(escaped, "\\u{:04x}", c as u32);
            }
            _ => escaped.push(c),
        }
    }
    escaped
}

ingest_sink!(
    MyPluginSink,
    r#"{
  "kind": "sink",
  "options": [
    { "name": "path", "type": "string", "required": true,
      "description": "the file, made when missing; its directory must be there" } ],
  "reads": ["*"]
}"#
);
