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
    /// *multi_file::route::V_DEFAULT_ROUTE.of(&base.instance::<vimage::kernel::Net>()).lock().unwrap() = Some("em0");
    /// # Ok(())
    /// # }
    /// ```
    #[virtualized(in = crate::ifnet)]
    pub static DEFAULT_ROUTE: Mutex<Option<&str>> = Mutex::new(None);
}

#[cfg(test)]
mod tests {
    use super::ifnet::{if_attach, if_names};

    /// This crate as a test, and as what its dev-dependency depends on: crates of one name, with modules of one name.
    #[test]
    fn two_copies_are_two_modules() {
        let base = vimage::boot().unwrap();
        assert_eq!(vimage::debug::modules().rows().iter().filter(|row| row[1] == "ifnet").count(), 2);
        base.enter(|| {
            let (index, theirs) = (if_attach("ours"), multi_file_user::add_two());
            assert_eq!(multi_file_user::add_two(), theirs + 2, "theirs alone count there");
            assert!(if_attach("ours as well") > index);
            assert!(if_names().contains(&"ours".to_owned()));
            assert!(!if_names().contains(&"user0".to_owned()), "theirs are in their list");
        });
    }
}
