//! Takes variables and hooks out of the items they stand among, and our attributes off everything.

use std::collections::HashMap;

use quote::ToTokens;
use syn::visit_mut::{self, VisitMut};
use syn::{
    Attribute, Block, ForeignItem, Ident, ImplItem, Item, ItemFn, ItemStatic, Macro, Path, StaticMutability, Stmt,
    TraitItem, parse_quote,
};

use super::marks::{self, Mark};
use super::{sysctl, thread_local};
use crate::attr::{self, Ours, Recognizer};
use crate::errors::Errors;
use crate::model::{Hook, HookKind, Kind, Names, Part, Slot, Variable};
use crate::names;

/// What the variables and hooks that are found belong to.
#[derive(Clone)]
pub(crate) enum Belonging {
    /// The module whose items these are, wherever they stand in it.
    Module,
    /// What their `in` says; else the `in` of an item around them, which stands at this depth; else the module
    /// that the Rust module they stand in declares.
    Open(Option<(Path, usize)>),
}

pub(crate) struct Lift<'a> {
    recognizer: Recognizer<'a>,
    errors: &'a Errors,
    belonging: Belonging,
    /// Rust modules between here and what the macro got.
    depth: usize,
    scope: Scope,
    pub(crate) slots: Vec<Slot>,
    /// Options of the attributes met that are about code.
    pub(crate) except: Vec<Ident>,
    pub(crate) macros: Vec<Path>,
    /// All virtualized variables are symbols.
    pub(crate) symmap: bool,
}

/// Why foreign items have no names.
const FOREIGN_NAMES: &str = "is not for foreign items, of which only a pointer is safe";

/// A Rust module or a block.
#[derive(Default)]
struct Scope {
    /// The part that the next variable of the same module joins, as its slots.
    open_part: Option<(Path, Vec<usize>)>,
    /// How many parts start with a variable of this name.
    parts: HashMap<String, usize>,
}

impl<'a> Lift<'a> {
    pub(crate) fn new(recognizer: Recognizer<'a>, belonging: Belonging, errors: &'a Errors) -> Self {
        let (scope, slots, except, macros) = Default::default();
        Self { recognizer, errors, belonging, depth: 0, scope, slots, except, macros, symmap: false }
    }

    /// The items of one Rust module, each with those of our attributes that are read already.
    pub(crate) fn items(&mut self, items: impl IntoIterator<Item = (Item, Vec<Mark>)>) -> Vec<Item> {
        self.in_scope(|lift| {
            let lifted = items.into_iter().flat_map(|(item, marks)| lift.item(item, marks));
            lifted.map(import_may_be_unused).collect()
        })
    }

    fn in_scope<T>(&mut self, within: impl FnOnce(&mut Self) -> T) -> T {
        let outer = std::mem::take(&mut self.scope);
        let result = within(self);
        self.close_part();
        self.scope = outer;
        result
    }

    /// What stands in the place of an item.
    fn item(&mut self, mut item: Item, mut marks: Vec<Mark>) -> Vec<Item> {
        if let Some(attrs) = attr::of_item(&mut item) {
            if attrs.iter().any(|attr| self.recognizer.ours(attr) == Some(Ours::Module)) {
                return vec![self.slot(Slot::Foreign(item.into_token_stream()))];
            }
            if attrs.iter().any(|attr| attr.path().is_ident("macro_use")) {
                self.close_part();
            }
            marks.extend(marks::take(attrs, self.recognizer, self.errors));
        }
        match item {
            Item::Static(item) => self.static_item(item, &marks),
            Item::Macro(item) => {
                self.macro_call(&item.attrs, &item.mac, &marks).unwrap_or_else(|| vec![Item::Macro(item)])
            }
            Item::Fn(item) => self.function(item, &marks),
            mut item => {
                match &item {
                    Item::Mod(_) | Item::Impl(_) | Item::Trait(_) => {
                        self.accept(&marks, &[Ours::Virtualized], super::OTHER_ITEM);
                    }
                    Item::ForeignMod(_) => {
                        self.accept(&marks, &[Ours::Shared], "foreign items");
                        self.refuse_names(&marks, FOREIGN_NAMES);
                    }
                    _ => self.accept(&marks, &[], super::OTHER_ITEM),
                }
                self.inside(&marks, |lift| visit_mut::visit_item_mut(lift, &mut item));
                vec![item]
            }
        }
    }

    fn accept(&self, marks: &[Mark], accepted: &[Ours], what: &str) {
        marks::accept(marks, accepted, what, self.errors);
    }

    fn slot(&mut self, slot: Slot) -> Item {
        self.slots.push(slot);
        Slot::marker(self.slots.len() - 1)
    }

