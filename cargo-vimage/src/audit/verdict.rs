//! The verdicts.

use serde::{Deserialize, Serialize};

/// What a global means for two instances in one process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub(super) enum Verdict {
    /// The instances share it, and nobody has said that this is right.
    NotIsolated,
    /// Nothing says what it is.
    Unknown,
    /// An allow-list accepts it.
    Allowed,
    /// `#[shared]`, or the knowledge base says that its author wants one for all.
    Shared,
    /// There can only be one in a process, such as a signal handler.
    PerProcess,
    /// Each thread has its own.
    ThreadLocal,
    /// It never changes, or no caller can observe that it does.
    Harmless,
    /// Each instance has its own.
    Virtualized,
}

impl Verdict {
    /// In the order of a report.
    pub(super) const ALL: [Self; 8] = [
        Self::NotIsolated,
        Self::Unknown,
        Self::Allowed,
        Self::Shared,
        Self::PerProcess,
        Self::ThreadLocal,
        Self::Harmless,
        Self::Virtualized,
    ];

    /// As it is written in JSON and TOML.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::NotIsolated => "not-isolated",
            Self::Unknown => "unknown",
            Self::Allowed => "allowed",
            Self::Shared => "shared",
            Self::PerProcess => "per-process",
            Self::ThreadLocal => "thread-local",
            Self::Harmless => "harmless",
            Self::Virtualized => "virtualized",
        }
    }

    /// For people.
    pub(super) fn meaning(self) -> &'static str {
        match self {
            Self::NotIsolated => "all instances share one value",
            Self::Unknown => "no debug information and no knowledge says what it is",
            Self::Allowed => "accepted in a Cargo.toml",
            Self::Shared => "one for all instances, on purpose",
            Self::PerProcess => "there is one per process by nature",
            Self::ThreadLocal => "one per thread; instances on one thread share it",
            Self::Harmless => "never changes, or nobody can observe that it does",
            Self::Virtualized => "one per instance in the build with the feature `vimage`",
        }
    }

    /// Whether somebody has to do something about it.
    pub(super) fn is_open(self) -> bool {
        matches!(self, Self::NotIsolated | Self::Unknown)
    }
}
