//! Code with a global, and tests that do not see what other tests did to it.

#[vimage::module]
pub mod users {
    use std::sync::Mutex;

    use vimage::prelude::*;

    #[virtualized]
    static NAMES: Mutex<Vec<String>> = Mutex::new(Vec::new());

    /// Registers a user. Returns how many there are.
    pub fn register(name: &str) -> usize {
        let mut names = V_NAMES.lock().unwrap();
        names.push(name.to_owned());
        names.len()
    }
}

#[cfg(test)]
mod tests {
    use super::users;

    // Each test has an instance of its own: `#[test]` alone would let them meet in `NAMES`.
    #[vimage::test]
    fn the_first_user() {
        assert_eq!(users::register("ada"), 1);
    }

    #[vimage::test]
    fn two_users() {
        users::register("grace");
        assert_eq!(users::register("edsger"), 2);
    }
}
