//! The C structs of `plugin-api/include/ingest/plugin/*.h`, under their C names. What each member
//! means, who owns it and which thread may use it is said there.
#![allow(non_camel_case_types)]

use std::mem::size_of;
use std::os::raw::{c_char, c_void};

/// The minor version of the ABI that this file mirrors.
pub const INGEST_ABI_MINOR: u32 = 0;

pub const INGEST_OK: i32 = 0;
pub const INGEST_CONFIG: i32 = 1;
pub const INGEST_RETRY: i32 = 2;
pub const INGEST_REJECT: i32 = 3;
pub const INGEST_FATAL: i32 = 4;
pub const INGEST_TIMEOUT: i32 = 5;
pub const INGEST_UNSUPPORTED: i32 = 6;
pub const INGEST_INTERNAL: i32 = 7;

pub const INGEST_LOG_DEBUG: i32 = 0;
pub const INGEST_LOG_INFO: i32 = 1;
pub const INGEST_LOG_WARN: i32 = 2;
pub const INGEST_LOG_ERROR: i32 = 3;

pub const INGEST_WARN: i32 = 1;
pub const INGEST_REJECT_ROW: i32 = 2;

pub const INGEST_HEALTH_UNKNOWN: i32 = 0;
pub const INGEST_HEALTH_CONNECTED: i32 = 1;
pub const INGEST_HEALTH_DISCONNECTED: i32 = 2;

pub const INGEST_COLUMN_READING_ID: i32 = 0;
pub const INGEST_COLUMN_EQUIPMENT_ID: i32 = 1;
pub const INGEST_COLUMN_TIMESTAMP: i32 = 2;
pub const INGEST_COLUMN_RECEIVED_AT: i32 = 3;
pub const INGEST_COLUMN_FIRST_FIELD: i32 = 4;

pub const INGEST_BATCH_TRIAL: u32 = 1;

pub const ARROW_FLAG_NULLABLE: i64 = 2;

pub const INGEST_VALIDATOR_ID: &str = "ingest.validator/1";
pub const INGEST_SINK_ID: &str = "ingest.sink/1";
pub const INGEST_QUERY_ID: &str = "ingest.query/1";
pub const INGEST_OPTIONS_ID: &str = "ingest.options/1";

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ingest_str {
    pub data: *const u8,
    pub size: u64,
}

#[repr(C)]
pub struct ingest_error {
    pub struct_size: u32,
    pub code: i32,
    pub message: [u8; 504],
}

#[repr(C)]
pub struct ingest_host {
    pub struct_size: u32,
    pub abi_minor: u32,
    pub ctx: *mut c_void,
    pub log: unsafe extern "C" fn(*mut c_void, i32, ingest_str),
    pub now_ns: unsafe extern "C" fn(*mut c_void) -> i64,
    pub get_service: unsafe extern "C" fn(*mut c_void, ingest_str) -> *const c_void,
}

#[repr(C)]
pub struct ingest_plugin {
    pub struct_size: u32,
    pub built_minor: u32,
    pub min_host_minor: u32,
    pub reserved: u32,
    pub id: ingest_str,
    pub version: ingest_str,
    pub description: ingest_str,
    pub manifest_json: ingest_str,
    pub get_interface: unsafe extern "C" fn(ingest_str) -> *const c_void,
}

#[repr(C)]
pub struct ArrowSchema {
    pub format: *const c_char,
    pub name: *const c_char,
    pub metadata: *const c_char,
    pub flags: i64,
    pub n_children: i64,
    pub children: *mut *mut ArrowSchema,
    pub dictionary: *mut ArrowSchema,
    pub release: Option<unsafe extern "C" fn(*mut ArrowSchema)>,
    pub private_data: *mut c_void,
}

#[repr(C)]
pub struct ArrowArray {
    pub length: i64,
    pub null_count: i64,
    pub offset: i64,
    pub n_buffers: i64,
    pub n_children: i64,
    pub buffers: *mut *const c_void,
    pub children: *mut *mut ArrowArray,
    pub dictionary: *mut ArrowArray,
    pub release: Option<unsafe extern "C" fn(*mut ArrowArray)>,
    pub private_data: *mut c_void,
}

#[repr(C)]
pub struct ingest_batch {
    pub struct_size: u32,
    pub flags: u32,
    pub sequence: u64,
    pub deadline_ns: i64,
    pub schema: *const ArrowSchema,
    pub data: *const ArrowArray,
    pub refused: *const u8,
}

#[repr(C)]
pub struct ingest_report {
    pub struct_size: u32,
    pub reserved: u32,
    pub ctx: *mut c_void,
    pub issue: unsafe extern "C" fn(*mut c_void, i64, i32, i32, ingest_str, ingest_str) -> i32,
    pub set_utf8: unsafe extern "C" fn(*mut c_void, i64, i32, ingest_str) -> i32,
    pub set_f64: unsafe extern "C" fn(*mut c_void, i64, i32, f64) -> i32,
    pub set_i64: unsafe extern "C" fn(*mut c_void, i64, i32, i64) -> i32,
    pub set_null: unsafe extern "C" fn(*mut c_void, i64, i32) -> i32,
}

