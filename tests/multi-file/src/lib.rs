//! A small interface list, as a crate of several files had it with globals: one module, declared in
//! [`ifnet`], with variables there, in a file of its own, and in a function.
//!
//! ```
//! use multi_file::ifnet::{if_attach, if_names};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! vimage::boot()?.enter(|| {
//!     if_attach("em0");
//!     assert!(if_names().contains(&"em0".to_owned()));
//! });
//! # Ok(())
//! # }
//! ```

pub mod counters;
pub mod ifnet;

/// Open form, with the module said: a variable far from its module.
pub mod route {
    use std::sync::Mutex;

    use vimage::prelude::*;

    /// Where packets go by default.
    ///
    /// ```
    /// use vimage::prelude::*;
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let base = vimage::boot()?;
    /// *multi_file::route::V_DEFAULT_ROUTE.of(&base.get::<vimage::Net>()).lock().unwrap() = Some("em0");
    /// # Ok(())
    /// # }
    /// ```
    #[virtualized(in = crate::ifnet)]
    pub static DEFAULT_ROUTE: Mutex<Option<&str>> = Mutex::new(None);
}
