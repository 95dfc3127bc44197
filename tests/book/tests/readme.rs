//! The example of the README, as it is after the change that the README shows. The tests
//! pass where each has an instance.

#![cfg(feature = "vimage")]

#[vimage::module]
mod users {
    use std::sync::Mutex;
    use vimage::prelude::*;

    #[virtualized]
    static NAMES: Mutex<Vec<String>> = Mutex::new(Vec::new());

    pub fn register(name: &str) -> usize {
        let mut names = V_NAMES.lock().unwrap();
        names.push(name.to_owned());
        names.len()
    }
}

#[vimage::test]
fn ada_is_first() {
    assert_eq!(users::register("ada"), 1);
}

#[vimage::test] // also above #[tokio::test], #[rstest], #[test_case], ...
fn grace_is_first() {
    assert_eq!(users::register("grace"), 1);
}

#[test]
fn the_readme_shows_this_file() {
    let readme = include_str!("../../../README.md");
    let diff = readme.split_once("```diff\n").and_then(|(_, rest)| rest.split_once("```")).expect("it has a diff").0;
    let after = diff.lines().filter(|line| !line.starts_with('-')).map(|line| line.get(1..).unwrap_or_default());
    let after = after.collect::<Vec<_>>().join("\n");
    assert!(include_str!("readme.rs").contains(&after), "{after}");
}
