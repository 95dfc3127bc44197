//! Takes variables and hooks out of the items around them, and our attributes off all items.

use std::collections::HashMap;

use quote::ToTokens;
use syn::visit_mut::{self, VisitMut};
use syn::{
    Attribute, Block, ForeignItem, Ident, ImplItem, Item, ItemFn, ItemStatic, Macro, Path, StaticMutability, Stmt,
    TraitItem,
};

use super::found::{docs, import_may_be_unused, names_of, shared, thread_local_field, virtualized};
use super::lifetimes::made_static;
use crate::attr::options::{Given, InModule, SharedOptions, Sysctl, VirtualizedOptions};
use crate::attr::{self, AttrKind, HookKind, Recognizer};
use crate::diagnostics::{self as problem, Diagnostics};
use crate::idents;
use crate::model::{
    AttrOptions, CodeOptions, Exports, Extracted, Hook, Input, ParsedAttr, Part, Placeholder, StorageKind, Variable,
    View,
};
use crate::parse::{self, is_thread_local, thread_local_variables};

/// Takes variables and hooks out of the items of an input, which is a module of the class `class`, if it is one.
pub(crate) fn extract(input: Input, class: Option<&Path>, diagnostics: &Diagnostics) -> Extracted {
    let Input { view, krate, items, code, symmap, .. } = input;
    let mut extractor = Extractor {
        recognizer: Recognizer { krate: &krate },
        diagnostics,
        belonging: if view == View::Open { Belonging::Open(None) } else { Belonging::Module },
        depth: 0,
        class,
        scope: Scope::default(),
        placeholders: Vec::new(),
        code,
        symmap,
    };
    let items = extractor.items(items);
    let Extractor { placeholders, code, .. } = extractor;
    Extracted { view, items, placeholders, code, krate }
}

/// The module that variables and hooks belong to.
#[derive(Clone)]
enum Belonging {
    /// The module whose items these are, wherever they stand in it.
    Module,
    /// The module of their `in`; else of the `in` of an item around them, which stands at this depth; else the module that
    /// the Rust module around them declares.
    Open(Option<(Path, usize)>),
}

struct Extractor<'a> {
    recognizer: Recognizer<'a>,
    diagnostics: &'a Diagnostics,
    belonging: Belonging,
    /// Rust modules between here and what the macro got.
    depth: usize,
    /// The class of the module, as a path that is valid in the outermost scope.
    class: Option<&'a Path>,
    scope: Scope,
    placeholders: Vec<Placeholder>,
    /// Of the macro and of the attributes met.
    code: CodeOptions,
    /// All virtualized variables are symbols.
    symmap: bool,
}

/// A Rust module or a block.
#[derive(Default)]
struct Scope {
    /// The depth of this scope in what the macro got; the outermost has 1.
    nesting: usize,
    /// The part that the next variable of the same module joins, as its placeholders.
    open_part: Option<(Path, Vec<usize>)>,
    /// How many parts start with a variable of this name.
    parts: HashMap<String, usize>,
}

