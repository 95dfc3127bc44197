//! Our attributes on items: read, and refused where they have no meaning.

use proc_macro2::{Span, TokenStream};
use syn::Attribute;
use syn::spanned::Spanned;

use crate::attr::options::Reader;
use crate::attr::{self, AttrKind, Recognizer};
use crate::diagnostics::{self as problem, Diagnostics};
use crate::model::{AttrOptions, ParsedAttr};

/// Takes our attributes off an item and reads them.
pub(crate) fn take(attrs: &mut Vec<Attribute>, recognizer: Recognizer, diagnostics: &Diagnostics) -> Vec<ParsedAttr> {
    let read = |(kind, attr): (AttrKind, Attribute)| {
        let tokens = diagnostics.ok(attr::arguments(&attr)).unwrap_or_default();
        read(kind, tokens, attr.path().span(), diagnostics)
    };
    recognizer.take(attrs).into_iter().map(read).collect()
}

/// One attribute with these tokens between its parentheses.
pub(crate) fn read(kind: AttrKind, tokens: TokenStream, span: Span, diagnostics: &Diagnostics) -> ParsedAttr {
    let reader = Reader { of: kind.name(), diagnostics };
    let (options, broken) = match kind {
        AttrKind::Virtualized => {
            let read = reader.all(tokens);
            (AttrOptions::Virtualized(read.options), read.broken)
        }
        AttrKind::Shared => {
            let read = reader.all(tokens);
            (AttrOptions::Shared(read.options), read.broken)
        }
        AttrKind::Hook(hook) => {
            let read = reader.all(tokens);
            (AttrOptions::Hook(hook, read.options), read.broken)
        }
        AttrKind::Module => (AttrOptions::Module, false),
    };
    ParsedAttr { options, broken, span }
}

/// Refuses attributes that are not `accepted` on an item, that are there twice, or that exclude each other.
pub(crate) fn accept(attrs: &[ParsedAttr], accepted: &[AttrKind], item: &str, diagnostics: &Diagnostics) {
    for (index, attr) in attrs.iter().enumerate() {
        let kind = attr.kind();
        let before = || attrs[..index].iter().map(ParsedAttr::kind);
        let problem = if !accepted.contains(&kind) {
            problem::misplaced(kind.name(), kind.right_place(), item)
        } else if before().any(|other| other == kind) {
            problem::duplicate_attribute(kind.name())
        } else if let Some(other) = before().find(|other| kind.excludes(*other)) {
            problem::conflicting_attributes(kind.name(), other.name())
        } else {
            continue;
        };
        diagnostics.at_span(attr.span, problem);
    }
}
