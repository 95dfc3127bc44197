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

/// [`InstanceState`], with the steps of shutting down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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

const PHASES: [Phase; 6] =
    [Phase::Creating, Phase::Live, Phase::Quiescing, Phase::Quiesced, Phase::Detaching, Phase::Gone];

impl Phase {
    /// The number of the state that each phase belongs to, for readers outside of the process.
    pub(crate) const STATES: [u8; 8] = {
        let mut states = [0; 8];
        let mut phase = 0;
        while phase < PHASES.len() {
            states[phase] = PHASES[phase].state() as u8;
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

impl From<u8> for Phase {
    fn from(number: u8) -> Self {
        PHASES[usize::from(number)]
    }
}
