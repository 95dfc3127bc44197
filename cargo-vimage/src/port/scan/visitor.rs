//! The walk over a syntax tree.

use std::collections::BTreeSet;
use std::mem;
use std::ops::Range;

use quote::ToTokens;
use syn::parse::{ParseStream, Parser};
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{
    Attribute, Block, File, ForeignItemStatic, Ident, ImplItem, ImplItemFn, Item, ItemFn, ItemMacro, ItemMod,
    ItemStatic, Macro, StaticMutability, StmtMacro, Token, TraitItemFn, Type, UseRename, Visibility,
};

use super::attrs::{attrs, decision, declares_module, has, is_for_tests, never_changes};
use super::model::{
    Call, Carrier, Decision, ItemPlace, Kind, ModuleOptions, Scan, Scope, Static, Unparsed, place, words,
};
use super::{lazy, unparsed};

pub(super) fn visit(file: &File, length: usize) -> Scan {
    let mut visitor = Visitor {
        scan: Scan { scopes: vec![Scope::default()], ..Scan::default() },
        scope: 0,
        visible_in: 0..length,
        in_tests: false,
        is_virtualized: false,
        item_decision: None,
    };
    visitor.items(&file.items);
    visitor.scan
}

struct Visitor {
    scan: Scan,
    scope: usize,
    visible_in: Range<usize>,
    in_tests: bool,
    /// Around here is a module, or an item with `#[virtualized]`.
    is_virtualized: bool,
    /// The decision of the macro call or the foreign block around the statics.
    item_decision: Option<Decision>,
}

impl Visitor {
    fn items(&mut self, items: &[Item]) {
        for item in items {
            let place = self.item_place(item);
            let inner = self.scan.scopes.len();
            self.visit_item(item);
            let is_scope = matches!(item, Item::Mod(module) if module.content.is_some());
            let inner = (is_scope && self.scan.scopes.len() > inner).then_some(inner);
            self.scan.scopes[self.scope].items.push(ItemPlace { inner, ..place });
        }
    }

    fn item_place(&self, item: &Item) -> ItemPlace {
        let mut found = BTreeSet::new();
        words(item.to_token_stream(), &mut found);
        let attrs = attrs(item);
        let is_barrier = match item {
            Item::ExternCrate(_) => true,
            Item::Macro(call) if call.ident.is_some() => has(attrs, "macro_export"),
            Item::Macro(call) => !makes_known_statics(&call.mac),
            Item::Mod(module) => has(attrs, "macro_use") || declares_module(&module.attrs),
            Item::Verbatim(_) => true,
            _ => false,
        };
        let can_be_touched = match item {
            Item::Fn(_) | Item::Impl(_) | Item::Trait(_) | Item::Static(_) | Item::Const(_) | Item::Macro(_) => true,
            Item::Mod(module) => module.content.is_some() && !is_for_tests(attrs),
            _ => false,
        };
        ItemPlace { at: place(item), is_barrier, can_be_touched, words: found, inner: None }
    }

    /// Visits what is inside of an item with these attributes.
    fn inside(&mut self, attrs: &[Attribute], visit: impl FnOnce(&mut Self)) {
        let outside = (self.in_tests, self.is_virtualized);
        self.in_tests |= is_for_tests(attrs);
        self.is_virtualized |= decision(attrs).is_some_and(|(decision, _)| decision != Decision::Shared);
        visit(self);
        (self.in_tests, self.is_virtualized) = outside;
    }

    fn carrier(&mut self, at: Range<usize>, attribute_at: usize, attrs: &[Attribute]) {
        let has_attribute = decision(attrs).is_some();
        let is_virtualized = self.is_virtualized || has_attribute;
        self.scan.carriers.push(Carrier { at, attribute_at, is_virtualized });
    }

    fn other_name(&mut self, name: &Ident) {
        self.scan.other_names.insert(name.to_string());
    }

    /// `virtualize! { options; items }`
    fn module(&mut self, mac: &Macro) {
        self.scan.scopes[self.scope].has_module = true;
        let Ok((options, items)) = module_contents.parse2(mac.tokens.clone()) else { return };
        let inside = match &mac.delimiter {
            syn::MacroDelimiter::Paren(token) => token.span.open(),
            syn::MacroDelimiter::Brace(token) => token.span.open(),
            syn::MacroDelimiter::Bracket(token) => token.span.open(),
        };
        let at = options.unwrap_or(inside.byte_range().end);
        self.scan.module_options.get_or_insert(ModuleOptions { at, has_some: options.is_some() });
        let outside = mem::replace(&mut self.is_virtualized, true);
        items.iter().for_each(|item| self.visit_item(item));
        self.is_virtualized = outside;
    }

