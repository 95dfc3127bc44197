//! What is in the text of a source file: statics, the items around them, and code that can have an attribute of ours.
//!
//! A syntax tree says where something stands. It is never printed: edits are made in the text.

mod attrs;
mod lazy;
mod model;
mod unparsed;
mod visitor;

pub(crate) use self::model::Decision;
pub(super) use self::model::{Kind, LazyMacro, Scan, Static};

/// Scans a file.
pub(super) fn scan(text: &str) -> syn::Result<Scan> {
    let file: syn::File = syn::parse_str(&without_shebang(text))?;
    Ok(visitor::visit(&file, text.len()))
}

/// The same text with blanks in place of `#!/usr/bin/…`, so that places stay.
fn without_shebang(text: &str) -> String {
    let is_shebang = text.starts_with("#!") && !text[2..].trim_start().starts_with('[');
    let end = if is_shebang { text.find('\n').unwrap_or(text.len()) } else { 0 };
    format!("{}{}", " ".repeat(end), &text[end..])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str) -> Vec<(String, Kind, Option<Decision>)> {
        let scan = scan(text).unwrap();
        for found in &scan.statics {
            assert_eq!(&text[found.name_at.clone()], found.name, "the place of a name is that of its text");
        }
        scan.statics.into_iter().map(|found| (found.name, found.kind, found.decision)).collect()
    }

    #[test]
    fn statics_are_found_wherever_they_stand() {
        let text = "#!/usr/bin/env x\r\n// ä\r\nstatic A: Mutex<u8> = Mutex::new(0);\r\n\
                    thread_local! { static B: u8 = 0; }\nlazy_static! { /// x\n pub static ref C: T = e(); }\n\
                    fn f() { static D: &str = \"é\"; { static mut E: u8 = 0; } }\n\
                    vimage::virtualize! { class = crate::C, name = \"x\"; #[virtualized(keep)] static F: T = T; }\n\
                    mod m { #[vimage::shared] static G: T = T; extern \"C\" { static H: u8; } }\n";
        let found = names(text);
        let expected = [
            ("A", Kind::Static, None),
            ("B", Kind::ThreadLocal, None),
            ("C", Kind::Lazy, None),
            ("D", Kind::Constant, None),
            ("E", Kind::Mutable, None),
            ("F", Kind::Static, Some(Decision::Keep)),
            ("G", Kind::Static, Some(Decision::Shared)),
            ("H", Kind::Foreign, None),
        ];
        assert_eq!(found, expected.map(|(name, kind, decision)| (name.to_owned(), kind, decision)));
    }

    #[test]
    fn statics_in_macros_are_noticed() {
        let scan =
            scan("macro_rules! m { () => { static A: u8 = 0; } }\ncfg_if! { if #[cfg(x)] { static B: u8 = 0; } }")
                .unwrap();
        let found: Vec<_> = scan.unparsed.iter().map(|text| (text.statics[0].0.as_str(), text.is_definition)).collect();
        assert_eq!(found, [("A", true), ("B", false)]);
    }
}
