//! The end of a vimage: of the instances that were made for it.

use std::error::Error;
use std::fmt;
use std::sync::Arc;

use super::{Member, Vimage};
use crate::failure::TeardownFailure;
use crate::instance::{Handle, Phase, Refusal, end, shut_down};

impl Vimage {
    /// Ends the instances that were made for this vimage, the last one first, as
    /// [`Instance::destroy`](crate::Instance::destroy) does; those that it shares stay.
    ///
    /// # Errors
    ///
    /// [`VimageDestroyError::Busy`] and [`VimageDestroyError::Refused`] with the vimage, whose instances are live as
    /// before; [`VimageDestroyError::Panicked`] when it is gone, but hooks panicked.
    pub fn destroy(self) -> Result<(), VimageDestroyError> {
        let mut members = match Arc::try_unwrap(self.members) {
            Ok(members) => members,
            Err(members) => {
                let message = "there are clones of it".to_owned();
                return Err(VimageDestroyError::Busy { vimage: Self { members }, message });
            }
        };
        let mut shut: Vec<usize> = Vec::new();
        for (index, member) in members.iter().enumerate().filter(|(_, member)| member.fresh) {
            // SAFETY: the member is a handle.
            match unsafe { shut_down(member.handle.as_ptr()) } {
                Ok(true) => shut.push(index),
                Ok(false) => {}
                Err(Refusal { module, source }) => {
                    revive(&members, &shut);
                    return Err(VimageDestroyError::Refused {
                        vimage: Self::new(members),
                        module: module.name,
                        source,
                    });
                }
            }
        }
        // Looked at before anything ends: no half of a vimage is left over, unless a weak handle is upgraded just now.
        if let Some(busy) = members.iter().find(|member| member.fresh && !member.handle.header().is_only()) {
            let mut message = busy.handle.header().label();
            for place in busy.handle.other_holders() {
                message += &format!(", held since {place}");
            }
            revive(&members, &shut);
            return Err(VimageDestroyError::Busy { vimage: Self::new(members), message });
        }
        let mut failures = Vec::new();
        while let Some(member) = members.pop() {
            // What is shared is only let go of, which may be its end as well.
            if member.fresh
                && let Ok(header) = Handle::into_last(member.handle)
            {
                // SAFETY: that was the last handle.
                failures.extend(unsafe { end(header) });
            }
        }
        if failures.is_empty() { Ok(()) } else { Err(VimageDestroyError::Panicked(failures)) }
    }
}

fn revive(members: &[Member], shut: &[usize]) {
    for &index in shut {
        members[index].handle.header().change_phase(Phase::Quiescing, Phase::Live);
    }
}

/// Why a vimage was not destroyed, or not without trouble.
#[non_exhaustive]
#[derive(Debug)]
pub enum VimageDestroyError {
    /// Others hold the vimage, or an instance that was made for it.
    Busy {
        /// The vimage.
        vimage: Vimage,
        /// What is held, and where the handles were made, as far as that is known.
        message: String,
    },
    /// A quiesce hook refused or panicked.
    Refused {
        /// The vimage.
        vimage: Vimage,
        /// The module whose hook it was.
        module: &'static str,
        /// What it returned, or what the panic said.
        source: Arc<dyn Error + Send + Sync>,
    },
    /// It is gone, but hooks or `Drop`s panicked.
    Panicked(Vec<TeardownFailure>),
}

impl fmt::Display for VimageDestroyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Busy { vimage, message } => write!(f, "{vimage:?} is still in use: {message}"),
            Self::Refused { vimage, module, source } => write!(f, "{vimage:?}: module `{module}` refused: {source}"),
            Self::Panicked(failures) => {
                f.write_str("the vimage is gone, but not without panics")?;
                failures.iter().try_for_each(|failure| write!(f, "; {failure}"))
            }
        }
    }
}

impl Error for VimageDestroyError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Refused { source, .. } => Some(&**source),
            Self::Busy { .. } | Self::Panicked(_) => None,
        }
    }
}
