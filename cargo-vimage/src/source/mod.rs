//! The statics of a crate, found in its text: what made them, the conditions they are under, and what vimage's
//! attributes say about them.
//!
//! `tree` follows the `mod` items from the root file, `items` visits what syn can parse, `tokens` searches what it
//! cannot: the input of macros. The text is never printed from a syntax tree; types are cut out of it by their spans.

mod items;
mod model;
mod tokens;
mod tree;
mod uses;

use std::path::Path;

pub(crate) use model::{Mark, Source, Static};

impl Source {
    /// Reads a crate from its root file, such as `src/lib.rs`.
    pub(crate) fn of_crate(root: &Path) -> Self {
        let mut source = Self::default();
        tree::read(root, &mut source);
        source
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scan(text: &str) -> (tempfile::TempDir, Source) {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("lib.rs"), text).unwrap();
        std::fs::create_dir(folder.path().join("inner")).unwrap();
        std::fs::write(folder.path().join("inner/mod.rs"), "mod deep;").unwrap();
        std::fs::write(folder.path().join("in_macro.rs"), "static IN_MACRO: u8 = 0;").unwrap();
        std::fs::write(folder.path().join("inner/deep.rs"), "pub static DEEP: u8 = 0;").unwrap();
        let source = Source::of_crate(&folder.path().join("lib.rs"));
        (folder, source)
    }

    fn summary(source: &Source) -> Vec<String> {
        let line = |item: &Static| {
            let macro_ = item.made_by.as_deref().unwrap_or("-");
            format!("{} {}: {} | {:?} | {macro_} | {}", item.line, item.name, item.ty, item.mark, item.cfg.join(", "))
        };
        source.statics.iter().map(line).collect()
    }

    #[test]
    fn items_macros_conditions_and_attributes() {
        let (_folder, source) = scan(
            r#"
#[cfg(unix)]
mod unix {
    #[cfg(feature = "x")]
    pub static mut RAW: [u32; 8] = [0; 8];
}
fn work() { static CALLS: Mutex<Vec<(u8, u8)>> = Mutex::new(Vec::new()); }
impl W { fn f() { static IN_IMPL: u8 = 1; } }
thread_local! { static LOCAL: Cell<u32> = const { Cell::new(1) }; #[shared] pub static TWO: Cell<u8> = Cell::new(2) }
lazy_static::lazy_static! { pub static ref TABLE: HashMap<u8, Vec<u8>> = HashMap::new(); }
vimage::virtualize! {
    name = "foo", after = "log";
    #[virtualized(keep)]
    /// Documented.
    pub(crate) static COUNTER: AtomicU64 = AtomicU64::new(0);
    #[vimage::shared] static ALL: u8 = 0;
}
#[virtualized]
thread_local! { static EACH: Cell<u8> = Cell::new(0); }
#[cfg_attr(unix, path = "inner/mod.rs")]
mod elsewhere;
macro_rules! made { ($name:ident) => { static $name: u8 = 0; static FIXED: u8 = 0; } }
fn lifetime() -> &'static str { "static NOT: u8 = 0;" }
vimage::virtualize! {
    #[virtualized]
    thread_local! { static EACH_IN: Cell<u8> = Cell::new(0); }
    mod in_macro;
    mod is_missing;
}
"#,
        );
        let expected = [
            r#"5 RAW: [u32; 8] | None | - | unix, feature = "x""#,
            "7 CALLS: Mutex<Vec<(u8, u8)>> | None | - | ",
            "8 IN_IMPL: u8 | None | - | ",
            "9 LOCAL: Cell<u32> | None | thread_local! | ",
            "9 TWO: Cell<u8> | Shared | thread_local! | ",
            "10 TABLE: HashMap<u8, Vec<u8>> | None | lazy_static::lazy_static! | ",
            "15 COUNTER: AtomicU64 | Virtualized | vimage::virtualize! | ",
            "16 ALL: u8 | Shared | vimage::virtualize! | ",
            "19 EACH: Cell<u8> | Virtualized | thread_local! | ",
            "22 FIXED: u8 | None | made! | ",
            "26 EACH_IN: Cell<u8> | Virtualized | thread_local! | ",
            "1 DEEP: u8 | None | - | ",
            "1 IN_MACRO: u8 | None | - | ",
        ];
        assert_eq!(summary(&source), expected);
        assert!(source.unread.is_empty(), "{:?}", source.unread);
    }

    #[test]
    fn a_macro_explains_what_the_text_does_not_show() {
        let (folder, source) = scan("fn f() {\n    info!(\n        \"a\"\n    );\n}\n");
        let file = folder.path().join("lib.rs");
        assert_eq!(source.invocation_at(&file, 3).map(|at| at.name.as_str()), Some("info"));
        assert!(source.invocation_at(&file, 1).is_none());
    }

    #[test]
    fn what_syn_cannot_parse_is_searched_as_tokens() {
        let (_folder, source) = scan("static A: u8 = 0;\nsome new syntax { static B: Mutex<u8> = x; }\nmod inner;");
        assert_eq!(summary(&source), ["1 A: u8 | None | - | ", "2 B: Mutex<u8> | None | - | "]);
        assert_eq!(source.unread.len(), 1, "its `mod` items are not followed");
    }

    #[test]
    fn a_module_that_is_missing_is_reported() {
        let (_folder, source) = scan("mod missing; mod inner;");
        assert_eq!(source.statics.len(), 1);
        assert_eq!(source.unread.len(), 1);
    }
}
