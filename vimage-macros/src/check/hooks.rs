//! Hooks are called by the runtime, which fixes their shape.

use quote::ToTokens;
use syn::{FnArg, ReturnType, Safety, Signature, Type};

use crate::errors::Errors;
use crate::model::{Hook, HookKind, Slot};

pub(crate) fn check(slots: &[Slot], errors: &Errors) {
    let mut seen: Vec<&Hook> = Vec::new();
    for slot in slots {
        let Slot::Hook(hook) = slot else { continue };
        signature(hook, errors);
        once(hook, &seen, errors);
        seen.push(hook);
    }
}

/// What depends on a `#[cfg]` is for rustc to find.
fn once(hook: &Hook, seen: &[&Hook], errors: &Errors) {
    let same = |other: &&&Hook| other.kind == hook.kind && other.cfgs.is_empty() && hook.cfgs.is_empty();
    if let Some(first) = seen.iter().find(same) {
        let kind = hook.kind.with_article();
        let message = format!(
            "this module has {kind} hook already, `{}`; a module has one of each kind, which can call several \
             functions",
            first.signature.ident
        );
        errors.at_span(hook.mark, message);
    }
}

fn signature(hook: &Hook, errors: &Errors) {
    let Signature { constness, asyncness, safety, abi, generics, inputs, variadic, output, .. } = &hook.signature;
    let refuse = |tokens: &dyn ToTokens, what: &str| {
        let hook = hook.kind.with_article();
        errors.at(tokens, format!("{hook} hook is an ordinary function that the runtime calls: {what}"));
    };
    if let Some(token) = constness {
        refuse(token, "it is not `const`");
    }
    if let Some(token) = asyncness {
        refuse(token, "it is not `async`, because nothing would run its future");
    }
    if let Safety::Unsafe(token) = safety {
        refuse(token, "it is not `unsafe`");
    }
    if let Some(abi) = abi {
        refuse(abi, "it is not `extern`");
    }
    if !generics.params.is_empty() {
        refuse(&generics.params, "it is not generic");
    }
    if let Some(dots) = variadic {
        refuse(dots, "it is not variadic");
    }
    match hook.kind {
        HookKind::Attach => {
            if let Some(wrong) = inputs.iter().enumerate().find(|(index, input)| *index > 0 || !is_reference(input)) {
                errors.at(wrong.1, "an `#[attach]` hook takes nothing, or one `&vimage::Arguments`");
            }
        }
        HookKind::Quiesce | HookKind::Detach => {
            if let Some(first) = inputs.first() {
                errors.at(first, format!("{} hook takes nothing", hook.kind.with_article()));
            }
            if hook.kind == HookKind::Detach
                && let ReturnType::Type(_, ty) = output
                && !is_unit(ty)
            {
                errors.at(
                    ty,
                    "a `#[detach]` hook returns nothing: refuse in a `#[quiesce]` hook, before anything is torn down",
                );
            }
        }
    }
}

fn is_reference(input: &FnArg) -> bool {
    matches!(input, FnArg::Typed(typed) if matches!(&*typed.ty, Type::Reference(reference) if reference.mutability.is_none()))
}

fn is_unit(ty: &Type) -> bool {
    matches!(ty, Type::Tuple(tuple) if tuple.elems.is_empty())
}