    fn statics_of_macro(&mut self, attrs: &[Attribute], mac: &Macro, semicolon: Option<&Token![;]>) -> bool {
        let decision = decision(attrs);
        let attribute_at = place(&mac.path).start;
        if let Some(found) = lazy::read(mac, semicolon, !attrs.is_empty()) {
            for entry in &found.entries {
                self.scan.statics.push(Static {
                    ty: entry.ty.clone(),
                    is_public: entry.is_public,
                    ..self.found(entry.name.clone(), entry.name_at.clone(), attribute_at, Kind::Lazy, decision.clone())
                });
            }
            self.scan.lazies.push(found);
            return true;
        }
        if !is_named(mac, "thread_local") {
            return false;
        }
        let parser = |input: ParseStream| {
            let mut found = Vec::new();
            while !input.is_empty() {
                found.push(thread_local(input)?);
            }
            Ok(found)
        };
        for (vis, name, ty) in parser.parse2(mac.tokens.clone()).into_iter().flatten() {
            let found = self.found(name.to_string(), place(&name), attribute_at, Kind::ThreadLocal, decision.clone());
            self.scan.statics.push(Static { ty: place(&ty), is_public: matches!(vis, Visibility::Public(_)), ..found });
        }
        true
    }

    fn found(
        &self,
        name: String,
        name_at: Range<usize>,
        attribute_at: usize,
        kind: Kind,
        decided: Option<(Decision, Option<Range<usize>>)>,
    ) -> Static {
        let (decision, bare_attribute) = decided.unzip();
        Static {
            name,
            name_at,
            attribute_at,
            ty: 0..0,
            kind,
            decision: decision.or(self.item_decision),
            bare_attribute: bare_attribute.flatten(),
            visible_in: self.visible_in.clone(),
            in_tests: self.in_tests,
            is_public: false,
        }
    }

    fn macro_call(
        &mut self,
        attrs: &[Attribute],
        mac: &Macro,
        definition: Option<&Ident>,
        semicolon: Option<&Token![;]>,
    ) {
        self.visit_macro(mac);
        if definition.is_none() && is_named(mac, "virtualize") {
            self.module(mac);
        } else if !self.statics_of_macro(attrs, mac, semicolon) {
            let statics = unparsed::statics(mac.tokens.clone());
            self.scan.unparsed.push(Unparsed { statics, is_definition: definition.is_some() });
        }
    }
}

impl Visit<'_> for Visitor {
    fn visit_item(&mut self, item: &Item) {
        match item {
            Item::Mod(_) | Item::Fn(_) | Item::Static(_) | Item::Macro(_) => visit::visit_item(self, item),
            Item::Const(found) => {
                self.other_name(&found.ident);
                visit::visit_item(self, item);
            }
            Item::Enum(found) => {
                found.variants.iter().for_each(|variant| self.other_name(&variant.ident));
                visit::visit_item(self, item);
            }
            Item::Struct(found) => {
                self.other_name(&found.ident);
                visit::visit_item(self, item);
            }
            Item::ForeignMod(found) => {
                self.item_decision = decision(&found.attrs).map(|(decision, _)| decision);
                visit::visit_item(self, item);
                self.item_decision = None;
            }
            _ => self.inside(attrs(item), |this| visit::visit_item(this, item)),
        }
    }

    fn visit_item_mod(&mut self, module: &ItemMod) {
        let Some((braces, items)) = &module.content else { return };
        let is_module = declares_module(&module.attrs);
        self.scan.scopes.push(Scope {
            has_module: is_module,
            is_inside_module: self.is_virtualized || is_module,
            ..Scope::default()
        });
        let inner = self.scan.scopes.len() - 1;
        let scope = mem::replace(&mut self.scope, inner);
        let visible_in = mem::replace(&mut self.visible_in, braces.span.span().byte_range());
        let virtualized = self.is_virtualized;
        self.is_virtualized |= is_module;
        self.inside(&module.attrs, |this| this.items(items));
        self.is_virtualized = virtualized;
        (self.scope, self.visible_in) = (scope, visible_in);
    }

    fn visit_item_fn(&mut self, item: &ItemFn) {
        let start = after_attributes(place(item), &item.attrs, &item.vis, &item.sig);
        self.carrier(place(item), start, &item.attrs);
        self.inside(&item.attrs, |this| visit::visit_item_fn(this, item));
    }

    fn visit_impl_item_fn(&mut self, item: &ImplItemFn) {
        let start = after_attributes(place(item), &item.attrs, &item.vis, &item.sig);
        self.carrier(place(item), start, &item.attrs);
        self.inside(&item.attrs, |this| visit::visit_impl_item_fn(this, item));
    }

    fn visit_impl_item(&mut self, item: &ImplItem) {
        if let ImplItem::Const(found) = item {
            self.other_name(&found.ident);
        }
        visit::visit_impl_item(self, item);
    }

    fn visit_trait_item_fn(&mut self, item: &TraitItemFn) {
        self.carrier(
            place(item),
            after_attributes(place(item), &item.attrs, &Visibility::Inherited, &item.sig),
            &item.attrs,
        );
        self.inside(&item.attrs, |this| visit::visit_trait_item_fn(this, item));
    }

    fn visit_block(&mut self, block: &Block) {
        let visible_in = mem::replace(&mut self.visible_in, place(block));
        visit::visit_block(self, block);
        self.visible_in = visible_in;
    }

    fn visit_item_static(&mut self, item: &ItemStatic) {
        let kind = match &item.mutability {
            StaticMutability::Mut(_) => Kind::Mutable,
            _ if never_changes(&item.ty) => Kind::Constant,
            _ => Kind::Static,
        };
        let start = match &item.vis {
            Visibility::Inherited => place(&item.static_token).start,
            vis => place(vis).start,
        };
        let found = self.found(item.ident.to_string(), place(&item.ident), start, kind, decision(&item.attrs));
        self.scan.statics.push(Static {
            ty: place(&item.ty),
            is_public: matches!(item.vis, Visibility::Public(_)),
            in_tests: self.in_tests || is_for_tests(&item.attrs),
            ..found
        });
        visit::visit_item_static(self, item);
    }

    fn visit_foreign_item_static(&mut self, item: &ForeignItemStatic) {
        let start = match &item.vis {
            Visibility::Inherited => place(&item.static_token).start,
            vis => place(vis).start,
        };
        let found = self.found(item.ident.to_string(), place(&item.ident), start, Kind::Foreign, decision(&item.attrs));
        self.scan.statics.push(Static { ty: place(&item.ty), ..found });
    }

    fn visit_item_macro(&mut self, item: &ItemMacro) {
        self.macro_call(&item.attrs, &item.mac, item.ident.as_ref(), item.semi_token.as_ref());
    }

    fn visit_stmt_macro(&mut self, stmt: &StmtMacro) {
        self.macro_call(&stmt.attrs, &stmt.mac, None, stmt.semi_token.as_ref());
    }

    fn visit_macro(&mut self, mac: &Macro) {
        let close = match &mac.delimiter {
            syn::MacroDelimiter::Paren(token) => token.span.close(),
            syn::MacroDelimiter::Brace(token) => token.span.close(),
            syn::MacroDelimiter::Bracket(token) => token.span.close(),
        };
        let last = mac.tokens.clone().into_iter().last();
        let ends_with_comma = matches!(&last, Some(proc_macro2::TokenTree::Punct(comma)) if comma.as_char() == ',');
        let end = last.map_or(close.byte_range().start, |last| last.span().byte_range().end);
        self.scan.calls.push(Call { at: place(&mac.path).start..close.byte_range().end, end, ends_with_comma });
    }

    fn visit_use_rename(&mut self, rename: &UseRename) {
        self.scan.renames.push((place(&rename.ident), place(&rename.rename)));
    }
}

