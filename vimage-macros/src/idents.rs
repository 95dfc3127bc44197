//! Every name that the macros generate.
//!
//! | name | stands for |
//! |---|---|
//! | `V_FOO`, `V_foo` | the accessor of the variable `FOO`, `foo`; the only one that users write |
//! | `__VimageModule` | the type of the module that is declared in this Rust module |
//! | `__no_vimage_module_here__declare_one_or_write_in` | the same type under the name that all references go by, because rustc prints it where it is missing |
//! | `__VimagePart_FOO` | the struct of a part, `FOO` being its first variable |
//! | `__VIMAGE_PART_FOO` | the static that stands for that part |
//!
//! A second part that starts with a variable of the same name (behind a `macro_rules!`, under another `#[cfg]`)
//! gets a number: `__VimagePart_FOO_2`. The region rewriting names its locals itself; those are hygienic.

use proc_macro2::{Ident, Span};
use quote::format_ident;
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Path, PathSegment};

/// The prefix of the names of accessors.
pub(crate) const ACCESSOR: &str = "V_";

/// The accessor of a variable, at the place of the variable's name.
pub(crate) fn accessor(variable: &Ident) -> Ident {
    Ident::new(&format!("{ACCESSOR}{}", variable.unraw()), variable.span())
}

/// The type that stands for a module.
pub(crate) fn module() -> Ident {
    Ident::new("__VimageModule", Span::call_site())
}

/// The alias of that type, which explains the mistake when rustc cannot find it at `span`.
pub(crate) fn module_alias(span: Span) -> Ident {
    Ident::new("__no_vimage_module_here__declare_one_or_write_in", span)
}

/// The struct and the static of the part that starts with `variable`; `nth` counts those of one name from 1.
pub(crate) fn part(variable: &Ident, nth: usize) -> (Ident, Ident) {
    let suffix = match nth {
        1 => variable.unraw().to_string(),
        _ => format!("{}_{nth}", variable.unraw()),
    };
    (format_ident!("__VimagePart_{suffix}"), format_ident!("__VIMAGE_PART_{suffix}"))
}

/// The type of the module that is declared in the Rust module `path`.
pub(crate) fn module_in(path: &Path) -> Path {
    let mut path = path.clone();
    let span = path.segments.last().map_or_else(Span::call_site, |last| last.ident.span());
    path.segments.push(module_alias(span).into());
    path
}

/// The type of the module that is declared `depth` Rust modules further out.
pub(crate) fn module_above(depth: usize, span: Span) -> Path {
    above(&module_alias(span).into(), depth)
}

/// The same everywhere in the crate.
pub(crate) fn is_rooted(path: &Path) -> bool {
    path.leading_colon.is_some() || path.segments.first().is_some_and(|first| first.ident == "crate")
}

/// A relative path as it reads `depth` Rust modules further in. Others are the same everywhere.
pub(crate) fn above(path: &Path, depth: usize) -> Path {
    if is_rooted(path) || depth == 0 {
        return path.clone();
    }
    let own = path.segments.iter().filter(|segment| segment.ident != "self").cloned();
    let up = (0..depth).map(|_| PathSegment::from(Ident::new("super", path.span())));
    Path { leading_colon: None, segments: up.chain(own).collect() }
}
