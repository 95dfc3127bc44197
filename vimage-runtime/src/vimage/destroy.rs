//! The end of a vimage: of the instances that were made for it.

use std::error::Error;
use std::fmt;
use std::panic::Location;
use std::sync::Arc;
use std::task::Poll;
use std::thread;
use std::time::{Duration, Instant};

use super::handle::Vimage;
use crate::core::hooks::Refusal;
use crate::core::teardown::{end, shut_down};
use crate::core::{Handle, Phase};
use crate::error::{ShutdownError, TeardownFailure};

impl Vimage {
    /// Runs the quiesce hooks of the instances that were made for this vimage, the last one first, as
    /// [`Instance::shutdown`](crate::Instance::shutdown) does; those that it shares stay as they are. Does nothing where
    /// that has happened already.
    ///
    /// # Errors
    ///
    /// [`ShutdownError::Refused`], [`ShutdownError::InProgress`]; what this call has shut down is live again then.
    pub fn shutdown(&self) -> Result<(), ShutdownError> {
        match self.ask() {
            Err(Refusal { module, source }) => Err(ShutdownError::Refused { module: module.name, source }),
            Ok(_) if self.fresh().all(|(_, handle)| handle.header().phase() == Phase::Quiesced) => Ok(()),
            Ok(shut) => {
                self.revive(&shut);
                Err(ShutdownError::InProgress)
            }
        }
    }

    /// Ends the instances that were made for this vimage, the last one first, as
    /// [`Instance::destroy`](crate::Instance::destroy) does; those that it shares stay.
    ///
    /// In builds without instances all are shared: it only lets go of them.
    ///
    /// # Errors
    ///
    /// [`VimageDestroyError::Busy`] and [`VimageDestroyError::Refused`] with the vimage, whose instances are live
    /// again; [`VimageDestroyError::Panicked`] when it is gone, but hooks panicked.
    pub fn destroy(self) -> Result<(), VimageDestroyError> {
        Ending::begin(self)?.end().unwrap_or_else(|ending| Err(ending.give_up()))
    }

    /// As [`destroy`](Self::destroy), but waits up to `timeout` for others to let go after the quiesce hooks have run.
    /// Blocks the thread meanwhile; looks every millisecond.
    ///
    /// # Errors
    ///
    /// As [`destroy`](Self::destroy); [`VimageDestroyError::Busy`] when the time is over.
    pub fn destroy_within(self, timeout: Duration) -> Result<(), VimageDestroyError> {
        let begun = Instant::now();
        let mut ending = Ending::begin(self)?;
        loop {
            ending = match ending.end_before(begun, timeout) {
                Ok(done) => return done,
                Err(ending) => ending,
            };
            thread::sleep(Duration::from_millis(1).min(timeout));
        }
    }

    /// As [`destroy_within`](Self::destroy_within), but gives way to other tasks of the executor meanwhile: it may be
    /// them who have to let go.
    pub(crate) async fn destroy_giving_way(self, timeout: Duration) -> Result<(), VimageDestroyError> {
        let begun = Instant::now();
        let mut ending = Ending::begin(self)?;
        loop {
            ending = match ending.end_before(begun, timeout) {
                Ok(done) => return done,
                Err(ending) => ending,
            };
            give_way().await;
        }
    }

    /// The instances that end with this vimage, by their places in it.
    fn fresh(&self) -> impl DoubleEndedIterator<Item = (usize, &Handle)> {
        let members = self.members().iter().enumerate().filter(|(_, member)| member.fresh);
        members.map(|(index, member)| (index, &member.handle))
    }

    /// Shuts down those that are not yet, and says which these are; none, if one refuses.
    fn ask(&self) -> Result<Vec<usize>, Refusal> {
        let mut shut = Vec::new();
        for (index, handle) in self.fresh().rev() {
            // SAFETY: `handle` is one.
            match unsafe { shut_down(handle.as_ptr()) } {
                Ok(true) => shut.push(index),
                Ok(false) => {}
                Err(refusal) => {
                    self.revive(&shut);
                    return Err(refusal);
                }
            }
        }
        Ok(shut)
    }

    fn revive(&self, shut: &[usize]) {
        for &index in shut {
            self.members()[index].handle.header().change_phase(Phase::Quiesced, Phase::Live);
        }
    }
}

/// A vimage whose modules have agreed to its end.
struct Ending {
    vimage: Vimage,
    /// What was shut down for that.
    shut: Vec<usize>,
}

impl Ending {
    fn begin(vimage: Vimage) -> Result<Self, VimageDestroyError> {
        match vimage.ask() {
            Ok(shut) => Ok(Self { vimage, shut }),
            Err(Refusal { module, source }) => Err(VimageDestroyError::Refused { vimage, module: module.name, source }),
        }
    }

    /// Ends it, unless somebody holds it or one of its instances. Looked at before anything ends: no half of a vimage is
    /// left over, unless a weak handle is upgraded just now.
    fn end(mut self) -> Result<Result<(), VimageDestroyError>, Self> {
        let held = self.vimage.fresh().any(|(_, handle)| !handle.header().is_only());
        if held || Arc::get_mut(&mut self.vimage.shared).is_none() {
            return Err(self);
        }
        // In this order: nobody else is asking the modules of what only we hold.
        if self.vimage.fresh().any(|(_, handle)| handle.header().phase() == Phase::Live) {
            // Somebody else had asked the modules of one, and they refused or he has given up.
            return match self.vimage.ask() {
                Ok(shut) => {
                    self.shut.extend(shut);
                    self.end()
                }
                Err(Refusal { module, source }) => {
                    self.vimage.revive(&self.shut);
                    Ok(Err(VimageDestroyError::Refused { vimage: self.vimage, module: module.name, source }))
                }
            };
        }
        let shared = Arc::get_mut(&mut self.vimage.shared).expect("only a clone could make another one");
        let mut failures = Vec::new();
        while let Some(member) = shared.members.pop() {
            // What is shared is only let go of, which may be its end as well.
            if member.fresh
                && let Ok(header) = Handle::into_last(member.handle)
            {
                // SAFETY: that was the last handle.
                failures.extend(unsafe { end(header) });
            }
        }
        Ok(if failures.is_empty() { Ok(()) } else { Err(VimageDestroyError::Panicked(failures)) })
    }

    /// [`end`](Self::end), and [`give_up`](Self::give_up) when the time is over.
    fn end_before(self, begun: Instant, timeout: Duration) -> Result<Result<(), VimageDestroyError>, Self> {
        match self.end() {
            Err(ending) if begun.elapsed() >= timeout => Ok(Err(ending.give_up())),
            other => other,
        }
    }

    /// What this has shut down is live again.
    fn give_up(self) -> VimageDestroyError {
        let Self { vimage, shut } = self;
        let mut held: Vec<String> = vimage
            .fresh()
            .filter(|(_, handle)| !handle.header().is_only())
            .map(|(_, handle)| handle.header().label() + &since(&handle.other_holders()))
            .collect();
        if Arc::strong_count(&vimage.shared) > 1 {
            held.push("there are clones of it".to_owned() + &since(&vimage.shared.holders.others(&vimage.ticket)));
        }
        vimage.revive(&shut);
        VimageDestroyError::Busy { vimage, message: held.join("; ") }
    }
}

fn since(places: &[&Location<'_>]) -> String {
    places.iter().map(|place| format!(", held since {place}")).collect()
}

/// Lets the executor poll everything else once.
async fn give_way() {
    let mut given = false;
    std::future::poll_fn(|cx| {
        if std::mem::replace(&mut given, true) {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
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
