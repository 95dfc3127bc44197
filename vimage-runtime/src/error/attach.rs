//! Why a module did not attach to an instance.

use std::error::Error;
use std::fmt;
use std::sync::Arc;

/// An attach hook failed or panicked. The modules attached before it are detached again.
///
/// ```standalone_crate
/// use vimage::prelude::*;
///
/// #[vimage::module]
/// mod server {
///     use vimage::prelude::*;
///
///     #[attach]
///     fn start(arguments: &vimage::Arguments) -> Result<(), String> {
///         match arguments.get::<u16>() {
///             Some(0) => Err("port 0 is reserved".to_owned()),
///             _ => Ok(()),
///         }
///     }
/// }
///
/// # #[cfg(feature = "vimage")] {
/// let created = Vimage::builder().arg(0_u16).create();
/// let Err(vimage::CreateError::Attach(error)) = created else { panic!("the hook fails") };
/// assert_eq!(error.module(), "server");
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct AttachError {
    pub(crate) instance: String,
    pub(crate) module: &'static str,
    pub(crate) source: Arc<dyn Error + Send + Sync>,
}

impl AttachError {
    /// The module of the hook.
    #[must_use]
    pub fn module(&self) -> &str {
        self.module
    }
}

impl fmt::Display for AttachError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "module `{}` did not attach to {}", self.module, self.instance)
    }
}

impl Error for AttachError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&*self.source)
    }
}
