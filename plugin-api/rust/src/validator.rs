use std::marker::PhantomData;
use std::os::raw::c_void;

use crate::abi::*;
use crate::batch::Batch;
use crate::export::{create, destroy, guarded};
use crate::schema::{ColumnKind, Kind, Schema, Typed};
use crate::{to_str, Error, Host, Options};

/// Looks at readings before they are accepted.
///
/// Threads: made and dropped on the main thread; in between called by one thread at a time, an
/// instance per core, or a single one if the manifest says `"shared_state": true`.
pub trait Validator: Sized + Send + 'static {
    /// Makes an instance, or says which option is wrong.
    fn create(host: Host, options: &Options, schema: &Schema) -> Result<Self, Error>;

    /// Called for every reading; must not block. An error makes the whole call fail, not only this
    /// reading: `on_error` of the configuration decides what becomes of them all.
    fn check(&mut self, row: &Row) -> Result<(), Error>;

    /// Called for every batch. Write this instead of using `check` to go over whole columns.
    fn check_batch(&mut self, batch: &Batch, report: &Report) -> Result<(), Error> {
        for index in 0..batch.rows() {
            self.check(&Row { batch: *batch, report: *report, index })?;
        }
        Ok(())
    }
}

/// Which part of a reading is at fault: a column, or [`At::READING`].
#[derive(Clone, Copy, Debug)]
pub struct At(i32);

impl At {
    /// The reading as a whole.
    pub const READING: At = At(-1);
    /// A column by its index in the schema.
    pub fn column(index: usize) -> At {
        At(index as i32)
    }
}

impl<K> From<Typed<K>> for At {
    fn from(column: Typed<K>) -> At {
        At(column.index)
    }
}

/// A value that a cell can be set to: f64 in a column of doubles, and so on.
pub trait CellValue<K> {
    #[doc(hidden)]
    unsafe fn set(self, report: &ingest_report, row: i64, column: i32) -> i32;
}

impl CellValue<f64> for f64 {
    unsafe fn set(self, report: &ingest_report, row: i64, column: i32) -> i32 {
        (report.set_f64)(report.ctx, row, column, self)
    }
}
impl CellValue<i64> for i64 {
    unsafe fn set(self, report: &ingest_report, row: i64, column: i32) -> i32 {
        (report.set_i64)(report.ctx, row, column, self)
    }
}
impl CellValue<crate::Time> for i64 {
    unsafe fn set(self, report: &ingest_report, row: i64, column: i32) -> i32 {
        (report.set_i64)(report.ctx, row, column, self)
    }
}
impl CellValue<bool> for bool {
    unsafe fn set(self, report: &ingest_report, row: i64, column: i32) -> i32 {
        (report.set_i64)(report.ctx, row, column, self as i64)
    }
}
impl CellValue<crate::Text> for &str {
    unsafe fn set(self, report: &ingest_report, row: i64, column: i32) -> i32 {
        (report.set_utf8)(report.ctx, row, column, to_str(self))
    }
}

/// Where findings go; valid during one call. `code` is one of the manifest's issue codes, `message`
/// is for the client: what is wrong and what was expected. The errors are the host's refusals, of
/// what the manifest did not promise or a row that is not there: pass them on with `?`.
#[derive(Clone, Copy)]
pub struct Report<'a> {
    report: *mut ingest_report,
    life: PhantomData<&'a ()>,
}

impl Report<'_> {
    /// Refuses this reading, not the others.
    pub fn reject(
        &self,
        row: usize,
        at: impl Into<At>,
        code: &str,
        message: &str,
    ) -> Result<(), Error> {
        self.issue(row, at.into(), INGEST_REJECT_ROW, code, message)
    }

    /// Keeps the reading and tells the client.
    pub fn warn(
        &self,
        row: usize,
        at: impl Into<At>,
        code: &str,
        message: &str,
    ) -> Result<(), Error> {
        self.issue(row, at.into(), INGEST_WARN, code, message)
    }

    /// Changes a cell of a column that the manifest's `writes` names.
    pub fn set<K, V: CellValue<K>>(
        &self,
        row: usize,
        column: Typed<K>,
        value: V,
    ) -> Result<(), Error> {
        // SAFETY: the host's table is valid during the call that this report came with.
        done(unsafe { value.set(&*self.report, row as i64, column.index) })
    }

    /// Only for columns that a reading may do without.
    pub fn set_null<K>(&self, row: usize, column: Typed<K>) -> Result<(), Error> {
        // SAFETY: as above.
        let report = unsafe { &*self.report };
        done(unsafe { (report.set_null)(report.ctx, row as i64, column.index) })
    }

    fn issue(
        &self,
        row: usize,
        at: At,
        severity: i32,
        code: &str,
        message: &str,
    ) -> Result<(), Error> {
        // SAFETY: as above; texts are copied before the call returns.
        done(unsafe {
            let report = &*self.report;
            let (code, message) = (to_str(code), to_str(message));
            (report.issue)(report.ctx, row as i64, at.0, severity, code, message)
        })
    }
}

fn done(code: i32) -> Result<(), Error> {
    if code == INGEST_OK {
        return Ok(());
    }
    Err(Error::internal("the report refused a row, column, severity or type"))
}

/// One reading and where to say something about it.
#[derive(Clone, Copy)]
pub struct Row<'a> {
    batch: Batch<'a>,
    report: Report<'a>,
    index: usize,
}

impl<'a> Row<'a> {
    pub fn index(&self) -> usize {
        self.index
    }
    /// See [`Batch::refused`].
    pub fn refused(&self) -> bool {
        self.batch.refused(self.index)
    }
    /// See [`Batch::trial`].
    pub fn trial(&self) -> bool {
        self.batch.trial()
    }
    /// None for null.
    pub fn get<K: Kind>(&self, column: Typed<K>) -> Option<<K as ColumnKind<'a>>::Value> {
        self.batch.get(column, self.index)
    }
    /// See [`Report::reject`]; so for the three below.
    pub fn reject(&self, at: impl Into<At>, code: &str, message: &str) -> Result<(), Error> {
        self.report.reject(self.index, at, code, message)
    }
    pub fn warn(&self, at: impl Into<At>, code: &str, message: &str) -> Result<(), Error> {
        self.report.warn(self.index, at, code, message)
    }
    pub fn set<K, V: CellValue<K>>(&self, column: Typed<K>, value: V) -> Result<(), Error> {
        self.report.set(self.index, column, value)
    }
    pub fn set_null<K>(&self, column: Typed<K>) -> Result<(), Error> {
        self.report.set_null(self.index, column)
    }
}

#[doc(hidden)]
pub const fn validator_table<V: Validator>() -> ingest_validator {
    ingest_validator {
        struct_size: std::mem::size_of::<ingest_validator>() as u32,
        reserved: 0,
        create: create_validator::<V>,
        validate: validate::<V>,
        destroy: destroy::<V>,
    }
}

unsafe extern "C" fn create_validator<V: Validator>(
    host: *const ingest_host,
    options_json: ingest_str,
    schema: *const ArrowSchema,
    instance: *mut *mut c_void,
    error: *mut ingest_error,
) -> i32 {
    create(host, options_json, schema, instance, error, V::create)
}

unsafe extern "C" fn validate<V: Validator>(
    instance: *mut c_void,
    batch: *const ingest_batch,
    report: *mut ingest_report,
    error: *mut ingest_error,
) -> i32 {
    guarded(error, || {
        let report = Report { report, life: PhantomData };
        (*instance.cast::<V>()).check_batch(&Batch::new(batch), &report)
    })
}