/// Where the attribute of a function or trait goes: behind its other attributes and its documentation.
fn after_attributes(at: Range<usize>, attrs: &[Attribute], vis: &Visibility, behind: &impl Spanned) -> usize {
    match vis {
        _ if attrs.is_empty() => at.start,
        Visibility::Inherited => place(behind).start,
        vis => place(vis).start,
    }
}

/// Options, if there are some, as the place of the first one; and the items.
fn module_contents(input: ParseStream) -> syn::Result<(Option<usize>, Vec<Item>)> {
    input.call(Attribute::parse_inner)?;
    let ahead = input.fork();
    let starts_with_word = ahead.call(<Ident as syn::ext::IdentExt>::parse_any).is_ok();
    let has_options = starts_with_word
        && (ahead.peek(Token![=]) || ahead.peek(Token![,]) || ahead.peek(Token![;]) || ahead.peek(syn::token::Paren))
        && !input.peek(Token![pub]);
    let options = has_options.then(|| input.span().byte_range().start);
    while has_options && !input.is_empty() {
        if input.parse::<Option<Token![;]>>()?.is_some() {
            break;
        }
        input.parse::<proc_macro2::TokenTree>()?;
    }
    input.call(Attribute::parse_inner)?;
    let mut items = Vec::new();
    while !input.is_empty() {
        items.push(input.parse()?);
    }
    Ok((options, items))
}

fn thread_local(input: ParseStream) -> syn::Result<(Visibility, Ident, Type)> {
    input.call(Attribute::parse_outer)?;
    let vis = input.parse()?;
    input.parse::<Token![static]>()?;
    let name = input.parse()?;
    input.parse::<Token![:]>()?;
    let ty = input.parse()?;
    input.parse::<Token![=]>()?;
    input.parse::<syn::Expr>()?;
    if !input.is_empty() {
        input.parse::<Token![;]>()?;
    }
    Ok((vis, name, ty))
}

fn is_named(mac: &Macro, name: &str) -> bool {
    mac.path.segments.last().is_some_and(|last| last.ident == name)
}

fn makes_known_statics(mac: &Macro) -> bool {
    is_named(mac, "thread_local") || lazy::read(mac, None, false).is_some() || is_named(mac, "compile_error")
}