    fn static_item(&mut self, mut item: ItemStatic, marks: &[Mark]) -> Vec<Item> {
        self.accept(marks, &[Ours::Virtualized, Ours::Shared], "a `static`");
        visit_mut::visit_item_static_mut(self, &mut item);
        let raw = matches!(item.mutability, StaticMutability::Mut(_));
        let Some(mark) = marks::find(marks, Ours::Virtualized) else {
            let names = marks::find(marks, Ours::Shared).and_then(|mark| self.names(mark, &item, raw));
            let names = names.map(|names| self.slot(Slot::Names(Box::new(names))));
            return std::iter::once(Item::Static(item)).chain(names).collect();
        };
        let kind = match (item.mutability.clone(), mark.options.written("keep")) {
            (StaticMutability::Mut(token), None) => Kind::Raw(token),
            (StaticMutability::Mut(token), Some(keep)) => {
                self.errors.at(keep, "`keep` promises a `&'static` reference, and a `static mut` gives none");
                Kind::Raw(token)
            }
            (_, None) => Kind::Scoped,
            (_, Some(_)) => Kind::Keep,
        };
        let variable = Variable {
            names: self.names(mark, &item, raw),
            cfgs: attr::cfgs(&item.attrs),
            attrs: item.attrs,
            vis: item.vis,
            static_token: item.static_token,
            kind,
            ident: item.ident,
            ty: *item.ty,
            virtualized_init: (*item.expr).clone(),
            init: *item.expr,
        };
        vec![self.variable(variable, mark)]
    }

    /// The names that the attribute or the module gives to a variable.
    fn names(&self, mark: &Mark, item: &ItemStatic, raw: bool) -> Option<Names> {
        let shared = mark.ours == Ours::Shared;
        let symbol = mark.options.written("symmap").is_some() || (self.symmap && !shared);
        let sysctl = mark.options.sysctl.clone();
        if sysctl.is_none() && !symbol {
            if let Some(option) = mark.options.written("in").filter(|_| shared && !mark.options.broken) {
                self.errors.at(option, "`in` says which module a `sysctl` or `symmap` belongs to, and there is none");
            }
            return None;
        }
        Some(Names {
            home: self.home(mark),
            ident: item.ident.clone(),
            cfgs: attr::cfgs(&item.attrs),
            docs: sysctl::docs(&item.attrs),
            shared,
            raw,
            sysctl,
            symbol,
        })
    }

    /// Refuses names on what has no value that they could stand for.
    fn refuse_names(&self, marks: &[Mark], why: &str) {
        let written = marks.iter().flat_map(|mark| ["sysctl", "symmap"].map(|option| mark.options.written(option)));
        for option in written.flatten() {
            self.errors.at(option, format!("`{option}` {why}"));
        }
    }

    /// What a macro becomes, `None` if it stays.
    fn macro_call(&mut self, attrs: &[Attribute], mac: &Macro, marks: &[Mark]) -> Option<Vec<Item>> {
        self.refuse_names(marks, "goes on a `static`, and has no meaning for a macro or a `thread_local!`");
        if !thread_local::is(mac) {
            // Behind it the type of a variable may mean something else: it can define macros.
            self.close_part();
            self.accept(marks, &[Ours::Shared], "a macro, whose statics it cannot see");
            return None;
        }
        self.accept(marks, &[Ours::Virtualized, Ours::Shared], "a `thread_local!`");
        let mark = marks::find(marks, Ours::Virtualized)?;
        if let Some(keep) = mark.options.written("keep") {
            self.errors.at(keep, "`keep` has no meaning for a `thread_local!`, whose values end with their thread");
        }
        let mut variables = self.errors.ok(thread_local::variables(attrs, mac))?;
        for variable in &mut variables {
            self.visit_expr_mut(&mut variable.init);
            variable.virtualized_init = thread_local::constructor(self.recognizer.krate, variable);
        }
        Some(variables.into_iter().map(|variable| self.variable(variable, mark)).collect())
    }

    fn variable(&mut self, variable: Variable, mark: &Mark) -> Item {
        let home = self.home(mark);
        self.code_options(mark);
        if self.scope.open_part.as_ref().is_some_and(|(open, _)| *open != home) {
            self.close_part();
        }
        let marker = self.slot(Slot::Variable(Box::new(variable), None));
        let (_, slots) = self.scope.open_part.get_or_insert_with(|| (home, Vec::new()));
        slots.push(self.slots.len() - 1);
        marker
    }

    /// Ends the part that is open, so that the next variable starts one.
    fn close_part(&mut self) {
        let Some((home, variables)) = self.scope.open_part.take() else { return };
        let (first, last) = (variables[0], variables[variables.len() - 1]);
        let Slot::Variable(first, _) = &self.slots[first] else { unreachable!("parts consist of variables") };
        let nth = self.scope.parts.entry(first.ident.to_string()).or_default();
        *nth += 1;
        let (name, entry) = names::part(&first.ident, *nth);
        if let Slot::Variable(_, part) = &mut self.slots[last] {
            *part = Some(Part { home, name, entry, variables });
        }
    }

