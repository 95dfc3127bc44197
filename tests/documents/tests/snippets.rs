//! The snippets for editors, as they are when nothing is typed over: this file has each of them, so that they compile.

use std::collections::BTreeMap;

use serde_json::Value;

const SNIPPETS: &str = include_str!("../../../docs/snippets/vimage.code-snippets");
const THIS_FILE: &str = include_str!("snippets.rs");

#[vimage::module]
mod counter {
    use std::sync::Mutex;
    use vimage::prelude::*;

    #[virtualized]
    static COUNT: Mutex<u64> = Mutex::new(0);

    pub fn count() -> u64 {
        *V_COUNT.lock().unwrap()
    }
}

mod a_file {
    vimage::virtualize! {
        use std::sync::Mutex;
        use vimage::prelude::*;

        #[virtualized]
        static NAMES: Mutex<Vec<String>> = Mutex::new(Vec::new());

        pub fn names() -> Vec<String> {
            V_NAMES.lock().unwrap().clone()
        }
    }
}

vimage::class! {
    /// One customer.
    pub struct Tenant;
    no_context = base
}

#[vimage::module(class = crate::Tenant)]
mod settings {
    use std::sync::OnceLock;
    use vimage::prelude::*;

    #[virtualized]
    static TITLE: OnceLock<String> = OnceLock::new();

    pub fn title() -> Option<String> {
        V_TITLE.get().cloned()
    }
}

#[vimage::module]
mod hooks {
    use vimage::prelude::*;

    #[attach]
    fn attach() -> Result<(), String> {
        Ok(())
    }

    #[quiesce]
    fn quiesce() -> Result<(), String> {
        Ok(())
    }

    #[detach]
    fn detach() {}
}

#[vimage::test]
fn it_starts_anew() {
    assert_eq!(counter::count(), 0);
}

#[vimage::test]
fn what_is_inserted_works() -> Result<(), vimage::CreateError> {
    assert_eq!((a_file::names(), settings::title()), (Vec::new(), None));
    if cfg!(feature = "vimage") {
        let red = vimage::Vimage::builder().name("red").create()?;
        let seen = red.enter(counter::count);
        assert_eq!(seen, 0);
    }
    Ok(())
}

/// The text that an editor inserts if nothing is typed: each place has its default, of a choice the first.
fn expanded(body: &str) -> String {
    let mut defaults = BTreeMap::new();
    let mut text = String::new();
    let mut rest = body;
    while let Some((before, place)) = rest.split_once('$') {
        text += before;
        let (number, default, after) = match place.strip_prefix('{') {
            Some(place) => {
                let (inside, after) = place.split_once('}').expect("a place ends");
                let at = inside.find([':', '|']).expect("a place in braces has a default");
                let default = inside[at + 1..].split([',', '|']).next().expect("a part");
                (&inside[..at], Some(default), after)
            }
            None => {
                let end = place.find(|char: char| !char.is_ascii_digit()).unwrap_or(place.len());
                (&place[..end], None, &place[end..])
            }
        };
        let number: u32 = number.parse().expect("a place has a number");
        match default {
            Some(default) => _ = defaults.insert(number, default),
            None => assert!(number == 0 || defaults.contains_key(&number), "${number} comes before its default"),
        }
        text += defaults.get(&number).copied().unwrap_or_default();
        rest = after;
    }
    text + rest
}

#[test]
fn each_snippet_is_in_this_file() {
    let snippets: Value = serde_json::from_str(SNIPPETS).expect("JSON");
    let snippets = snippets.as_object().expect("by name");
    assert_eq!(snippets.len(), 6);
    for (name, snippet) in snippets {
        assert_eq!(snippet["scope"], "rust", "{name}");
        assert!(snippet["prefix"].is_string() && snippet["description"].is_string(), "{name}");
        let lines = snippet["body"].as_array().expect("lines").iter().map(|line| line.as_str().expect("text"));
        let text = expanded(&lines.collect::<Vec<_>>().join("\n"));
        let is_here = [0, 4, 8].iter().any(|&depth| THIS_FILE.contains(&indented(&text, depth)));
        assert!(is_here, "{name}: this file has no\n{text}");
    }
}

fn indented(text: &str, depth: usize) -> String {
    let line = |line: &str| if line.is_empty() { "\n".to_owned() } else { format!("{:depth$}{line}\n", "") };
    text.lines().map(line).collect()
}

#[test]
fn places_have_their_defaults() {
    assert_eq!(expanded("a ${1:b} $1 ${2|c,d|} ${3:e()}$0;"), "a b b c e();");
}
