//! Where an instance is in its life.

/// Where an instance is in its life.
///
/// ```
/// # use vimage::prelude::*;
/// assert_eq!(Vnet::base()?.state(), vimage::InstanceState::Live);
/// # Ok::<(), vimage::BootError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum InstanceState {
    /// Its attach hooks are running.
    Creating,
    /// In use.
    Live,
    /// Its quiesce hooks run or have run, or its detach hooks are running.
    ShuttingDown,
    /// Detached. Only an instance whose creation failed, and a handle to which was kept all the same, shows this.
    Gone,
}

/// [`InstanceState`], with the steps of shutting down; in the order in which they are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(crate) enum Phase {
    Creating,
    Live,
    /// Its quiesce hooks are running.
    Quiescing,
    /// Its quiesce hooks have agreed that it is destroyed.
    Quiesced,
    /// No handle can be made any more.
    Detaching,
    Gone,
}

impl Phase {
    /// The number of the state that each phase belongs to, for readers outside of the process.
    pub(crate) const STATES: [u8; 8] = {
        let mut states = [0; 8];
        let mut phase = 0;
        while phase <= Phase::Gone as u8 {
            states[phase as usize] = Phase::of(phase).state() as u8;
            phase += 1;
        }
        states
    };

    pub(crate) const fn state(self) -> InstanceState {
        match self {
            Phase::Creating => InstanceState::Creating,
            Phase::Live => InstanceState::Live,
            Phase::Quiescing | Phase::Quiesced | Phase::Detaching => InstanceState::ShuttingDown,
            Phase::Gone => InstanceState::Gone,
        }
    }
}

impl Phase {
    /// The phase of this number.
    #[inline]
    pub(super) const fn of(number: u8) -> Self {
        match number {
            0 => Phase::Creating,
            1 => Phase::Live,
            2 => Phase::Quiescing,
            3 => Phase::Quiesced,
            4 => Phase::Detaching,
            _ => Phase::Gone,
        }
    }
}

const _: () = assert!(Phase::Creating as u8 == 0 && Phase::Gone as u8 == 5);
