//! The edge between C and Rust: no panic crosses it.

use std::any::Any;
use std::cell::RefCell;
use std::os::raw::c_void;
use std::panic::{catch_unwind, AssertUnwindSafe};

use crate::abi::*;
use crate::{from_str, Error, Host, Options, Schema};

thread_local! {
    // Where the last panic of this thread was, while the host waits for its call to return.
    static PANIC: RefCell<Option<Option<String>>> = RefCell::new(None);
}

/// Runs a call of the host, turning errors and panics into a code.
///
/// # Safety
/// `error` is null or the caller's struct.
pub(crate) unsafe fn guarded(
    error: *mut ingest_error,
    call: impl FnOnce() -> Result<(), Error>,
) -> i32 {
    match caught(call) {
        Ok(()) => INGEST_OK,
        Err(e) => e.write(error),
    }
}

fn caught<T>(call: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
    PANIC.with(|last| *last.borrow_mut() = Some(None));
    let result = catch_unwind(AssertUnwindSafe(call));
    let last = PANIC.with(|last| last.borrow_mut().take()).flatten();
    result.unwrap_or_else(|payload| {
        Err(Error::internal(last.unwrap_or_else(|| text_of(payload.as_ref()))))
    })
}

fn text_of(payload: &(dyn Any + Send)) -> String {
    match (payload.downcast_ref::<&str>(), payload.downcast_ref::<String>()) {
        (Some(text), _) => format!("panicked: {text}"),
        (_, Some(text)) => format!("panicked: {text}"),
        _ => "panicked".to_string(),
    }
}

/// `create` of validators and sinks: what `make` made goes to the host in a box.
///
/// # Safety
/// The arguments are those of the ABI's `create`.
pub(crate) unsafe fn create<T>(
    host: *const ingest_host,
    options_json: ingest_str,
    schema: *const ArrowSchema,
    instance: *mut *mut c_void,
    error: *mut ingest_error,
    make: impl FnOnce(Host, &Options, &Schema) -> Result<T, Error>,
) -> i32 {
    guarded(error, || {
        let (host, json) = (Host::new(host), from_str(options_json));
        let made = make(host, &Options::new(host, &json)?, &Schema::new(schema))?;
        *instance = Box::into_raw(Box::new(made)).cast();
        Ok(())
    })
}

/// # Safety
/// `instance` is what `create` made of the type T, for the last time.
pub(crate) unsafe extern "C" fn destroy<T>(instance: *mut c_void) {
    let _ = caught(|| {
        drop(Box::from_raw(instance.cast::<T>()));
        Ok(())
    });
}

/// What a crate's macro call makes of its own data.
pub type StaticPlugin = ingest_plugin;

#[doc(hidden)]
pub const fn describe(
    texts: [&'static str; 4],
    get_interface: unsafe extern "C" fn(ingest_str) -> *const c_void,
) -> ingest_plugin {
    ingest_plugin {
        struct_size: std::mem::size_of::<ingest_plugin>() as u32,
        built_minor: INGEST_ABI_MINOR,
        min_host_minor: 0,
        reserved: 0,
        id: static_str(texts[0]),
        version: static_str(texts[1]),
        description: static_str(texts[2]),
        manifest_json: static_str(texts[3]),
        get_interface,
    }
}

const fn static_str(text: &'static str) -> ingest_str {
    ingest_str { data: text.as_ptr(), size: text.len() as u64 }
}

#[doc(hidden)]
pub fn interface<T>(asked: ingest_str, id: &str, table: &'static T) -> *const c_void {
    // SAFETY: the host lends the text for the call.
    if unsafe { from_str(asked) } == id {
        (table as *const T).cast()
    } else {
        std::ptr::null()
    }
}

/// The entry function of both macros.
#[doc(hidden)]
pub fn entry(host: *const ingest_host, plugin: &'static ingest_plugin) -> *const ingest_plugin {
    // SAFETY: the host's table, which lives as long as the process.
    let host = unsafe { Host::new(host) };
    // The plugin has a standard library of its own, so this is no hook of anybody else. Without it
    // each panic would write to the process's stderr.
    std::panic::set_hook(Box::new(move |panic| {
        let text = panic.to_string();
        let in_call = PANIC.with(|last| match last.borrow_mut().as_mut() {
            Some(place) => {
                *place = Some(text.clone());
                true
            }
            None => false,
        });
        if !in_call {
            host.error(&format!("a thread of the plugin {text}"));
        }
    }));
    plugin
}

#[doc(hidden)]
#[macro_export]
macro_rules! ingest_export {
    ($interface:expr, $table_type:ty, $table:expr, $manifest:expr) => {
        /// Called by the host, once, before anything else.
        ///
        /// # Safety
        /// `host` is the host's table.
        #[no_mangle]
        pub unsafe extern "C" fn ingest_plugin_entry_v1(
            host: *const $crate::abi::ingest_host,
        ) -> *const $crate::abi::ingest_plugin {
            unsafe extern "C" fn get_interface(
                id: $crate::abi::ingest_str,
            ) -> *const ::std::os::raw::c_void {
                static TABLE: $table_type = $table;
                $crate::interface(id, $interface, &TABLE)
            }
            static PLUGIN: $crate::StaticPlugin = $crate::describe(
                [
                    env!("CARGO_PKG_NAME"),
                    env!("CARGO_PKG_VERSION"),
                    env!("CARGO_PKG_DESCRIPTION"),
                    $manifest,
                ],
                get_interface,
            );
            $crate::entry(host, &PLUGIN)
        }
    };
}

/// Makes this crate a validator: `ingest_validator!(TYPE, MANIFEST)`. The grammar of the manifest
/// is in `ingest/plugin/entry.h`.
#[macro_export]
macro_rules! ingest_validator {
    ($class:ty, $manifest:expr $(,)?) => {
        $crate::ingest_export!(
            $crate::abi::INGEST_VALIDATOR_ID,
            $crate::abi::ingest_validator,
            $crate::validator_table::<$class>(),
            $manifest
        );
    };
}

/// Makes this crate a sink: `ingest_sink!(TYPE, MANIFEST)`.
#[macro_export]
macro_rules! ingest_sink {
    ($class:ty, $manifest:expr $(,)?) => {
        $crate::ingest_export!(
            $crate::abi::INGEST_SINK_ID,
            $crate::abi::ingest_sink,
            $crate::sink_table::<$class>(),
            $manifest
        );
    };
}
