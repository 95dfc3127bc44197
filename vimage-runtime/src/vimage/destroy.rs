//! The end of a vimage: of the instances that were made for it.

use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::Poll;
use std::time::{Duration, Instant};

use super::handle::Vimage;
use crate::core::hooks::Refusal;
use crate::core::teardown::{self, Attempt, Owner, Stays};
use crate::core::{Handle, Phase};
use crate::error::{Holders, ShutdownError, TeardownFailure};

impl Vimage {
    /// Runs the quiesce hooks of the instances that were made for this vimage, the last one first, as
    /// [`Instance::shutdown`](crate::Instance::shutdown) does; those that it shares stay as they are. Does nothing where
    /// that has happened already.
    ///
    /// # Errors
    ///
    /// [`ShutdownError::Refused`], [`ShutdownError::InProgress`]; what this call has shut down is live again then.
    ///
    /// ```
    /// # use vimage::prelude::*;
    /// # #[cfg(feature = "vimage")] {
    /// let red = Vimage::builder().fresh::<Net>().create()?;
    /// red.shutdown()?;
    /// assert_eq!(red.instance::<Net>().state(), vimage::InstanceState::ShuttingDown);
    /// red.destroy()?;
    /// # }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn shutdown(&self) -> Result<(), ShutdownError> {
        let fresh = self.fresh();
        let mut attempt = Attempt::new(&fresh, None);
        attempt
            .quiesce()
            .map_err(|Refusal { module, source }| ShutdownError::Refused { module: module.name, source })?;
        if !fresh.iter().all(|handle| handle.header().phase() == Phase::Quiesced) {
            return Err(ShutdownError::InProgress);
        }
        attempt.keep();
        Ok(())
    }

    /// Destroys the instances that were made for this vimage, the last one first, as
    /// [`Instance::destroy`](crate::Instance::destroy) does; those that it shares stay.
    ///
    /// In builds without instances all are shared: it only releases them.
    ///
    /// # Errors
    ///
    /// [`VimageDestroyError::Busy`] and [`VimageDestroyError::Refused`] with the vimage, whose instances are live
    /// again; [`VimageDestroyError::Panicked`] if it is destroyed, but hooks panicked.
    ///
    /// ```
    /// # use vimage::prelude::*;
    /// # #[cfg(feature = "vimage")] {
    /// let red = Vimage::new()?;
    /// let other = red.clone();
    /// let red = red.destroy().unwrap_err().into_vimage().unwrap(); // `Busy`: there is another handle
    /// drop(other);
    /// red.destroy()?;
    /// # }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn destroy(self) -> Result<(), VimageDestroyError> {
        self.destroy_until(None)
    }

    /// As [`destroy`](Self::destroy), but waits up to `timeout` for other handles to be released after the quiesce hooks
    /// have run. Blocks the thread meanwhile.
    ///
    /// # Errors
    ///
    /// As [`destroy`](Self::destroy); [`VimageDestroyError::Busy`] when the time is over.
    ///
    /// ```
    /// # use vimage::prelude::*;
    /// use std::time::Duration;
    ///
    /// # #[cfg(feature = "vimage")] {
    /// let red = Vimage::new()?;
    /// let worker = red.enter(|| vimage::thread::spawn(|| ()));
    /// red.destroy_within(Duration::from_secs(10))?; // waits for the thread, which has handles
    /// # worker.join().unwrap();
    /// # }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn destroy_within(self, timeout: Duration) -> Result<(), VimageDestroyError> {
        self.destroy_until(Some(teardown::deadline(timeout)))
    }

    fn destroy_until(self, deadline: Option<Instant>) -> Result<(), VimageDestroyError> {
        // SAFETY: `ended` forgets the handles.
        let destroyed = unsafe { teardown::destroy(&self.fresh(), Some(self.owner()), deadline) };
        self.ended(destroyed)
    }

    /// As [`destroy_within`](Self::destroy_within), but gives way to other tasks of the executor meanwhile: they may be
    /// what holds the vimage, and may be waiting for this very thread.
    pub(crate) async fn destroy_giving_way(self, timeout: Duration) -> Result<(), VimageDestroyError> {
        let deadline = teardown::deadline(timeout);
        let destroyed = {
            let fresh = self.fresh();
            let mut attempt = Attempt::new(&fresh, Some(self.owner()));
            match attempt.quiesce() {
                Err(refusal) => Err(Stays::Refused(refusal)),
                Ok(()) => loop {
                    // SAFETY: `ended` forgets the handles.
                    match unsafe { attempt.finish() } {
                        Err(Stays::Busy) if Instant::now() < deadline => give_way().await,
                        destroyed => break destroyed,
                    }
                },
            }
        };
        self.ended(destroyed)
    }

    /// The instances that were made for this vimage, in the order in which they were made.
    fn fresh(&self) -> Vec<&Handle> {
        self.members().iter().filter(|member| member.fresh).map(|member| &member.handle).collect()
    }

    fn owner(&self) -> Owner<'_> {
        Owner { clones: &self.shared.clones, waiters: &self.shared.waiters }
    }

    fn ended(self, destroyed: Result<Vec<TeardownFailure>, Stays>) -> Result<(), VimageDestroyError> {
        match destroyed {
            Ok(failures) => {
                self.shared.is_destroyed.store(true, Ordering::Relaxed);
                if failures.is_empty() { Ok(()) } else { Err(VimageDestroyError::Panicked(failures)) }
            }
            Err(Stays::Busy) => Err(VimageDestroyError::Busy { holders: self.holders(), vimage: self }),
            Err(Stays::Refused(Refusal { module, source })) => {
                Err(VimageDestroyError::Refused { vimage: self, module: module.name, source })
            }
        }
    }

    /// What else holds the vimage, or an instance that was made for it.
    fn holders(&self) -> Holders {
        let mut holders = Holders::default();
        for handle in self.fresh() {
            if !handle.header().handles().is_one() {
                let what =
                    format!("other handles to {} exist, perhaps in variables of its own", handle.header().label());
                holders.add(what, handle.other_holders());
            }
        }
        if !self.shared.clones.is_one() {
            holders.add("clones of the vimage exist".to_owned(), self.shared.holders.others(&self.ticket));
        }
        holders
    }
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

