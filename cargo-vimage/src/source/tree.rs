//! Follows the `mod` items of a crate from file to file.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use proc_macro2::TokenStream;

use super::items::{Visitor, conditions};
use super::model::Source;
use super::tokens::{self, Search};

/// A file that is still to be read.
struct Pending {
    file: PathBuf,
    /// Where the files of its modules are.
    folder: PathBuf,
    cfg: Vec<String>,
}

/// Reads the root file and the files of all its modules, in the order of the text.
pub(super) fn read(root: &Path, source: &mut Source) {
    let folder = root.parent().unwrap_or(Path::new("")).to_owned();
    let mut pending = vec![Pending { file: root.to_owned(), folder, cfg: Vec::new() }];
    let mut seen = std::collections::HashSet::new();
    while let Some(next) = pending.pop() {
        // Two `mod` items may share one file by `#[path]`, also in a circle under conditions.
        if !seen.insert(next.file.clone()) {
            continue;
        }
        let mut modules = Vec::new();
        if let Err(error) = read_file(&next, source, &mut modules) {
            source.unread.push((next.file, error));
        }
        pending.extend(modules.into_iter().rev());
    }
}

fn read_file(from: &Pending, source: &mut Source, modules: &mut Vec<Pending>) -> Result<(), String> {
    let text = std::fs::read_to_string(&from.file).map_err(|error| error.to_string())?;
    let parsed = match syn::parse_file(&text) {
        Ok(parsed) => parsed,
        Err(error) => {
            let tokens = TokenStream::from_str(&text).map_err(|error| error.to_string())?;
            Search { source, file: &from.file, made_by: None, cfg: &from.cfg }.search(tokens);
            return Err(error.to_string());
        }
    };
    let mut visitor = Visitor { source, file: &from.file, cfg: from.cfg.clone() };
    visitor.file(&parsed);
    source.uses.add(&parsed);
    follow(&parsed.items, &from.folder, from, modules);
    Ok(())
}

/// Finds the files of the `mod name;` among the items, and of those in inline modules.
fn follow(items: &[syn::Item], folder: &Path, from: &Pending, modules: &mut Vec<Pending>) {
    for item in items {
        if let syn::Item::Macro(item) = item {
            // Such as `virtualize!` and `cfg_if!`. Of other macros they may be the text of something else.
            let files = tokens::modules(item.mac.tokens.clone()).into_iter().map(|name| file_of(&name, folder));
            let files = files.filter(|(file, _)| file.exists());
            modules.extend(files.map(|(file, folder)| Pending { file, folder, cfg: from.cfg.clone() }));
        }
        let syn::Item::Mod(module) = item else { continue };
        let name = module.ident.to_string();
        let name = name.trim_start_matches("r#");
        let mut cfg = from.cfg.clone();
        cfg.extend(conditions(&module.attrs));
        let paths = paths(&module.attrs);
        if let Some((_, items)) = &module.content {
            let inner = Pending { file: from.file.clone(), folder: folder.to_owned(), cfg };
            follow(items, &folder.join(name), &inner, modules);
            continue;
        }
        // `#[path]` is relative to the file, and the module's own modules are beside that file.
        let beside = from.file.parent().unwrap_or(Path::new(""));
        for path in &paths {
            let file = beside.join(path);
            let folder = file.parent().unwrap_or(Path::new("")).to_owned();
            // A path under a condition that does not hold here may well be missing.
            if file.exists() || paths.len() == 1 {
                modules.push(Pending { file, folder, cfg: cfg.clone() });
            }
        }
        if paths.is_empty() {
            let (file, folder) = file_of(name, folder);
            modules.push(Pending { file, folder, cfg });
        }
    }
}

/// The file of a module, and the folder of the files of its modules.
fn file_of(name: &str, folder: &Path) -> (PathBuf, PathBuf) {
    let nested = folder.join(name).join("mod.rs");
    let file = if nested.exists() { nested } else { folder.join(format!("{name}.rs")) };
    (file, folder.join(name))
}

/// The paths of `#[path = "…"]` and of `#[cfg_attr(…, path = "…")]`.
fn paths(attributes: &[syn::Attribute]) -> Vec<String> {
    let mut paths = Vec::new();
    for attribute in attributes {
        if attribute.path().is_ident("path") {
            paths.extend(path_of(&attribute.meta));
        } else if attribute.path().is_ident("cfg_attr") {
            let parser = syn::punctuated::Punctuated::<syn::Meta, syn::Token![,]>::parse_terminated;
            let metas = attribute.parse_args_with(parser).unwrap_or_default();
            paths.extend(metas.iter().skip(1).filter(|meta| meta.path().is_ident("path")).filter_map(path_of));
        }
    }
    paths
}

fn path_of(meta: &syn::Meta) -> Option<String> {
    let syn::Meta::NameValue(pair) = meta else { return None };
    let syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(text), .. }) = &pair.value else { return None };
    Some(text.value())
}
