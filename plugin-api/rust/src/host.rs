use std::os::raw::c_void;

use crate::abi::*;
use crate::{to_str, Error};

/// The host's services. Copy it freely; any thread, as long as the process lives.
#[derive(Clone, Copy)]
pub struct Host(&'static ingest_host);

impl Host {
    /// # Safety
    /// `host` is what the host gave to the entry function or to `create`.
    pub(crate) unsafe fn new(host: *const ingest_host) -> Host {
        Host(&*host)
    }

    pub fn debug(&self, message: &str) {
        self.log(INGEST_LOG_DEBUG, message)
    }
    pub fn info(&self, message: &str) {
        self.log(INGEST_LOG_INFO, message)
    }
    pub fn warn(&self, message: &str) {
        self.log(INGEST_LOG_WARN, message)
    }
    pub fn error(&self, message: &str) {
        self.log(INGEST_LOG_ERROR, message)
    }

    /// Monotonic nanoseconds, the clock of deadlines.
    pub fn now_ns(&self) -> i64 {
        // SAFETY: the table lives as long as the process and may be used from any thread.
        unsafe { (self.0.now_ns)(self.0.ctx) }
    }

    fn log(&self, level: i32, message: &str) {
        // SAFETY: as above; the message is copied before the call returns.
        unsafe { (self.0.log)(self.0.ctx, level, to_str(message)) }
    }

    fn service(&self, id: &str) -> *const c_void {
        // SAFETY: as above.
        unsafe { (self.0.get_service)(self.0.ctx, to_str(id)) }
    }
}

/// The options of one instance, read by the host, which has checked them against the manifest and
/// filled in its defaults. Valid during `create`; every call parses the document anew.
///
/// `pointer` is a JSON pointer: "/max", "/limits/0/max"; "" is the whole document.
pub struct Options<'a> {
    host: Host,
    table: &'static ingest_options,
    json: &'a str,
}

/// What an option may be read as: f64, i64, bool, String.
pub trait OptionValue: Sized {
    /// What it is called in messages.
    const NAME: &'static str;
    #[doc(hidden)]
    fn read(options: &Options<'_>, pointer: &str) -> (i32, Self);
}

impl<'a> Options<'a> {
    pub(crate) fn new(host: Host, json: &'a str) -> Result<Options<'a>, Error> {
        let table = host.service(INGEST_OPTIONS_ID).cast::<ingest_options>();
        // SAFETY: a service's table is valid for ever, if there is one.
        match unsafe { table.as_ref() } {
            Some(table) => Ok(Options { host, table, json }),
            None => Err(Error::fatal("this host has not got the service ingest.options/1")),
        }
    }

    /// The whole document.
    pub fn json(&self) -> &'a str {
        self.json
    }

    /// The option, or None when it is not there. Of another type: a configuration error.
    pub fn get<T: OptionValue>(&self, pointer: &str) -> Result<Option<T>, Error> {
        let (code, value) = T::read(self, pointer);
        self.judge(code, value, pointer, T::NAME)
    }

    /// The option; that it is not there is a configuration error too.
    pub fn need<T: OptionValue>(&self, pointer: &str) -> Result<T, Error> {
        self.get(pointer)?.ok_or_else(|| Error::config(pointer, "is missing"))
    }

    /// How many elements the array or members the object has; None when it is not there.
    pub fn size(&self, pointer: &str) -> Result<Option<u64>, Error> {
        let mut size = 0;
        // SAFETY: the texts are borrowed for the call, the result is written by it.
        let code = unsafe {
            (self.table.get_size)(self.ctx(), to_str(self.json), to_str(pointer), &mut size)
        };
        self.judge(code, size, pointer, "an array or an object")
    }

    /// The names of an object's members, sorted; none when it is not there.
    pub fn names(&self, pointer: &str) -> Result<Vec<String>, Error> {
        let size = self.size(pointer)?.unwrap_or(0);
        let mut names = Vec::new();
        for index in 0..size {
            let (code, name) = read_text(|data, room, size| {
                let (json, pointer) = (to_str(self.json), to_str(pointer));
                // SAFETY: as above; at most `room` bytes are written to `data`.
                unsafe { (self.table.get_name)(self.ctx(), json, pointer, index, data, room, size) }
            });
            names.extend(self.judge(code, name, pointer, "an object")?);
        }
        Ok(names)
    }

    fn ctx(&self) -> *mut c_void {
        self.host.0.ctx
    }

    fn judge<T>(&self, code: i32, value: T, at: &str, wanted: &str) -> Result<Option<T>, Error> {
        match code {
            INGEST_OK => Ok(Some(value)),
            INGEST_UNSUPPORTED => Ok(None),
            _ => Err(Error::config(at, format!("must be {wanted}"))),
        }
    }
}

impl OptionValue for f64 {
    const NAME: &'static str = "a number";
    fn read(options: &Options<'_>, pointer: &str) -> (i32, f64) {
        let (mut value, get) = (0.0, options.table.get_f64);
        // SAFETY: the texts are borrowed for the call, the result is written by it.
        let code = unsafe { get(options.ctx(), to_str(options.json), to_str(pointer), &mut value) };
        (code, value)
    }
}

impl OptionValue for i64 {
    const NAME: &'static str = "an integer of 64 bits";
    fn read(options: &Options<'_>, pointer: &str) -> (i32, i64) {
        let (mut value, get) = (0, options.table.get_i64);
        // SAFETY: as above.
        let code = unsafe { get(options.ctx(), to_str(options.json), to_str(pointer), &mut value) };
        (code, value)
    }
}

impl OptionValue for bool {
    const NAME: &'static str = "true or false";
    fn read(options: &Options<'_>, pointer: &str) -> (i32, bool) {
        let (mut value, get) = (0, options.table.get_bool);
        // SAFETY: as above.
        let code = unsafe { get(options.ctx(), to_str(options.json), to_str(pointer), &mut value) };
        (code, value != 0)
    }
}

impl OptionValue for String {
    const NAME: &'static str = "a text";
    fn read(options: &Options<'_>, pointer: &str) -> (i32, String) {
        read_text(|data, room, size| {
            let (json, pointer) = (to_str(options.json), to_str(pointer));
            // SAFETY: as above; at most `room` bytes are written to `data`.
            unsafe { (options.table.get_utf8)(options.ctx(), json, pointer, data, room, size) }
        })
    }
}

/// `call` gets a buffer, its room and where to put the text's whole size. Most texts fit at once.
fn read_text(call: impl Fn(*mut u8, u64, *mut u64) -> i32) -> (i32, String) {
    let mut bytes = vec![0; 256];
    loop {
        let mut size = 0;
        let code = call(bytes.as_mut_ptr(), bytes.len() as u64, &mut size);
        let fits = size as usize <= bytes.len();
        bytes.resize(size as usize, 0);
        if code != INGEST_OK || fits {
            return (code, String::from_utf8_lossy(&bytes).into_owned());
        }
    }
}

