//! `#[vimage::module(…)] mod foo { … }` and its siblings.

use proc_macro2::{Ident, Span, TokenStream};
use quote::ToTokens;
use syn::{Item, ItemMod, Path, parse_quote};

use super::bodies::{Bodies, Reading};
use super::common::{Parsed, start};
use super::{attributes, items};
use crate::attr::Recognizer;
use crate::attr::options::{AnyModuleOptions, ModuleOptions, Read, Reader, runtime};
use crate::diagnostics::{self as problem, Diagnostics};
use crate::model::{CodeOptions, Declaration, Form, Input, Module, View};

/// An attribute that declares a module, by the class that it declares one of.
#[derive(Clone, Copy)]
pub(crate) enum ModuleAttr {
    /// The class is an option.
    Any,
    Net,
    Cpu,
    Procg,
}

impl ModuleAttr {
    fn name(self) -> &'static str {
        match self {
            Self::Any => "vimage::module",
            Self::Net => "vnet_module",
            Self::Cpu => "vcpu_module",
            Self::Procg => "vprocg_module",
        }
    }

    fn options(self, args: TokenStream, diagnostics: &Diagnostics) -> Declared {
        let reader = Reader { of: self.name(), diagnostics };
        let class = match self {
            Self::Any => return Declared::any(reader.all(args)),
            Self::Net => "Net",
            Self::Cpu => "Cpu",
            Self::Procg => "Procg",
        };
        let class = Ident::new(class, Span::call_site());
        let options: ModuleOptions = reader.all(args).options;
        let krate = runtime(options.krate.as_ref());
        Declared { class: parse_quote!(#krate::kernel::#class), krate, options }
    }
}

/// What the options of a module say.
pub(super) struct Declared {
    krate: Path,
    class: Path,
    options: ModuleOptions,
}

impl Declared {
    /// With the class that each program has, unless the options name one.
    pub(super) fn any(read: Read<AnyModuleOptions>) -> Self {
        let AnyModuleOptions { class, others: options } = read.options;
        let krate = runtime(options.krate.as_ref());
        let class = class.map_or_else(|| parse_quote!(#krate::Program), |given| given.value.0);
        Self { krate, class, options }
    }

    /// The module with its items.
    pub(super) fn input(self, form: Form, items: Vec<Item>) -> Input {
        let Self { krate, class, mut options } = self;
        let code = CodeOptions {
            except: options.except.take().map_or_else(Vec::new, |given| given.value.0),
            macros: options.macros.take().map_or_else(Vec::new, |given| given.value.0),
        };
        let view = match form {
            Form::Closed(_) => View::Closed,
            Form::File => View::File,
        };
        Input {
            view,
            krate,
            items: items.into_iter().map(|item| (item, Vec::new())).collect(),
            code,
            symmap: options.symmap.is_some(),
            module: Some(Module { declaration: Declaration::new(class, options), form }),
        }
    }
}

/// A module in an inline `mod`.
pub(crate) fn module(
    attr: ModuleAttr,
    args: TokenStream,
    input: TokenStream,
    reading: Reading,
    diagnostics: &Diagnostics,
) -> Parsed<Input> {
    let declared = attr.options(args, diagnostics);
    let (tokens, bodies) = Bodies::cut(input, reading);
    let mut shell = inline_module(attr, tokens, diagnostics)?;
    let Some((_, items)) = &mut shell.content else {
        let there = "put `vimage::virtualize! { … }` around the contents of that file";
        diagnostics.at(&shell.ident, problem::out_of_line_module(&shell.ident, there));
        return Err(shell.into_token_stream());
    };
    let mut items = std::mem::take(items);
    bodies.put_back(&mut items, diagnostics);
    for attr in attributes::take(&mut shell.attrs, Recognizer { krate: &declared.krate }, diagnostics) {
        diagnostics.at_span(attr.span, problem::redundant_attribute());
    }
    Ok(declared.input(Form::Closed(Box::new(shell)), items))
}

fn inline_module(attr: ModuleAttr, input: TokenStream, diagnostics: &Diagnostics) -> Parsed<ItemMod> {
    match syn::parse2(input.clone()) {
        Ok(Item::Mod(module)) => Ok(module),
        Ok(_) => {
            diagnostics.at_span(start(&input), problem::not_a_module(attr.name()));
            Err(input)
        }
        Err(error) => items::module(input.clone(), diagnostics).ok_or_else(|| {
            diagnostics.unreadable(error);
            input
        }),
    }
}
