//! Hooks are called by the runtime, which fixes their shape.

use quote::ToTokens;
use syn::{FnArg, ReturnType, Safety, Signature, Type};

use crate::attr::HookKind;
use crate::diagnostics::{self as problem, Diagnostics};
use crate::model::{Hook, Placeholder};

pub(super) fn check(placeholders: &[Placeholder], diagnostics: &Diagnostics) {
    let mut seen: Vec<&Hook> = Vec::new();
    for placeholder in placeholders {
        let Placeholder::Hook(hook) = placeholder else { continue };
        signature(hook, diagnostics);
        once(hook, &seen, diagnostics);
        seen.push(hook);
    }
}

/// Whether a hook that depends on a `#[cfg]` is the only one is left to rustc.
fn once(hook: &Hook, seen: &[&Hook], diagnostics: &Diagnostics) {
    let same = |other: &&&Hook| other.kind == hook.kind && other.cfgs.is_empty() && hook.cfgs.is_empty();
    if let Some(first) = seen.iter().find(same) {
        diagnostics.at_span(hook.attr, problem::duplicate_hook(hook.kind.with_article(), &first.signature.ident));
    }
}

fn signature(hook: &Hook, diagnostics: &Diagnostics) {
    let Signature { constness, asyncness, safety, abi, generics, inputs, variadic, output, .. } = &hook.signature;
    let refuse = |tokens: &dyn ToTokens, what: &str| {
        diagnostics.at(tokens, problem::hook_signature(hook.kind.with_article(), what));
    };
    if let Some(token) = constness {
        refuse(token, "`const`");
    }
    if let Some(token) = asyncness {
        refuse(token, "`async`");
    }
    if let Safety::Unsafe(token) = safety {
        refuse(token, "`unsafe`");
    }
    if let Some(abi) = abi {
        refuse(abi, "`extern`");
    }
    if !generics.params.is_empty() {
        refuse(&generics.params, "generic");
    }
    if let Some(dots) = variadic {
        refuse(dots, "variadic");
    }
    match hook.kind {
        HookKind::Attach => {
            if let Some(wrong) = inputs.iter().enumerate().find(|(index, input)| *index > 0 || !is_reference(input)) {
                diagnostics.at(wrong.1, problem::attach_arguments());
            }
        }
        HookKind::Quiesce | HookKind::Detach => {
            if let Some(first) = inputs.first() {
                diagnostics.at(first, problem::hook_arguments(hook.kind.with_article()));
            }
            if hook.kind == HookKind::Detach
                && let ReturnType::Type(_, ty) = output
                && !is_unit(ty)
            {
                diagnostics.at(ty, problem::detach_result());
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