impl Extractor<'_> {
    /// The items of one Rust module, each with those of our attributes that are parsed already.
    fn items(&mut self, items: impl IntoIterator<Item = (Item, Vec<ParsedAttr>)>) -> Vec<Item> {
        self.in_scope(|this| {
            let extracted = items.into_iter().flat_map(|(item, attrs)| this.item(item, attrs));
            extracted.map(import_may_be_unused).collect()
        })
    }

    fn in_scope<T>(&mut self, within: impl FnOnce(&mut Self) -> T) -> T {
        let inner = Scope { nesting: self.scope.nesting + 1, ..Scope::default() };
        let outer = std::mem::replace(&mut self.scope, inner);
        let result = within(self);
        self.close_part();
        self.scope = outer;
        result
    }

    /// The items in the place of an item.
    fn item(&mut self, mut item: Item, mut ours: Vec<ParsedAttr>) -> Vec<Item> {
        if self.recognizer.is_declared_module(&item) {
            return vec![self.placeholder(Placeholder::Foreign(item.into_token_stream()))];
        }
        if let Some(attrs) = attr::of_item(&mut item) {
            if attrs.iter().any(|attr| attr.path().is_ident("macro_use")) {
                self.close_part();
            }
            let making_statics = attr::making_statics(attrs).is_some();
            ours.extend(parse::take(attrs, self.recognizer, self.diagnostics));
            if making_statics && !matches!(item, Item::Static(_) | Item::Macro(_)) {
                self.take_shared(&mut ours);
            }
        }
        match item {
            Item::Static(item) => self.static_item(item, &ours),
            Item::Macro(item) => {
                self.macro_call(&item.attrs, &item.mac, &ours).unwrap_or_else(|| vec![Item::Macro(item)])
            }
            Item::Fn(item) => self.function(item, &ours),
            mut item => {
                match &item {
                    Item::Mod(_) | Item::Impl(_) | Item::Trait(_) => {
                        self.accept(&ours, &[AttrKind::Virtualized], parse::OTHER_ITEM);
                    }
                    Item::ForeignMod(_) => {
                        self.accept(&ours, &[AttrKind::Shared], "foreign items");
                        self.refuse_exports(&ours, |option| problem::foreign_names(option));
                    }
                    _ => self.accept(&ours, &[], parse::OTHER_ITEM),
                }
                self.inside(&ours, |this| visit_mut::visit_item_mut(this, &mut item));
                vec![item]
            }
        }
    }

    /// Takes off what decides about the statics that another attribute makes.
    fn take_shared(&self, ours: &mut Vec<ParsedAttr>) {
        let shared: Vec<_> = ours.extract_if(.., |attr| attr.kind() == AttrKind::Shared).collect();
        self.accept(&shared, &[AttrKind::Shared], "an item");
        self.refuse_exports(&shared, |option| problem::misplaced_option(option, "a `static`"));
    }

    fn accept(&self, attrs: &[ParsedAttr], accepted: &[AttrKind], item: &str) {
        parse::accept(attrs, accepted, item, self.diagnostics);
    }

    fn placeholder(&mut self, placeholder: Placeholder) -> Item {
        self.placeholders.push(placeholder);
        Placeholder::marker(self.placeholders.len() - 1)
    }

    fn static_item(&mut self, mut item: ItemStatic, attrs: &[ParsedAttr]) -> Vec<Item> {
        self.accept(attrs, &[AttrKind::Virtualized, AttrKind::Shared], "a `static`");
        visit_mut::visit_item_static_mut(self, &mut item);
        let Some((attr, options)) = virtualized(attrs) else {
            let exports = shared(attrs).and_then(|(attr, options)| self.shared_exports(attr, options, &item));
            let exports = exports.map(|exports| self.placeholder(Placeholder::Exports(Box::new(exports))));
            return std::iter::once(Item::Static(item)).chain(exports).collect();
        };
        let kind = match (item.mutability.clone(), &options.keep) {
            (StaticMutability::Mut(token), keep) => {
                if let Some(keep) = keep {
                    self.diagnostics.at(&keep.name, problem::keep_static_mut());
                }
                StorageKind::Raw(token)
            }
            (_, None) => StorageKind::Scoped,
            (_, Some(_)) => StorageKind::Keep,
        };
        let symbol = options.symmap.is_some() || self.symmap;
        let variable = Variable {
            exports: self.exports(attr, options.home.as_ref(), options.sysctl.as_ref(), symbol, &item),
            label: options.label.as_ref().map(|given| given.value.0.clone()),
            cfgs: attr::cfgs(&item.attrs),
            attrs: item.attrs,
            vis: item.vis,
            static_token: item.static_token,
            kind,
            ident: item.ident,
            field_ty: made_static(&item.ty),
            ty: *item.ty,
            field_init: (*item.expr).clone(),
            init: *item.expr,
        };
        vec![self.variable(variable, attr, options)]
    }

    fn shared_exports(&self, attr: &ParsedAttr, options: &SharedOptions, item: &ItemStatic) -> Option<Exports> {
        let (home, sysctl) = (options.home.as_ref(), options.sysctl.as_ref());
        let exports = self.exports(attr, home, sysctl, options.symmap.is_some(), item);
        if let (None, Some(home), false) = (&exports, home, attr.broken) {
            self.diagnostics.at(&home.name, problem::in_without_names());
        }
        exports
    }

    /// The names that the attribute or the module gives to a variable.
    fn exports(
        &self,
        attr: &ParsedAttr,
        home: Option<&Given<InModule>>,
        sysctl: Option<&Given<Sysctl>>,
        symbol: bool,
        item: &ItemStatic,
    ) -> Option<Exports> {
        (sysctl.is_some() || symbol).then(|| Exports {
            module_path: self.module_path(attr, home),
            ident: item.ident.clone(),
            cfgs: attr::cfgs(&item.attrs),
            docs: docs(&item.attrs),
            shared: attr.kind() == AttrKind::Shared,
            raw: matches!(item.mutability, StaticMutability::Mut(_)),
            sysctl: sysctl.map(|given| given.value.clone()),
            symbol,
        })
    }

    /// Refuses names for an item that has no value that they could stand for.
    fn refuse_exports(&self, attrs: &[ParsedAttr], problem: impl Fn(&Ident) -> problem::Problem) {
        let names = |attr: &ParsedAttr| match &attr.options {
            AttrOptions::Virtualized(options) => {
                let label = options.label.as_ref().map(|given| given.name.clone());
                [names_of(options.sysctl.as_ref(), options.symmap.as_ref()), Vec::from_iter(label)].concat()
            }
            AttrOptions::Shared(options) => names_of(options.sysctl.as_ref(), options.symmap.as_ref()),
            AttrOptions::Hook(..) | AttrOptions::Module => Vec::new(),
        };
        for option in attrs.iter().flat_map(names) {
            self.diagnostics.at(&option, problem(&option));
        }
    }

    /// The items that a macro call becomes; `None` if it stays.
    fn macro_call(&mut self, attrs: &[Attribute], mac: &Macro, ours: &[ParsedAttr]) -> Option<Vec<Item>> {
        self.refuse_exports(ours, |option| problem::misplaced_option(option, "a `static`"));
        if !is_thread_local(mac) {
            // Behind it the type of a variable may mean something else: it can define macros.
            self.close_part();
            self.accept(ours, &[AttrKind::Shared], "a macro, whose statics it cannot see");
            return None;
        }
        self.accept(ours, &[AttrKind::Virtualized, AttrKind::Shared], "a `thread_local!`");
        let (attr, options) = virtualized(ours)?;
        if let Some(keep) = &options.keep {
            let right = "a `static`: the values of a `thread_local!` end with their thread";
            self.diagnostics.at(&keep.name, problem::misplaced_option(&keep.name, right));
        }
        let mut variables = self.diagnostics.ok(thread_local_variables(attrs, mac))?;
        for variable in &mut variables {
            self.visit_expr_mut(&mut variable.init);
            let (ty, init) = thread_local_field(self.recognizer.krate, variable);
            variable.field_ty = ty;
            variable.field_init = init;
        }
        Some(variables.into_iter().map(|variable| self.variable(variable, attr, options)).collect())
    }

    fn variable(&mut self, variable: Variable, attr: &ParsedAttr, options: &VirtualizedOptions) -> Item {
        let module_path = self.module_path(attr, options.home.as_ref());
        self.code_options(options);
        if self.scope.open_part.as_ref().is_some_and(|(open, _)| *open != module_path) {
            self.close_part();
        }
        let marker = self.placeholder(Placeholder::Variable(Box::new(variable), None));
        let (_, variables) = self.scope.open_part.get_or_insert_with(|| (module_path, Vec::new()));
        variables.push(self.placeholders.len() - 1);
        marker
    }

    /// Ends the part that is open, so that the next variable starts one.
    fn close_part(&mut self) {
        let Some((module_path, variables)) = self.scope.open_part.take() else { return };
        let (first, last) = (variables[0], variables[variables.len() - 1]);
        let Placeholder::Variable(first, _) = &self.placeholders[first] else {
            unreachable!("parts consist of variables")
        };
        let nth = self.scope.parts.entry(first.ident.to_string()).or_default();
        *nth += 1;
        let (name, entry) = idents::part(&first.ident, *nth);
        // A relative path may mean something else further in.
        let class = self.class.filter(|path| self.scope.nesting == 1 || idents::is_rooted(path)).cloned();
        if let Placeholder::Variable(_, part) = &mut self.placeholders[last] {
            *part = Some(Part { module_path, class, name, entry, variables });
        }
    }

    fn function(&mut self, mut function: ItemFn, attrs: &[ParsedAttr]) -> Vec<Item> {
        let accepted = [HookKind::Attach, HookKind::Quiesce, HookKind::Detach].map(AttrKind::Hook);
        self.accept(attrs, &[&accepted[..], &[AttrKind::Virtualized]].concat(), "a function");
        let hooks: Vec<Item> = attrs.iter().filter_map(|attr| self.hook(&function, attr)).collect();
        self.inside(attrs, |this| visit_mut::visit_item_fn_mut(this, &mut function));
        std::iter::once(Item::Fn(function)).chain(hooks).collect()
    }

    fn hook(&mut self, function: &ItemFn, attr: &ParsedAttr) -> Option<Item> {
        let AttrOptions::Hook(kind, options) = &attr.options else { return None };
        let hook = Hook {
            kind: *kind,
            module_path: self.module_path(attr, options.home.as_ref()),
            cfgs: attr::cfgs(&function.attrs),
            attr: attr.span,
            signature: function.sig.clone(),
        };
        Some(self.placeholder(Placeholder::Hook(Box::new(hook))))
    }

    /// Visits what is inside an item with these attributes.
    fn inside(&mut self, attrs: &[ParsedAttr], visit: impl FnOnce(&mut Self)) {
        let outer = self.belonging.clone();
        if let Some((_, options)) = virtualized(attrs) {
            self.code_options(options);
            if let Some(keep) = &options.keep {
                self.diagnostics.at(&keep.name, problem::misplaced_option(&keep.name, "a variable"));
            }
            self.refuse_exports(attrs, |option| problem::misplaced_option(option, "a variable"));
            match (&mut self.belonging, &options.home) {
                (Belonging::Module, home) => self.refuse_home(home.as_ref()),
                (Belonging::Open(around), Some(home)) => *around = Some((home.value.0.clone(), self.depth)),
                (Belonging::Open(_), None) => {}
            }
        }
        visit(self);
        self.belonging = outer;
    }

    fn code_options(&mut self, options: &VirtualizedOptions) {
        self.code.except.extend(options.except.iter().flat_map(|given| given.value.0.clone()));
        self.code.macros.extend(options.macros.iter().flat_map(|given| given.value.0.clone()));
    }

    /// The type that stands for the module that an item with this attribute belongs to.
    fn module_path(&self, attr: &ParsedAttr, home: Option<&Given<InModule>>) -> Path {
        match (&self.belonging, home) {
            (Belonging::Module, _) => {
                self.refuse_home(home);
                idents::module_above(self.depth, attr.span)
            }
            (Belonging::Open(_), Some(home)) => idents::module_in(&home.value.0),
            (Belonging::Open(Some((home, depth))), None) => idents::module_in(&idents::above(home, self.depth - depth)),
            (Belonging::Open(None), None) => idents::module_above(0, attr.span),
        }
    }

    fn refuse_home(&self, home: Option<&Given<InModule>>) {
        if let Some(home) = home {
            self.diagnostics.at(&home.name, problem::in_inside_module());
        }
    }
}

