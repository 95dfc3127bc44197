//! What the compiler cannot see: text that no check has compiled, and text that vimage cannot read.

use std::collections::BTreeSet;

use proc_macro2::{TokenStream, TokenTree};

use super::package::Package;
use super::scan::Scan;
use super::text::SourceFile;

/// Uses of the old names in code that was not compiled, in bodies of macros and in documentation; statics that are
/// declared in macros.
pub(super) fn report(package: &Package, files: &[SourceFile], scans: &[Scan]) -> Vec<String> {
    let all = || scans.iter().flat_map(|scan| &scan.statics);
    let names: BTreeSet<&str> = all().filter(|found| found.is_virtualized()).map(|found| found.name.as_str()).collect();
    // A doctest sees those only.
    let public =
        all().filter(|found| found.is_virtualized() && found.is_public).map(|found| found.name.as_str()).collect();
    let mut left = Vec::new();
    for (file, scan) in files.iter().zip(scans) {
        let shown = package.relative(&file.path).display().to_string();
        let mut at = |place: usize, what: String| left.push(format!("{shown}:{}: {what}", file.line(place)));
        for (place, name) in old_names(file, scan, &names) {
            at(place, format!("`{name}` without `V_`, in code that was not compiled or under another item's name"));
        }
        for (place, name) in in_documentation(file, &public) {
            at(place, format!("`{name}` in documentation: a doctest that uses the static needs `V_`"));
        }
        if !package.is_source(&file.path) {
            continue;
        }
        for text in &scan.unparsed {
            for (name, place) in &text.statics {
                let within = if text.is_definition { "in the body of a macro" } else { "in the arguments of a macro" };
                at(*place, format!("static `{name}` {within}, which vimage cannot see: all instances share it"));
            }
        }
    }
    left
}

/// The old names of virtualized statics, where they are neither declared nor those of other items.
fn old_names<'n>(file: &SourceFile, scan: &Scan, names: &BTreeSet<&'n str>) -> Vec<(usize, &'n str)> {
    let mut found = Vec::new();
    if let Ok(tokens) = file.text.parse() {
        collect(tokens, names, &mut found);
    }
    let is_declared = |at: usize, name: &str| {
        let is_static = scan.statics.iter().any(|found| found.name_at.start == at);
        let is_visible = |found: &super::scan::Static| {
            found.name == name && !found.is_virtualized() && found.visible_in.contains(&at)
        };
        is_static || scan.statics.iter().any(is_visible) || scan.other_names.contains(name)
    };
    found.retain(|(at, name)| !is_declared(*at, name));
    found
}

fn collect<'n>(tokens: TokenStream, names: &BTreeSet<&'n str>, found: &mut Vec<(usize, &'n str)>) {
    let mut is_behind_dot = false;
    for token in tokens {
        match &token {
            TokenTree::Group(group) => collect(group.stream(), names, found),
            TokenTree::Ident(word) if !is_behind_dot => {
                if let Some(name) = names.get(word.to_string().as_str()) {
                    found.push((word.span().byte_range().start, name));
                }
            }
            _ => {}
        }
        is_behind_dot = matches!(&token, TokenTree::Punct(dot) if dot.as_char() == '.');
    }
}

/// The names in code that stands in doc comments.
fn in_documentation<'n>(file: &SourceFile, names: &BTreeSet<&'n str>) -> Vec<(usize, &'n str)> {
    let mut found = Vec::new();
    let mut is_code = false;
    let mut start = 0;
    for line in file.text.split_inclusive('\n') {
        let text = line.trim_start();
        let comment = text.strip_prefix("///").or_else(|| text.strip_prefix("//!"));
        match comment.map(str::trim) {
            Some(fence) if fence.starts_with("```") => is_code = !is_code,
            Some(code) if is_code => {
                let words: BTreeSet<&str> = code.split(|c: char| !(c.is_alphanumeric() || c == '_')).collect();
                found.extend(names.iter().filter(|name| words.contains(**name)).map(|name| (start, *name)));
            }
            Some(_) => {}
            None => is_code = false,
        }
        start += line.len();
    }
    found
}
