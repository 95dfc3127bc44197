//! The error part of a reply.

use serde::Serialize;

use crate::error::Chain;
use crate::sysctl;

/// Why a request was not answered: a kind for programs, a message for people.
#[derive(Debug, Serialize)]
pub(super) struct Failure {
    kind: &'static str,
    message: String,
}

impl Failure {
    pub(super) fn new(kind: &'static str, message: impl Into<String>) -> Self {
        Self { kind, message: message.into() }
    }
}

impl From<sysctl::Error> for Failure {
    fn from(error: sysctl::Error) -> Self {
        use sysctl::Error::{
            Ambiguous, Boot, Busy, Gone, NoInstance, NotPermitted, NotTunable, OutOfRange, Panicked, ReadOnly, Refused,
            Unknown, WrongClass, WrongType,
        };
        let kind = match error {
            Unknown { .. } => "unknown",
            Ambiguous { .. } => "ambiguous",
            WrongType { .. } => "wrong_type",
            OutOfRange { .. } => "out_of_range",
            ReadOnly { .. } => "read_only",
            NotTunable { .. } => "not_tunable",
            NotPermitted { .. } => "not_permitted",
            NoInstance { .. } => "no_instance",
            WrongClass { .. } => "wrong_class",
            Gone { .. } => "gone",
            Busy { .. } => "locked",
            Refused { .. } => "refused",
            Panicked { .. } => "panicked",
            Boot(_) => "boot",
        };
        Self::new(kind, Chain(&error).to_string())
    }
}