impl VisitMut for Extractor<'_> {
    fn visit_item_mod_mut(&mut self, module: &mut syn::ItemMod) {
        if let Some((_, items)) = &mut module.content {
            self.depth += 1;
            let inside = std::mem::take(items);
            *items = self.items(inside.into_iter().map(|item| (item, Vec::new())));
            self.depth -= 1;
        }
    }

    fn visit_block_mut(&mut self, block: &mut Block) {
        let stmts = std::mem::take(&mut block.stmts);
        block.stmts = self.in_scope(|this| stmts.into_iter().flat_map(|stmt| this.stmt(stmt)).collect());
    }

    fn visit_impl_item_mut(&mut self, item: &mut ImplItem) {
        let ours = match item {
            ImplItem::Fn(method) => {
                let making_statics = attr::making_statics(&method.attrs).is_some();
                let mut ours = parse::take(&mut method.attrs, self.recognizer, self.diagnostics);
                if making_statics {
                    self.take_shared(&mut ours);
                }
                ours
            }
            ImplItem::Macro(call) => parse::take(&mut call.attrs, self.recognizer, self.diagnostics),
            _ => Vec::new(),
        };
        self.method(&ours, |this| visit_mut::visit_impl_item_mut(this, item));
    }

    fn visit_trait_item_mut(&mut self, item: &mut TraitItem) {
        let ours = match item {
            TraitItem::Fn(method) => parse::take(&mut method.attrs, self.recognizer, self.diagnostics),
            TraitItem::Macro(call) => parse::take(&mut call.attrs, self.recognizer, self.diagnostics),
            _ => Vec::new(),
        };
        self.method(&ours, |this| visit_mut::visit_trait_item_mut(this, item));
    }

    fn visit_foreign_item_mut(&mut self, item: &mut ForeignItem) {
        if let ForeignItem::Static(item) = item {
            let ours = parse::take(&mut item.attrs, self.recognizer, self.diagnostics);
            self.accept(&ours, &[AttrKind::Shared], parse::FOREIGN_STATIC);
            self.refuse_exports(&ours, |option| problem::foreign_names(option));
        }
    }
}

impl Extractor<'_> {
    fn stmt(&mut self, mut stmt: Stmt) -> Vec<Stmt> {
        match stmt {
            Stmt::Item(item) => self.item(item, Vec::new()).into_iter().map(Stmt::Item).collect(),
            Stmt::Macro(mut call) => {
                let ours = parse::take(&mut call.attrs, self.recognizer, self.diagnostics);
                match self.macro_call(&call.attrs, &call.mac, &ours) {
                    Some(items) => items.into_iter().map(Stmt::Item).collect(),
                    None => vec![Stmt::Macro(call)],
                }
            }
            _ => {
                visit_mut::visit_stmt_mut(self, &mut stmt);
                vec![stmt]
            }
        }
    }

    fn method(&mut self, attrs: &[ParsedAttr], visit: impl FnOnce(&mut Self)) {
        self.accept(attrs, &[AttrKind::Virtualized], "a method");
        self.inside(attrs, visit);
    }
}
