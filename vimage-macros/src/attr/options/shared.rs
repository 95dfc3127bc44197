//! The options of `#[shared(…)]`.

use super::syntax::options;
use super::sysctl::Sysctl;
use super::values::{Flag, InModule, Krate};

options! {
    /// The options of a variable that has one value for all instances.
    pub(crate) SharedOptions {
        in => home: InModule,
        sysctl => sysctl: Sysctl,
        symmap => symmap: Flag,
        crate => krate: Krate,
    }
}
