use std::ffi::CStr;
use std::marker::PhantomData;

use crate::abi::*;
use crate::batch::Column;
use crate::Error;

/// Kind of a text column.
#[derive(Clone, Copy, Debug)]
pub struct Text;
/// Kind of a column of times: microseconds since 1970-01-01 UTC, as i64.
#[derive(Clone, Copy, Debug)]
pub struct Time;
/// Kind of a column of UUIDs: 16 bytes in network order.
#[derive(Clone, Copy, Debug)]
pub struct Id;

/// What a column can hold: f64, i64, bool, [`Text`], [`Time`], [`Id`].
pub trait Kind: for<'a> ColumnKind<'a> {}
impl<K: for<'a> ColumnKind<'a>> Kind for K {}

/// The part of a kind that depends on how long the batch lives. Implemented here only.
pub trait ColumnKind<'a>: Copy + 'static {
    /// What a cell is read as.
    type Value;
    /// The column's format in the schema.
    const FORMAT: &'static str;
    /// The type's name in the configuration.
    const NAME: &'static str;
    #[doc(hidden)]
    fn value(column: Column<'a>, row: usize) -> Self::Value;
}

impl<'a> ColumnKind<'a> for f64 {
    type Value = f64;
    const FORMAT: &'static str = "g";
    const NAME: &'static str = "double";
    fn value(column: Column<'a>, row: usize) -> f64 {
        column.fixed::<f64>()[row]
    }
}

impl<'a> ColumnKind<'a> for i64 {
    type Value = i64;
    const FORMAT: &'static str = "l";
    const NAME: &'static str = "integer";
    fn value(column: Column<'a>, row: usize) -> i64 {
        column.fixed::<i64>()[row]
    }
}

impl<'a> ColumnKind<'a> for Time {
    type Value = i64;
    const FORMAT: &'static str = "tsu:UTC";
    const NAME: &'static str = "timestamp";
    fn value(column: Column<'a>, row: usize) -> i64 {
        column.fixed::<i64>()[row]
    }
}

impl<'a> ColumnKind<'a> for Id {
    type Value = &'a [u8; 16];
    const FORMAT: &'static str = "w:16";
    const NAME: &'static str = "id";
    fn value(column: Column<'a>, row: usize) -> &'a [u8; 16] {
        &column.fixed::<[u8; 16]>()[row]
    }
}

impl<'a> ColumnKind<'a> for bool {
    type Value = bool;
    const FORMAT: &'static str = "b";
    const NAME: &'static str = "boolean";
    fn value(column: Column<'a>, row: usize) -> bool {
        column.bit(1, row)
    }
}

impl<'a> ColumnKind<'a> for Text {
    type Value = &'a str;
    const FORMAT: &'static str = "u";
    const NAME: &'static str = "string";
    fn value(column: Column<'a>, row: usize) -> &'a str {
        column.text(row)
    }
}

/// A column whose type was looked at once, in `create`. Copy it freely.
#[derive(Clone, Copy, Debug)]
pub struct Typed<K> {
    pub(crate) index: i32,
    kind: PhantomData<K>,
}

impl<K> Typed<K> {
    pub(crate) const fn at(index: i32) -> Typed<K> {
        Typed { index, kind: PhantomData }
    }
}

/// The columns that every reading has.
pub const READING_ID: Typed<Id> = Typed::at(INGEST_COLUMN_READING_ID);
pub const EQUIPMENT_ID: Typed<Text> = Typed::at(INGEST_COLUMN_EQUIPMENT_ID);
pub const TIMESTAMP: Typed<Time> = Typed::at(INGEST_COLUMN_TIMESTAMP);
pub const RECEIVED_AT: Typed<Time> = Typed::at(INGEST_COLUMN_RECEIVED_AT);

/// Names and types of the columns: the four above, then the fields of the configuration.
#[derive(Clone, Copy)]
pub struct Schema<'a>(pub(crate) &'a ArrowSchema);

impl<'a> Schema<'a> {
    /// # Safety
    /// `schema` is one that the host gave, and lives as long as 'a.
    pub(crate) unsafe fn new(schema: *const ArrowSchema) -> Schema<'a> {
        Schema(&*schema)
    }

    pub fn size(&self) -> usize {
        self.0.n_children as usize
    }

    pub fn names(&self) -> impl Iterator<Item = &'a str> {
        let schema = *self;
        (0..schema.size()).map(move |index| schema.name(index))
    }

    /// REQUIRES: index < size(), as for the two below; else it panics.
    pub fn name(&self, index: usize) -> &'a str {
        text(self.child(index).name)
    }

    /// "g", "l", "u", "b", "tsu:UTC" or "w:16"
    pub fn format(&self, index: usize) -> &'a str {
        text(self.child(index).format)
    }

    /// Whether a reading may do without it.
    pub fn nullable(&self, index: usize) -> bool {
        self.child(index).flags & ARROW_FLAG_NULLABLE != 0
    }

    /// The column of this name; a configuration error when there is none or it is of another type.
    pub fn column<K: Kind>(&self, name: &str) -> Result<Typed<K>, Error> {
        self.column_for(name, "")
    }

    /// As `column`, for a name that the option at the JSON pointer `option` gave: the error is
    /// shown with its line.
    pub fn column_for<K: Kind>(&self, name: &str, option: &str) -> Result<Typed<K>, Error> {
        let index = match self.names().position(|one| one == name) {
            Some(index) => index,
            None => return Err(Error::config(option, format!("there is no field '{name}'"))),
        };
        if self.format(index) != K::FORMAT {
            let message = format!("the field '{name}' is not of the type {}", K::NAME);
            return Err(Error::config(option, message));
        }
        Ok(Typed::at(index as i32))
    }

    fn child(&self, index: usize) -> &'a ArrowSchema {
        assert!(index < self.size(), "there is no column {index}");
        // SAFETY: `children` has n_children elements, each a schema that lives as long as this one.
        unsafe { &**self.0.children.add(index) }
    }
}

fn text<'a>(text: *const std::os::raw::c_char) -> &'a str {
    // SAFETY: names and formats are texts that end with a NUL and live as long as the schema.
    unsafe { CStr::from_ptr(text) }.to_str().unwrap_or("")
}