/// Why a vimage was not destroyed, or which panics happened meanwhile.
///
/// ```
/// # use vimage::prelude::*;
/// use vimage::VimageDestroyError;
///
/// # #[cfg(feature = "vimage")] {
/// let red = Vimage::new()?;
/// let other = red.clone();
/// let busy = red.destroy().unwrap_err();
/// assert!(matches!(busy, VimageDestroyError::Busy { .. }));
/// drop(other);
/// let red = busy.into_vimage().unwrap();
/// red.destroy()?;
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[non_exhaustive]
#[derive(Debug)]
pub enum VimageDestroyError {
    /// Others hold the vimage, or an instance that was made for it.
    Busy {
        /// The vimage.
        vimage: Vimage,
        /// What is held, and where the handles were made, as far as that is known.
        holders: Holders,
    },
    /// A quiesce hook refused or panicked.
    Refused {
        /// The vimage.
        vimage: Vimage,
        /// The module of the hook.
        module: &'static str,
        /// The error that it returned, or the text of its panic.
        source: Arc<dyn Error + Send + Sync>,
    },
    /// It is destroyed, but hooks or `Drop`s panicked.
    Panicked(Vec<TeardownFailure>),
}

impl VimageDestroyError {
    /// The vimage, unless it is destroyed.
    #[must_use]
    pub fn into_vimage(self) -> Option<Vimage> {
        match self {
            Self::Busy { vimage, .. } | Self::Refused { vimage, .. } => Some(vimage),
            Self::Panicked(_) => None,
        }
    }
}

impl fmt::Display for VimageDestroyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Busy { vimage, holders } => write!(f, "{vimage:?} is still in use: {holders}"),
            Self::Refused { vimage, module, .. } => write!(f, "{vimage:?}: module `{module}` refused"),
            Self::Panicked(failures) => {
                f.write_str("the vimage is destroyed, but some hooks or `Drop`s panicked")?;
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
