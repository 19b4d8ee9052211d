use std::cell::UnsafeCell;
use std::os::raw::c_void;
use std::sync::{Mutex, PoisonError};

use crate::abi::*;
use crate::batch::Batch;
use crate::export::{create, destroy, guarded};
use crate::{Error, Host, Options, Schema};

/// Takes readings out of the host.
///
/// Threads: made and dropped on the main thread, an instance per worker; in between called by one
/// thread at a time. Its health is that of its last write: connected if it returned Ok or rejected
/// a row, disconnected with the error's message otherwise.
pub trait Sink: Sized + Send + 'static {
    /// Makes an instance, or says which option is wrong. Must not connect or block.
    fn create(host: Host, options: &Options, schema: &Schema) -> Result<Self, Error>;

    /// Returns Ok only when every row of all batches is durable at the destination, else
    /// [`Error::retry`], [`Error::reject`] or [`Error::fatal`]. What failed comes again, so writes
    /// must be idempotent by reading_id where the destination allows it. May block until the
    /// batches' deadline. Without batches: connect if need be, and say whether writing would work.
    fn write(&mut self, batches: &[Batch]) -> Result<(), Error>;

    /// Before the end: makes durable what `write` left open, by `deadline_ns` (0: none).
    fn flush(&mut self, _deadline_ns: i64) -> Result<(), Error> {
        Ok(())
    }
}

/// The sink, and beside it what `health` may read while `write` runs on another thread.
struct Instance<S> {
    sink: UnsafeCell<S>,
    health: Mutex<(i32, String)>,
}

impl<S> Instance<S> {
    fn set_health(&self, written: &Result<(), Error>) {
        let health = match written {
            Ok(()) => (INGEST_HEALTH_CONNECTED, String::new()),
            Err(e) if e.code() == INGEST_REJECT => (INGEST_HEALTH_CONNECTED, String::new()),
            Err(e) => (INGEST_HEALTH_DISCONNECTED, e.message().to_string()),
        };
        *self.health.lock().unwrap_or_else(PoisonError::into_inner) = health;
    }
}

#[doc(hidden)]
pub const fn sink_table<S: Sink>() -> ingest_sink {
    ingest_sink {
        struct_size: std::mem::size_of::<ingest_sink>() as u32,
        reserved: 0,
        create: create_sink::<S>,
        write: write::<S>,
        health: health::<S>,
        flush: flush::<S>,
        destroy: destroy::<Instance<S>>,
    }
}

unsafe extern "C" fn create_sink<S: Sink>(
    host: *const ingest_host,
    options_json: ingest_str,
    schema: *const ArrowSchema,
    instance: *mut *mut c_void,
    error: *mut ingest_error,
) -> i32 {
    create(host, options_json, schema, instance, error, |host, options, schema| {
        let sink = UnsafeCell::new(S::create(host, options, schema)?);
        Ok(Instance { sink, health: Mutex::new((INGEST_HEALTH_UNKNOWN, String::new())) })
    })
}

unsafe extern "C" fn write<S: Sink>(
    instance: *mut c_void,
    batches: *const *const ingest_batch,
    n: u64,
    error: *mut ingest_error,
) -> i32 {
    guarded(error, || {
        let instance = &*instance.cast::<Instance<S>>();
        let batches: Vec<Batch> =
            (0..n as usize).map(|index| Batch::new(*batches.add(index))).collect();
        // The host calls write, flush and destroy of an instance from one thread at a time.
        let written = (*instance.sink.get()).write(&batches);
        instance.set_health(&written);
        written
    })
}

unsafe extern "C" fn flush<S: Sink>(
    instance: *mut c_void,
    deadline_ns: i64,
    error: *mut ingest_error,
) -> i32 {
    guarded(error, || (*(*instance.cast::<Instance<S>>()).sink.get()).flush(deadline_ns))
}

unsafe extern "C" fn health<S: Sink>(instance: *mut c_void, out: *mut ingest_health) {
    let instance = &*instance.cast::<Instance<S>>();
    let health = instance.health.lock().unwrap_or_else(PoisonError::into_inner);
    (*out).state = health.0;
    crate::copy_text(&health.1, &mut (*out).message);
}