/// `create` of validators, sinks and queries.
pub type create_fn = unsafe extern "C" fn(
    *const ingest_host,
    ingest_str,
    *const ArrowSchema,
    *mut *mut c_void,
    *mut ingest_error,
) -> i32;

#[repr(C)]
pub struct ingest_validator {
    pub struct_size: u32,
    pub reserved: u32,
    pub create: create_fn,
    pub validate: unsafe extern "C" fn(
        *mut c_void,
        *const ingest_batch,
        *mut ingest_report,
        *mut ingest_error,
    ) -> i32,
    pub destroy: unsafe extern "C" fn(*mut c_void),
}

#[repr(C)]
pub struct ingest_health {
    pub struct_size: u32,
    pub state: i32,
    pub message: [u8; 248],
}

#[repr(C)]
pub struct ingest_sink {
    pub struct_size: u32,
    pub reserved: u32,
    pub create: create_fn,
    pub write: unsafe extern "C" fn(
        *mut c_void,
        *const *const ingest_batch,
        u64,
        *mut ingest_error,
    ) -> i32,
    pub health: unsafe extern "C" fn(*mut c_void, *mut ingest_health),
    pub flush: unsafe extern "C" fn(*mut c_void, i64, *mut ingest_error) -> i32,
    pub destroy: unsafe extern "C" fn(*mut c_void),
}

#[repr(C)]
pub struct ingest_rows {
    pub struct_size: u32,
    pub reserved: u32,
    pub ctx: *mut c_void,
    pub begin_row: unsafe extern "C" fn(*mut c_void) -> i32,
    pub set_utf8: unsafe extern "C" fn(*mut c_void, i32, ingest_str) -> i32,
    pub set_f64: unsafe extern "C" fn(*mut c_void, i32, f64) -> i32,
    pub set_i64: unsafe extern "C" fn(*mut c_void, i32, i64) -> i32,
    pub set_bytes: unsafe extern "C" fn(*mut c_void, i32, *const u8, u64) -> i32,
}

#[repr(C)]
pub struct ingest_query {
    pub struct_size: u32,
    pub reserved: u32,
    pub create: create_fn,
    pub latest: unsafe extern "C" fn(
        *mut c_void,
        ingest_str,
        u32,
        i64,
        *mut ingest_rows,
        *mut ingest_error,
    ) -> i32,
    pub destroy: unsafe extern "C" fn(*mut c_void),
}

#[repr(C)]
pub struct ingest_options {
    pub struct_size: u32,
    pub reserved: u32,
    pub get_i64: unsafe extern "C" fn(*mut c_void, ingest_str, ingest_str, *mut i64) -> i32,
    pub get_f64: unsafe extern "C" fn(*mut c_void, ingest_str, ingest_str, *mut f64) -> i32,
    pub get_bool: unsafe extern "C" fn(*mut c_void, ingest_str, ingest_str, *mut i32) -> i32,
    pub get_utf8: unsafe extern "C" fn(
        *mut c_void,
        ingest_str,
        ingest_str,
        *mut u8,
        u64,
        *mut u64,
    ) -> i32,
    pub get_size: unsafe extern "C" fn(*mut c_void, ingest_str, ingest_str, *mut u64) -> i32,
    pub get_name: unsafe extern "C" fn(
        *mut c_void,
        ingest_str,
        ingest_str,
        u64,
        *mut u8,
        u64,
        *mut u64,
    ) -> i32,
}

// SAFETY: the host's table may be used from any thread (host.h); a plugin's own is never written.
unsafe impl Sync for ingest_host {}
unsafe impl Sync for ingest_plugin {}

// The sizes that the C headers have on 64-bit machines, the only ones that the host runs on.
const _: () = assert!(size_of::<ingest_str>() == 16);
const _: () = assert!(size_of::<ingest_error>() == 512);
const _: () = assert!(size_of::<ingest_host>() == 40);
const _: () = assert!(size_of::<ingest_plugin>() == 88);
const _: () = assert!(size_of::<ArrowSchema>() == 72);
const _: () = assert!(size_of::<ArrowArray>() == 80);
const _: () = assert!(size_of::<ingest_batch>() == 48);
const _: () = assert!(size_of::<ingest_report>() == 56);
const _: () = assert!(size_of::<ingest_validator>() == 32);
const _: () = assert!(size_of::<ingest_health>() == 256);
const _: () = assert!(size_of::<ingest_sink>() == 48);
const _: () = assert!(size_of::<ingest_rows>() == 56);
const _: () = assert!(size_of::<ingest_query>() == 32);
const _: () = assert!(size_of::<ingest_options>() == 56);
