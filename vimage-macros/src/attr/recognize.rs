//! Our attributes among others, in the input of a macro.

use proc_macro2::Ident;
use syn::{Attribute, Item, Path, UseTree};

use super::carried::{Name, names};
use super::kind::AttrKind;

/// Tells our attributes from others of the same name: they stand alone, or behind the path of the runtime.
#[derive(Clone, Copy)]
pub(crate) struct Recognizer<'a> {
    pub(crate) krate: &'a Path,
}

impl Recognizer<'_> {
    pub(crate) fn kind(self, attr: &Attribute) -> Option<AttrKind> {
        self.named(attr.path().segments.iter().map(|segment| &segment.ident))
    }

    /// Returns `true` for an item that declares a module of its own. It is expanded by itself, wherever it stands.
    pub(crate) fn is_declared_module(self, item: &Item) -> bool {
        matches!(item, Item::Mod(module) if module.attrs.iter().any(|attr| self.kind(attr) == Some(AttrKind::Module)))
    }

    /// Our attributes inside a `cfg_attr`, where vimage cannot see them.
    pub(crate) fn hidden(self, attr: &Attribute) -> Vec<Ident> {
        if !attr.path().is_ident("cfg_attr") {
            return Vec::new();
        }
        let ours = |name: &Name| self.named(name.path.iter()).is_some();
        names(attr).into_iter().filter(ours).filter_map(|mut name| name.path.pop()).collect()
    }

    fn named<'i>(self, path: impl DoubleEndedIterator<Item = &'i Ident>) -> Option<AttrKind> {
        let runtime = self.krate.segments.last().map(|last| &last.ident);
        let mut outwards = path.rev();
        let kind = AttrKind::named(outwards.next()?)?;
        let mut outwards = outwards.peekable();
        (outwards.peek().is_none() || outwards.any(|segment| Some(segment) == runtime)).then_some(kind)
    }

    /// Takes our attributes out of `attrs`, and those that hide one, which are reported.
    pub(crate) fn take(self, attrs: &mut Vec<Attribute>) -> Vec<(AttrKind, Attribute)> {
        let mut taken = Vec::new();
        attrs.retain(|attr| {
            let kind = self.kind(attr);
            taken.extend(kind.map(|kind| (kind, attr.clone())));
            kind.is_none() && self.hidden(attr).is_empty()
        });
        taken
    }
}

/// Whether one of our attributes could come into scope through this import.
pub(crate) fn may_be_imported(tree: &UseTree) -> bool {
    match tree {
        UseTree::Path(path) => may_be_imported(&path.tree),
        UseTree::Name(name) => AttrKind::named(&name.ident).is_some(),
        UseTree::Rename(name) => AttrKind::named(&name.rename).is_some(),
        UseTree::Glob(_) => true,
        UseTree::Group(group) => group.items.iter().any(may_be_imported),
    }
}
