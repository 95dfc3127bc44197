//! The options of `#[attach(…)]`, `#[quiesce(…)]` and `#[detach(…)]`.

use super::syntax::options;
use super::values::{InModule, Krate};

options! {
    /// The options of a hook.
    pub(crate) HookOptions {
        in => home: InModule,
        crate => krate: Krate,
    }
}
