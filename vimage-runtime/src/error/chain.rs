//! An error with its causes, in one line.

use std::error::Error;
use std::fmt;

/// Shows `what: because: because`, for those who have only a line. `Display` of an error says what went wrong at its own
/// level; the causes come through `source`.
pub(crate) struct Chain<'a>(pub(crate) &'a dyn Error);

impl fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)?;
        let mut cause = self.0.source();
        while let Some(error) = cause {
            write!(f, ": {error}")?;
            cause = error.source();
        }
        Ok(())
    }
}