    fn function(&mut self, mut function: ItemFn, marks: &[Mark]) -> Vec<Item> {
        self.accept(marks, &[Ours::Virtualized, Ours::Attach, Ours::Quiesce, Ours::Detach], "a function");
        let hooks: Vec<Item> = marks.iter().filter_map(|mark| self.hook(&function, mark)).collect();
        self.inside(marks, |lift| visit_mut::visit_item_fn_mut(lift, &mut function));
        std::iter::once(Item::Fn(function)).chain(hooks).collect()
    }

    fn hook(&mut self, function: &ItemFn, mark: &Mark) -> Option<Item> {
        let kind = match mark.ours {
            Ours::Attach => HookKind::Attach,
            Ours::Quiesce => HookKind::Quiesce,
            Ours::Detach => HookKind::Detach,
            _ => return None,
        };
        let hook = Hook {
            kind,
            home: self.home(mark),
            cfgs: attr::cfgs(&function.attrs),
            mark: mark.span,
            signature: function.sig.clone(),
        };
        Some(self.slot(Slot::Hook(Box::new(hook))))
    }

    /// What is inside an item with these marks.
    fn inside(&mut self, marks: &[Mark], visit: impl FnOnce(&mut Self)) {
        let outer = self.belonging.clone();
        if let Some(mark) = marks::find(marks, Ours::Virtualized) {
            self.code_options(mark);
            if let Some(keep) = mark.options.written("keep") {
                self.errors.at(keep, "`keep` goes on a variable");
            }
            self.refuse_names(marks, "goes on a variable");
            match (&mut self.belonging, &mark.options.home) {
                (Belonging::Module, _) => self.refuse_home(mark),
                (Belonging::Open(around), Some(home)) => *around = Some((home.clone(), self.depth)),
                (Belonging::Open(_), None) => {}
            }
        }
        visit(self);
        self.belonging = outer;
    }

    fn code_options(&mut self, mark: &Mark) {
        self.except.extend(mark.options.except.iter().cloned());
        self.macros.extend(mark.options.macros.iter().cloned());
    }

    /// The module that something with this mark belongs to.
    fn home(&self, mark: &Mark) -> Path {
        match (&self.belonging, &mark.options.home) {
            (Belonging::Module, _) => {
                self.refuse_home(mark);
                names::module_above(self.depth, mark.span)
            }
            (Belonging::Open(_), Some(home)) => names::module_in(home),
            (Belonging::Open(Some((home, depth))), None) => names::module_in(&names::above(home, self.depth - depth)),
            (Belonging::Open(None), None) => names::module_above(0, mark.span),
        }
    }

    fn refuse_home(&self, mark: &Mark) {
        if let Some(option) = mark.options.written("in") {
            self.errors.at(option, "`in` is for items outside of a module; this one belongs to the module around it");
        }
    }
}

/// An import that was there for our attributes is unused once they are off.
fn import_may_be_unused(mut item: Item) -> Item {
    if let Item::Use(import) = &mut item
        && attr::may_be_imported(&import.tree)
    {
        import.attrs.push(parse_quote!(#[allow(unused_imports)]));
    }
    item
}

impl VisitMut for Lift<'_> {
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
        block.stmts = self.in_scope(|lift| stmts.into_iter().flat_map(|stmt| lift.stmt(stmt)).collect());
    }

    fn visit_impl_item_mut(&mut self, item: &mut ImplItem) {
        let marks = match item {
            ImplItem::Fn(method) => marks::take(&mut method.attrs, self.recognizer, self.errors),
            ImplItem::Macro(call) => marks::take(&mut call.attrs, self.recognizer, self.errors),
            _ => Vec::new(),
        };
        self.method(&marks, |lift| visit_mut::visit_impl_item_mut(lift, item));
    }

    fn visit_trait_item_mut(&mut self, item: &mut TraitItem) {
        let marks = match item {
            TraitItem::Fn(method) => marks::take(&mut method.attrs, self.recognizer, self.errors),
            TraitItem::Macro(call) => marks::take(&mut call.attrs, self.recognizer, self.errors),
            _ => Vec::new(),
        };
        self.method(&marks, |lift| visit_mut::visit_trait_item_mut(lift, item));
    }

    fn visit_foreign_item_mut(&mut self, item: &mut ForeignItem) {
        if let ForeignItem::Static(item) = item {
            let marks = marks::take(&mut item.attrs, self.recognizer, self.errors);
            self.accept(&marks, &[Ours::Shared], super::FOREIGN_STATIC);
            self.refuse_names(&marks, FOREIGN_NAMES);
        }
    }
}

impl Lift<'_> {
    fn stmt(&mut self, mut stmt: Stmt) -> Vec<Stmt> {
        match stmt {
            Stmt::Item(item) => self.item(item, Vec::new()).into_iter().map(Stmt::Item).collect(),
            Stmt::Macro(mut call) => {
                let marks = marks::take(&mut call.attrs, self.recognizer, self.errors);
                match self.macro_call(&call.attrs, &call.mac, &marks) {
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

    fn method(&mut self, marks: &[Mark], visit: impl FnOnce(&mut Self)) {
        self.accept(marks, &[Ours::Virtualized], "a method");
        self.inside(marks, visit);
    }
}
