use std::fmt;

use crate::abi::*;

/// Why a call failed. The message is for operators: no secrets. At most 503 bytes of it are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    code: i32,
    message: String,
}

impl Error {
    /// The options can never work; only from `create`. `pointer` is the JSON pointer of the option
    /// at fault ("/limits/max"), for which the host shows the line of its configuration, or "".
    pub fn config(pointer: &str, message: impl fmt::Display) -> Error {
        let colon = if pointer.is_empty() { "" } else { ": " };
        Error { code: INGEST_CONFIG, message: format!("{pointer}{colon}{message}") }
    }

    /// Not now; the host calls again later, for ever.
    pub fn retry(message: impl fmt::Display) -> Error {
        Error { code: INGEST_RETRY, message: message.to_string() }
    }

    /// Some row of this write can never be taken. The host finds out which.
    pub fn reject(message: impl fmt::Display) -> Error {
        Error { code: INGEST_REJECT, message: message.to_string() }
    }

    /// Cannot work until a person acts. The host tries again all the same, and says so loudly.
    pub fn fatal(message: impl fmt::Display) -> Error {
        Error { code: INGEST_FATAL, message: message.to_string() }
    }

    /// The deadline passed; the host calls again later.
    pub fn timeout(message: impl fmt::Display) -> Error {
        Error { code: INGEST_TIMEOUT, message: message.to_string() }
    }

    pub(crate) fn internal(message: impl fmt::Display) -> Error {
        Error { code: INGEST_INTERNAL, message: message.to_string() }
    }

    pub fn code(&self) -> i32 {
        self.code
    }

    pub fn message(&self) -> &str {
        &self.message
    }

    /// Writes this to the caller's struct, as far as its struct_size goes, and returns the code.
    ///
    /// # Safety
    /// `to` is null or points to a struct of `struct_size` bytes.
    pub(crate) unsafe fn write(&self, to: *mut ingest_error) -> i32 {
        const HEAD: u32 = 8;
        if !to.is_null() && (*to).struct_size > HEAD {
            (*to).code = self.code;
            // A later host's message may have more room; what this file knows of is 504 bytes.
            let room = ((*to).struct_size - HEAD).min(504) as usize;
            crate::copy_text(&self.message, &mut (&mut (*to).message)[..room]);
        }
        self.code
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}
