//! Where answers come from: the program's server, or its memory.

use std::time::Duration;

use serde_json::Value;

use crate::arguments::Arguments;
use crate::client::{Client, Error};
use crate::outside::Outside;

/// Answers the requests of the [protocol](https://docs.rs/vimage/latest/vimage/inspect/index.html#protocol).
#[derive(Debug)]
pub(crate) enum Source {
    Server(Client),
    Memory(Outside),
}

impl Source {
    pub(crate) fn open(arguments: &Arguments) -> Result<Self, Error> {
        match Outside::open(arguments)? {
            Some(outside) => Ok(Self::Memory(outside)),
            None => {
                let timeout = Duration::from_secs_f64(arguments.timeout);
                Client::connect(arguments.socket.as_deref(), timeout).map(Self::Server)
            }
        }
    }

    /// A page of rows, and the key of the next page if there is one.
    pub(crate) fn page(&mut self, request: &Value) -> Result<(Vec<Value>, Option<Value>), Error> {
        match self {
            Self::Server(client) => client.page(request),
            Self::Memory(outside) => Ok((outside.rows(request)?, None)),
        }
    }

    /// All rows of all pages.
    pub(crate) fn rows(&mut self, request: Value) -> Result<Vec<Value>, Error> {
        match self {
            Self::Server(client) => client.rows(request),
            Self::Memory(outside) => outside.rows(&request),
        }
    }

    /// The answer to a request.
    pub(crate) fn ask(&mut self, request: &Value) -> Result<Value, Error> {
        match self {
            Self::Server(client) => client.ask(request),
            Self::Memory(outside) => outside.ask(request),
        }
    }
}
