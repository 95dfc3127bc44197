//! The options of `#[virtualized(…)]`.

use super::syntax::options;
use super::sysctl::Sysctl;
use super::values::{Except, Flag, InModule, Krate, Macros};

options! {
    /// The options of a variable, or of virtualized code.
    pub(crate) VirtualizedOptions {
        in => home: InModule,
        keep => keep: Flag,
        sysctl => sysctl: Sysctl,
        symmap => symmap: Flag,
        except => except: Except,
        macros => macros: Macros,
        crate => krate: Krate,
    }
}
