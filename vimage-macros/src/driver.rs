//! The stages in order: parse, check, lower, expand.

use proc_macro2::TokenStream;
use quote::ToTokens;

use crate::attr::AttrKind;
use crate::diagnostics::Diagnostics;
use crate::model::{Build, Input, Test};
use crate::parse::{ModuleAttr, Reading};
use crate::{check, expand, lower, parse};

/// `#[vimage::module(…)] mod foo { … }` and its siblings.
pub(crate) fn module(build: Build, attr: ModuleAttr, args: TokenStream, input: TokenStream) -> TokenStream {
    stages(build, |reading, diagnostics| parse::module(attr, args.clone(), input.clone(), reading, diagnostics))
}

/// `virtualize! { …; items }`
pub(crate) fn file(build: Build, input: TokenStream) -> TokenStream {
    stages(build, |reading, diagnostics| Ok(parse::file(input.clone(), reading, diagnostics)))
}

/// `#[virtualized(…)]`, `#[attach(…)]` and so on, where no module macro has taken them off.
pub(crate) fn item(build: Build, kind: AttrKind, args: TokenStream, input: TokenStream) -> TokenStream {
    stages(build, |reading, diagnostics| parse::item(kind, args.clone(), input.clone(), reading, diagnostics))
}

/// The stages of an input that may have variables, hooks or virtualized code in it.
///
/// A stage reports and goes on, so that all mistakes are reported at once. If the parser can read nothing, it hands the
/// tokens back, which stay in the output as they are. Bodies of functions are first parsed where it is needed only.
fn stages(build: Build, parse: impl Fn(Reading, &Diagnostics) -> Result<Input, TokenStream>) -> TokenStream {
    let diagnostics = Diagnostics::default();
    let expansion = expanded(build, &diagnostics, |diagnostics| parse(Reading::Needed, diagnostics));
    if diagnostics.is_empty() {
        return expansion;
    }
    diagnostics.forget();
    let expansion = expanded(build, &diagnostics, |diagnostics| parse(Reading::All, diagnostics));
    diagnostics.finish(expansion)
}

fn expanded(
    build: Build,
    diagnostics: &Diagnostics,
    parse: impl FnOnce(&Diagnostics) -> Result<Input, TokenStream>,
) -> TokenStream {
    let mut input = match parse(diagnostics) {
        Ok(input) => input,
        Err(tokens) => return tokens,
    };
    check::input(&input, diagnostics).apply(&mut input);
    let module = input.module.take();
    let mut extracted = lower::extract(input, module.as_ref().map(|module| &module.declaration.class), diagnostics);
    let lookalikes = check::extracted(&extracted, diagnostics);
    extracted.code.except.extend(lookalikes);
    let source = lower::rewrite(extracted, build, diagnostics);
    expand::source(module.as_ref(), source)
}

/// `class! { pub struct Tenant; … }`
pub(crate) fn class(input: TokenStream) -> TokenStream {
    let diagnostics = Diagnostics::default();
    let class = parse::class(input, &diagnostics);
    diagnostics.finish(class.as_ref().map(expand::class))
}

/// `#[vimage::test(…)] fn name() { … }`
pub(crate) fn test(args: TokenStream, input: TokenStream) -> TokenStream {
    test_stages(|diagnostics| parse::test(args, input, diagnostics))
}

/// The same behind the attributes of a harness, which have made the function what it is now.
pub(crate) fn test_body(args: TokenStream, input: TokenStream) -> TokenStream {
    test_stages(|diagnostics| parse::test_body(args, input, diagnostics))
}

fn test_stages(parse: impl FnOnce(&Diagnostics) -> Result<Test, TokenStream>) -> TokenStream {
    let diagnostics = Diagnostics::default();
    let test = match parse(&diagnostics) {
        Ok(test) => test,
        Err(tokens) => return diagnostics.finish(tokens),
    };
    check::test(&test, &diagnostics);
    let expansion = if diagnostics.is_empty() { expand::test(&test) } else { test.function.to_token_stream() };
    diagnostics.finish(expansion)
}

/// `#[vimage::main] fn main() { … }`
pub(crate) fn main(args: TokenStream, input: TokenStream) -> TokenStream {
    let diagnostics = Diagnostics::default();
    let (krate, function) = match parse::main(args, input, &diagnostics) {
        Ok(main) => main,
        Err(tokens) => return diagnostics.finish(tokens),
    };
    check::main(&function, &diagnostics);
    let expansion = if diagnostics.is_empty() { expand::main(&krate, &function) } else { function.to_token_stream() };
    diagnostics.finish(expansion)
}
