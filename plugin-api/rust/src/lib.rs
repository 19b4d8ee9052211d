//! Plugins for the sensor ingestion host in safe Rust, without dependencies.
//!
//! A validator that refuses what is too hot:
//!
//! ```
//! use ingest_plugin::{ingest_validator, Error, Host, Options, Row, Schema, Typed, Validator};
//!
//! struct Limit {
//!     temperature: Typed<f64>,
//!     max: f64,
//! }
//!
//! impl Validator for Limit {
//!     fn create(_: Host, options: &Options, schema: &Schema) -> Result<Self, Error> {
//!         Ok(Limit { temperature: schema.column("temperature")?, max: options.need("/max")? })
//!     }
//!
//!     fn check(&mut self, row: &Row) -> Result<(), Error> {
//!         match row.get(self.temperature) {
//!             Some(value) if value > self.max => {
//!                 row.reject(self.temperature, "too_hot", &format!("is above {}", self.max))
//!             }
//!             _ => Ok(()),
//!         }
//!     }
//! }
//!
//! ingest_validator!(
//!     Limit,
//!     r#"{"kind": "validator", "reads": ["temperature"],
//!         "options": [{"name": "max", "type": "number", "required": true}],
//!         "issues": [{"code": "too_hot", "description": "The temperature is above max."}]}"#
//! );
//! # fn main() {}
//! ```
//!
//! The plugin's id, version and description are those of the crate. The library that Cargo makes,
//! `libmy_plugin.so`, must be copied to `my-plugin.so`: the host finds a plugin by its file's name.
//!
//! Every entry from the host catches panics and answers INGEST_INTERNAL with the panic's message,
//! so leave `panic = "abort"` out of the profile: it would end the host. An instance that panicked
//! is called again. Queries ("ingest.query/1") have no façade here, only their structs in [`abi`].

pub mod abi;
mod batch;
mod error;
mod export;
mod host;
mod schema;
mod sink;
mod validator;

pub use batch::{Batch, Cells, Value};
pub use error::Error;
#[doc(hidden)]
pub use export::{describe, entry, interface, StaticPlugin};
pub use host::{Host, OptionValue, Options};
pub use schema::{
    ColumnKind, Id, Kind, Schema, Text, Time, Typed, EQUIPMENT_ID, READING_ID, RECEIVED_AT,
    TIMESTAMP,
};
#[doc(hidden)]
pub use sink::sink_table;
pub use sink::Sink;
#[doc(hidden)]
pub use validator::validator_table;
pub use validator::{At, Report, Row, Validator};

/// Borrowed text as the ABI passes it.
fn to_str(text: &str) -> abi::ingest_str {
    abi::ingest_str { data: text.as_ptr(), size: text.len() as u64 }
}

/// The text behind `text`, which the ABI promises to be UTF-8; what is not is replaced.
///
/// # Safety
/// `text` is readable as long as 'a.
unsafe fn from_str<'a>(text: abi::ingest_str) -> std::borrow::Cow<'a, str> {
    if text.size == 0 {
        return "".into();
    }
    String::from_utf8_lossy(std::slice::from_raw_parts(text.data, text.size as usize))
}

/// Copies as much of `text` as fits, in whole characters, and a NUL behind it.
fn copy_text(text: &str, to: &mut [u8]) {
    let mut size = text.len().min(to.len() - 1);
    while !text.is_char_boundary(size) {
        size -= 1;
    }
    to[..size].copy_from_slice(&text.as_bytes()[..size]);
    to[size] = 0;
}
