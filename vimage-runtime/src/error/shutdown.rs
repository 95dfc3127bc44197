//! Why an instance was not shut down.

use std::error::Error;
use std::fmt;
use std::panic::Location;
use std::sync::Arc;

/// Why an instance was not shut down.
///
/// ```
/// # use vimage::prelude::*;
/// let error = Vnet::base()?.shutdown().unwrap_err();
/// assert!(matches!(error, vimage::ShutdownError::Base));
/// # Ok::<(), vimage::BootError>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum ShutdownError {
    /// A quiesce hook refused or panicked.
    Refused {
        /// The module of the hook.
        module: &'static str,
        /// The error that it returned, or the text of its panic.
        source: Arc<dyn Error + Send + Sync>,
    },
    /// The base instance is never shut down.
    Base,
    /// Its attach hooks are still running.
    Creating,
    /// Its quiesce hooks are running now, on another thread or in a caller of this function, and may refuse.
    InProgress,
}

impl fmt::Display for ShutdownError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused { module, .. } => write!(f, "module `{module}` refused"),
            Self::Base => f.write_str("the base instance is not shut down"),
            Self::Creating => f.write_str("the instance is still being made"),
            Self::InProgress => f.write_str("another thread is shutting the instance down"),
        }
    }
}

impl Error for ShutdownError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Refused { source, .. } => Some(&**source),
            Self::Base | Self::Creating | Self::InProgress => None,
        }
    }
}

/// The other holders of an instance or a vimage that could not be destroyed. Where their handles were made is known with the
/// feature `invariants` only.
///
/// ```
/// # use vimage::prelude::*;
/// # #[cfg(feature = "vimage")] {
/// let red = Vnet::new()?;
/// let _other = red.clone();
/// if let Err(vimage::DestroyError::Busy { holders, .. }) = red.destroy() {
///     for place in holders.places() {
///         println!("a handle was made at {place}");
///     }
/// }
/// # }
/// # Ok::<(), vimage::CreateError>(())
/// ```
#[derive(Clone, Default)]
pub struct Holders {
    /// What is held, in words, and how many of the places are about it.
    held: Vec<(String, usize)>,
    places: Vec<&'static Location<'static>>,
}

impl Holders {
    pub(crate) fn add(&mut self, what: String, places: Vec<&'static Location<'static>>) {
        self.held.push((what, places.len()));
        self.places.extend(places);
    }

    /// File, line and column of each handle, the oldest of each instance first; empty without the feature `invariants`.
    #[must_use]
    pub fn places(&self) -> &[&'static Location<'static>] {
        &self.places
    }
}

/// The places: `Holders(["src/foo.rs:7:9"])`.
impl fmt::Debug for Holders {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let places: Vec<_> = self.places.iter().map(ToString::to_string).collect();
        f.debug_tuple("Holders").field(&places).finish()
    }
}

/// `other handles to it exist, made at src/foo.rs:7:9, src/foo.rs:12:17`
impl fmt::Display for Holders {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut places = self.places.iter();
        for (index, (what, count)) in self.held.iter().enumerate() {
            write!(f, "{}{what}", if index == 0 { "" } else { "; " })?;
            for (index, place) in places.by_ref().take(*count).enumerate() {
                write!(f, "{}{place}", if index == 0 { ", made at " } else { ", " })?;
            }
        }
        Ok(())
    }
}
