//! The stages in order: parse, check, rewrite, and then either the expansion or all errors.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote};
use syn::{ForeignItem, Item, Path, parse_quote};

use crate::args::{Options, Syntax};
use crate::attr::{Ours, Recognizer};
use crate::check::{self, View};
use crate::errors::Errors;
use crate::expand::{self, Arm, Build};
use crate::model::{Declaration, Form, Module, Slot, Source};
use crate::parse::lift::{Belonging, Lift};
use crate::parse::marks::{self, Mark};
use crate::parse::{self, file};
use crate::region;

/// A module macro, by the class of what it declares.
#[derive(Clone, Copy)]
pub(crate) enum Declares {
    Net,
    Cpu,
    Procg,
    /// The option says it, else it is the class that each program has.
    Any,
}

impl Declares {
    fn syntax(self) -> Syntax {
        match self {
            Self::Net => Syntax::VNET,
            Self::Cpu => Syntax::VCPU,
            Self::Procg => Syntax::VPROCG,
            Self::Any => Syntax::MODULE,
        }
    }

    fn class(self, options: &Options) -> Path {
        let krate = options.krate();
        match self {
            Self::Net => parse_quote!(#krate::kernel::Net),
            Self::Cpu => parse_quote!(#krate::kernel::Cpu),
            Self::Procg => parse_quote!(#krate::kernel::Procg),
            Self::Any => options.class.clone().unwrap_or_else(|| parse_quote!(#krate::Program)),
        }
    }
}

/// `#[vnet_module(…)] mod foo { … }`
pub(crate) fn closed(build: Build, declares: Declares, args: TokenStream, input: TokenStream) -> TokenStream {
    let errors = Errors::default();
    let options = Options::parse(args, declares.syntax(), &errors);
    let mut shell = match syn::parse2(input.clone()) {
        Ok(Item::Mod(module)) => module,
        Ok(_) => {
            let of = declares.syntax().of;
            let message = format!("`#[{of}]` goes on an inline module: `#[{of}] mod foo {{ … }}`");
            errors.push(first_token_error(&input, &message));
            return with_errors(&errors, input);
        }
        Err(error) => match parse::items::module(input.clone(), &errors) {
            Some(module) => module,
            None => {
                errors.unreadable(error);
                return with_errors(&errors, input);
            }
        },
    };
    let Some((_, items)) = &mut shell.content else {
        errors.at(&shell.ident, check::out_of_line(&shell.ident, declares.syntax().of));
        return with_errors(&errors, shell);
    };
    let items = std::mem::take(items);
    let krate = options.krate();
    for mark in marks::take(&mut shell.attrs, Recognizer { krate: &krate }, &errors) {
        errors.at_span(mark.span, "the module is declared already, and its code is virtualized code: remove this");
    }
    let class = declares.class(&options);
    let source = source(build, unmarked(items), View::Closed, declares.syntax().of, &options, &errors);
    let module = Module { declaration: Declaration::new(options, class), form: Form::Closed(Box::new(shell)), source };
    finish(&errors, expand::module(&module))
}

/// `virtualize! { …; items }`
pub(crate) fn in_file(build: Build, input: TokenStream) -> TokenStream {
    let errors = Errors::default();
    let file::File { options, items } = file::parse(input, Syntax::FILE, &errors);
    let class = Declares::Any.class(&options);
    let source = source(build, unmarked(items), View::File, Syntax::FILE.of, &options, &errors);
    let module = Module { declaration: Declaration::new(options, class), form: Form::File, source };
    finish(&errors, expand::module(&module))
}

fn finish(errors: &Errors, items: TokenStream) -> TokenStream {
    let found = errors.take();
    quote!(#found #items)
}

/// `#[virtualized(…)]`, `#[attach(…)]` and so on, where no module macro has taken them off.
pub(crate) fn open(build: Build, ours: Ours, args: TokenStream, input: TokenStream) -> TokenStream {
    let errors = Errors::default();
    let syntax = ours.syntax().expect("module macros have a form of their own");
    let options = Options::parse(args, syntax, &errors);
    let item = match syn::parse2(input.clone()) {
        Ok(Item::Verbatim(_)) if ours == Ours::Virtualized && is_bodyless_method(&input) => {
            return with_errors(&errors, input);
        }
        Ok(Item::Verbatim(_)) => {
            let foreign = matches!(syn::parse2(input.clone()), Ok(ForeignItem::Static(_)));
            let what = if foreign { parse::FOREIGN_STATIC } else { parse::OTHER_ITEM };
            let message = ours.misplaced(what);
            errors.push(first_token_error(&input, &message));
            return with_errors(&errors, input);
        }
        Ok(item) => item,
        Err(error) => {
            errors.unreadable(error);
            return with_errors(&errors, input);
        }
    };
    let code = Options { krate: options.krate.clone(), ..Options::default() };
    let mark = Mark { ours, options, span: Span::call_site() };
    let source = source(build, vec![(item, vec![mark])], View::Open, syntax.of, &code, &errors);
    finish(&errors, expand::open(&source))
}

/// The items with what is virtualized taken out of them, each with those of our attributes that are read already.
fn source(
    build: Build,
    mut items: Vec<(Item, Vec<Mark>)>,
    view: View,
    of: &'static str,
    code: &Options,
    errors: &Errors,
) -> Source {
    let krate = code.krate();
    let recognizer = Recognizer { krate: &krate };
    check::items(items.iter_mut().map(|(item, _)| item), view, of, recognizer, errors);
    let belonging = if view == View::Open { Belonging::Open(None) } else { Belonging::Module };
    let mut lift = Lift::new(recognizer, belonging, errors);
    lift.symmap = code.written("symmap").is_some();
    let mut plain = lift.items(items);
    let Lift { mut slots, mut except, mut macros, .. } = lift;
    check::slots(&slots, errors);
    except.extend(code.except.iter().cloned());
    macros.extend(code.macros.iter().cloned());
    let raw: Vec<_> = slots.iter().filter_map(Slot::raw_accessor).collect();
    let cx = region::Context { krate: &krate, except: &except, raw: &raw, macros: &macros, errors };
    // Their uses are no mistakes of their own.
    let lookalikes = region::lookalikes::report(&plain, &cx);
    let except = [except.as_slice(), &lookalikes].concat();
    let cx = region::Context { except: &except, ..cx };
    // In the default build for what it reports.
    let mut rewritten = plain.clone();
    region::items(&mut rewritten, &cx);
    for slot in &mut slots {
        if let Slot::Variable(variable, _) = slot {
            region::initializer(&mut variable.virtualized_init, &cx);
        }
    }
    let (arm, items) = match (build, errors.is_empty()) {
        (Build::Plain, true) => (Arm::Plain, plain),
        (Build::Instances, true) => (Arm::Instances, rewritten),
        // Code with mistakes is not rewritten, and needs the variables as they are.
        (Build::Instances, false) if !errors.needs_values() => (Arm::RecoveredInstances, rewritten),
        (_, false) => {
            region::unbind(&mut plain, &cx);
            (Arm::RecoveredPlain, plain)
        }
    };
    Source { krate, open: view == View::Open, arm, items, slots }
}

fn unmarked(items: Vec<Item>) -> Vec<(Item, Vec<Mark>)> {
    items.into_iter().map(|item| (item, Vec::new())).collect()
}

fn is_bodyless_method(input: &TokenStream) -> bool {
    syn::parse2::<syn::TraitItemFn>(input.clone()).is_ok_and(|method| method.default.is_none())
}

fn first_token_error(tokens: &impl ToTokens, message: &str) -> syn::Error {
    let first = tokens.to_token_stream().into_iter().next();
    syn::Error::new(first.map_or_else(Span::call_site, |token| token.span()), message)
}

fn with_errors(errors: &Errors, input: impl ToTokens) -> TokenStream {
    let found = errors.take();
    quote!(#found #input)
}

/// `class! { pub struct Tenant; … }`
pub(crate) fn class(input: TokenStream) -> TokenStream {
    let errors = Errors::default();
    let class = parse::class::parse(input, &errors);
    let found = errors.take();
    let class = class.map(|class| expand::class::expand(&class));
    quote!(#found #class)
}
