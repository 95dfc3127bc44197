//! The errors of links.

use std::error::Error;
use std::fmt;

/// The link is closed, and all messages are received; from [`Endpoint::recv`](super::Endpoint::recv).
///
/// ```
/// assert_eq!(vimage::link::RecvError.to_string(), "the link is closed");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecvError;

/// The link is closed; gives the message back. From [`Endpoint::send`](super::Endpoint::send).
///
/// ```
/// assert_eq!(vimage::link::SendError("message").into_inner(), "message");
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct SendError<M>(pub M);

/// A message was not sent; gives it back. From [`Endpoint::try_send`](super::Endpoint::try_send).
///
/// ```
/// assert_eq!(vimage::link::TrySendError::Full("message").into_inner(), "message");
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum TrySendError<M> {
    /// The link is full at the moment.
    Full(M),
    /// The link is closed.
    Closed(M),
}

/// No message was received; from [`Endpoint::try_recv`](super::Endpoint::try_recv).
///
/// ```
/// # use vimage::prelude::*;
/// use vimage::link::{self, TryRecvError};
///
/// let base = Vnet::base()?;
/// let (left, right) = link::pair::<u32>(&base, &base)?;
/// assert_eq!(right.try_recv(), Err(TryRecvError::Empty));
/// drop(left);
/// assert_eq!(right.try_recv(), Err(TryRecvError::Closed));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TryRecvError {
    /// The link is empty at the moment.
    Empty,
    /// The link is closed, and all messages are received.
    Closed,
}

impl<M> SendError<M> {
    /// The message that was not sent.
    pub fn into_inner(self) -> M {
        self.0
    }
}

impl<M> TrySendError<M> {
    /// The message that was not sent.
    pub fn into_inner(self) -> M {
        match self {
            Self::Full(message) | Self::Closed(message) => message,
        }
    }
}

const CLOSED: &str = "the link is closed";

impl fmt::Display for RecvError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(CLOSED)
    }
}

impl<M> fmt::Display for SendError<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(CLOSED)
    }
}

impl<M> fmt::Debug for SendError<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SendError(..)")
    }
}

impl<M> fmt::Display for TrySendError<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Full(_) => "the link is full",
            Self::Closed(_) => CLOSED,
        })
    }
}

impl<M> fmt::Debug for TrySendError<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Full(_) => "Full(..)",
            Self::Closed(_) => "Closed(..)",
        })
    }
}

impl fmt::Display for TryRecvError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "the link is empty",
            Self::Closed => CLOSED,
        })
    }
}

impl Error for RecvError {}
impl<M> Error for SendError<M> {}
impl<M> Error for TrySendError<M> {}
impl Error for TryRecvError {}
