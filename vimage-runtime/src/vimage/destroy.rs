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
    /// In builds without instances all are shared: it only lets go of them.
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
        loop {
            let shut = match shut_down_fresh(&members) {
                Ok(shut) => shut,
                Err(Refusal { module, source }) => {
                    let vimage = Self::new(members);
                    return Err(VimageDestroyError::Refused { vimage, module: module.name, source });
                }
            };
            // Looked at before anything ends: no half of a vimage is left over, unless a weak handle is upgraded just
            // now.
            let busy: Vec<String> = fresh(&members).filter_map(|member| held_by_others(&member.handle)).collect();
            if !busy.is_empty() {
                revive(&members, &shut);
                let message = busy.join("; ");
                return Err(VimageDestroyError::Busy { vimage: Self::new(members), message });
            }
            // In this order: nobody else is asking the modules of what only we hold.
            if fresh(&members).all(|member| member.handle.header().phase() != Phase::Live) {
                break;
            }
            // Somebody else had asked the modules of one, and they refused or he has given up.
            revive(&members, &shut);
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

/// Who else holds it, if somebody does.
fn held_by_others(handle: &Handle) -> Option<String> {
    let others = || handle.other_holders().into_iter().map(|place| format!(", held since {place}"));
    (!handle.header().is_only()).then(|| others().fold(handle.header().label(), |label, place| label + &place))
}

fn fresh(members: &[Member]) -> impl Iterator<Item = &Member> {
    members.iter().filter(|member| member.fresh)
}

/// Shuts down those that are not yet, and says which these are; none, if one refuses.
fn shut_down_fresh(members: &[Member]) -> Result<Vec<usize>, Refusal> {
    let mut shut = Vec::new();
    for (index, member) in members.iter().enumerate().filter(|(_, member)| member.fresh) {
        // SAFETY: the member is a handle.
        match unsafe { shut_down(member.handle.as_ptr()) } {
            Ok(true) => shut.push(index),
            Ok(false) => {}
            Err(refusal) => {
                revive(members, &shut);
                return Err(refusal);
            }
        }
    }
    Ok(shut)
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
