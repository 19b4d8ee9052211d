use std::marker::PhantomData;

use crate::abi::*;
use crate::schema::{ColumnKind, Id, Kind, Schema, Text, Time, Typed};

/// Readings in columns, borrowed from the host for one call.
#[derive(Clone, Copy)]
pub struct Batch<'a> {
    batch: &'a ingest_batch,
    data: &'a ArrowArray,
}

/// One cell of any type.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value<'a> {
    Null,
    F64(f64),
    I64(i64),
    Bool(bool),
    Text(&'a str),
    /// Microseconds since 1970-01-01 UTC.
    Time(i64),
    Id(&'a [u8; 16]),
}

impl<'a> Batch<'a> {
    /// # Safety
    /// `batch` is one that the host gave, and lives as long as 'a.
    pub(crate) unsafe fn new(batch: *const ingest_batch) -> Batch<'a> {
        Batch { batch: &*batch, data: &*(*batch).data }
    }

    pub fn rows(&self) -> usize {
        self.data.length as usize
    }

    pub fn schema(&self) -> Schema<'a> {
        // SAFETY: a batch points to the schema that `create` got.
        unsafe { Schema::new(self.batch.schema) }
    }

    /// Sinks: the position in the host's log of the first row.
    pub fn sequence(&self) -> u64 {
        self.batch.sequence
    }

    /// The time of [`crate::Host::now_ns`] by which the call should return; 0: none.
    pub fn deadline_ns(&self) -> i64 {
        self.batch.deadline_ns
    }

    /// These readings will not be stored; somebody asks what would be said of them. A validator
    /// that remembers readings remembers nothing of this batch.
    pub fn trial(&self) -> bool {
        self.batch.flags & INGEST_BATCH_TRIAL != 0
    }

    /// The row was refused before this validator saw it. A validator that remembers readings skips
    /// such rows.
    pub fn refused(&self, row: usize) -> bool {
        assert!(row < self.rows(), "there is no row {row}");
        // SAFETY: the bitmap has a bit for every row, where there is one.
        !self.batch.refused.is_null() && unsafe { bit_of(self.batch.refused, row) }
    }

    /// A whole column: look it up once, then go over its rows.
    pub fn column<K: Kind>(&self, column: Typed<K>) -> Cells<'a, K> {
        let index = column.index as usize;
        // A `Typed` of one schema could be used with another; the formats' first letters differ.
        let format = self.schema().format(index);
        assert!(format.as_bytes()[0] == K::FORMAT.as_bytes()[0], "column {index} is '{format}'");
        // SAFETY: the data has the columns of its schema.
        let column = Column(unsafe { &**self.data.children.add(index) });
        Cells { column, kind: PhantomData }
    }

    /// None for null. REQUIRES: row < rows(), else it panics.
    pub fn get<K: Kind>(
        &self,
        column: Typed<K>,
        row: usize,
    ) -> Option<<K as ColumnKind<'a>>::Value> {
        self.column(column).get(row)
    }

    /// A cell by its column's index in the schema. REQUIRES: index < schema().size(), row < rows().
    pub fn value(&self, index: usize, row: usize) -> Value<'a> {
        fn typed<K>(index: usize) -> Typed<K> {
            Typed::at(index as i32)
        }
        let value = match self.schema().format(index).as_bytes()[0] {
            b'g' => self.get(typed::<f64>(index), row).map(Value::F64),
            b'l' => self.get(typed::<i64>(index), row).map(Value::I64),
            b'b' => self.get(typed::<bool>(index), row).map(Value::Bool),
            b'u' => self.get(typed::<Text>(index), row).map(Value::Text),
            b't' => self.get(typed::<Time>(index), row).map(Value::Time),
            _ => self.get(typed::<Id>(index), row).map(Value::Id),
        };
        value.unwrap_or(Value::Null)
    }
}

/// One column of a batch.
#[derive(Clone, Copy)]
pub struct Cells<'a, K> {
    column: Column<'a>,
    kind: PhantomData<K>,
}

impl<'a, K: Kind> Cells<'a, K> {
    /// Whether the row has a value. REQUIRES: row < the batch's rows; else it panics.
    pub fn has(&self, row: usize) -> bool {
        assert!(row < self.column.rows(), "there is no row {row}");
        self.column.bit(0, row)
    }

    /// None for null.
    pub fn get(&self, row: usize) -> Option<<K as ColumnKind<'a>>::Value> {
        if self.has(row) {
            Some(K::value(self.column, row))
        } else {
            None
        }
    }
}

impl<'a> Cells<'a, f64> {
    /// Every row's number at once; what lies under a null means nothing, so ask `has` too.
    pub fn numbers(&self) -> &'a [f64] {
        self.column.fixed()
    }
}

impl<'a> Cells<'a, i64> {
    /// As for f64.
    pub fn numbers(&self) -> &'a [i64] {
        self.column.fixed()
    }
}

/// A column's buffers. Its readers are for the kinds, which know the format.
#[derive(Clone, Copy)]
pub struct Column<'a>(&'a ArrowArray);

impl<'a> Column<'a> {
    pub(crate) fn rows(&self) -> usize {
        self.0.length as usize
    }

    pub(crate) fn bit(&self, buffer: usize, row: usize) -> bool {
        // SAFETY: bitmaps have a bit for every row, and callers check the row.
        unsafe { bit_of(self.buffer(buffer), row) }
    }

    pub(crate) fn fixed<T>(&self) -> &'a [T] {
        // SAFETY: the second buffer has a T for every row, 64-byte aligned.
        unsafe { std::slice::from_raw_parts(self.buffer(1), self.rows()) }
    }

    pub(crate) fn text(&self, row: usize) -> &'a str {
        // SAFETY: there is one offset more than rows, they ascend within the third buffer, and
        // batches hold UTF-8.
        unsafe {
            let offsets = self.buffer::<i32>(1);
            let (begin, end) = (*offsets.add(row) as usize, *offsets.add(row + 1) as usize);
            let bytes = std::slice::from_raw_parts(self.buffer::<u8>(2).add(begin), end - begin);
            std::str::from_utf8_unchecked(bytes)
        }
    }

    fn buffer<T>(&self, index: usize) -> *const T {
        // SAFETY: the profile says which buffers a format has; all of them are always there.
        unsafe { (*self.0.buffers.add(index)).cast() }
    }
}

/// # Safety
/// The bitmap has a bit `row`.
unsafe fn bit_of(bitmap: *const u8, row: usize) -> bool {
    *bitmap.add(row / 8) >> (row % 8) & 1 != 0
}
