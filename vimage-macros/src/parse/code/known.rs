//! Macros that are known by their names, and the arguments of their calls.

use syn::ext::IdentExt;
use syn::{Macro, Path};

use super::context::Context;
use super::pieces::{Grammar, NO_FORMAT, Pieces};

/// A macro that is known to evaluate its arguments in place.
#[derive(Clone, Copy)]
pub(crate) struct Known {
    pub(crate) grammar: Grammar,
    pub(crate) in_async: Treatment,
}

/// What becomes of a call in async code.
///
/// A name alone does not prove that the macro is the known one. Were it redefined to contain an `.await`, something
/// could be borrowed across it, and rustc could not tell.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Treatment {
    /// The call is made in a closure, where an `.await` is an error. All of its temporaries end in it anyway.
    Closure,
    /// A closure that does not return.
    Never,
    /// The call stands as it is written, beside a proof that this is the macro of the standard library: its value
    /// borrows from what it is given or depends on the type expected of it, or its temporaries outlive it.
    InPlace,
    /// The macro may wait: all borrows end in front of it.
    Waits,
}

const fn takes(format: usize, in_async: Treatment) -> Known {
    Known { grammar: Grammar::Arguments { format }, in_async }
}

pub(crate) fn known(path: &Path) -> Option<Known> {
    let root = path.segments.first()?.ident.to_string();
    let name = path.segments.last()?.ident.to_string();
    let parent = parent(&name).is_some_and(|parent| path.segments.len() == 2 && root == parent);
    let from = |roots: &[&str]| path.segments.len() == 1 || parent || roots.contains(&root.as_str());
    let known = match name.as_str() {
        "print" | "println" | "eprint" | "eprintln" | "format" => takes(0, Treatment::Closure),
        "panic" | "todo" | "unimplemented" | "unreachable" => takes(0, Treatment::Never),
        "write" | "writeln" => takes(1, Treatment::InPlace),
        "assert" | "debug_assert" => takes(1, Treatment::Closure),
        "assert_eq" | "assert_ne" | "debug_assert_eq" | "debug_assert_ne" => takes(2, Treatment::Closure),
        "format_args" => takes(0, Treatment::InPlace),
        "vec" | "dbg" => takes(NO_FORMAT, Treatment::InPlace),
        // Other crates have macros of these names, which are called by the name alone.
        "pin" | "ready" if path.segments.len() == 1 => takes(NO_FORMAT, Treatment::Waits),
        "pin" | "ready" => takes(NO_FORMAT, Treatment::InPlace),
        "addr_of" | "addr_of_mut" => takes(NO_FORMAT, Treatment::Closure),
        "matches" => Known { grammar: Grammar::Matches, in_async: Treatment::InPlace },
        "assert_matches" | "debug_assert_matches" => Known { grammar: Grammar::Matches, in_async: Treatment::Closure },
        "error" | "warn" | "info" | "debug" | "trace" | "log" | "log_enabled" | "event"
            if from(&["log", "tracing"]) =>
        {
            return Some(Known { grammar: Grammar::Event, in_async: Treatment::Closure });
        }
        "span" | "error_span" | "warn_span" | "info_span" | "debug_span" | "trace_span" | "enabled"
            if from(&["tracing"]) =>
        {
            return Some(Known { grammar: Grammar::Span, in_async: Treatment::Closure });
        }
        _ => return None,
    };
    from(&["std", "core", "alloc"]).then_some(known)
}

/// The module of the standard library that a macro is in, and is often called through.
fn parent(name: &str) -> Option<&'static str> {
    Some(match name {
        "addr_of" | "addr_of_mut" => "ptr",
        "assert_matches" | "debug_assert_matches" => "assert_matches",
        "pin" => "pin",
        "ready" => "task",
        _ => return None,
    })
}

/// Macros that evaluate nothing.
pub(crate) fn is_inert(path: &Path) -> bool {
    const NAMES: [&str; 8] = ["cfg", "column", "concat", "env", "file", "line", "module_path", "stringify"];
    path.segments.last().is_some_and(|last| NAMES.iter().any(|name| last.ident == name))
}

/// Whether what the call stands for can be told from its name.
pub(crate) fn is_known(mac: &Macro) -> bool {
    is_inert(&mac.path) || known(&mac.path).is_some()
}

/// Whether the user says that a macro evaluates its arguments in place: by its path, or by the end of it.
pub(crate) fn is_vouched(path: &Path, cx: &Context) -> bool {
    let names = |path: &Path| path.segments.iter().map(|segment| segment.ident.unraw()).collect::<Vec<_>>();
    let called = names(path);
    cx.macros.iter().any(|vouched| called.ends_with(&names(vouched)))
}

/// The arguments of a call, if the macro is known or listed in `macros(…)`, and they can be read.
pub(crate) fn arguments(mac: &Macro, cx: &Context) -> Option<Pieces> {
    let grammar = if is_vouched(&mac.path, cx) { Grammar::Any } else { known(&mac.path)?.grammar };
    Pieces::parse(mac.tokens.clone(), grammar).ok()
}

/// The arguments of a call of a macro that is known by its name.
pub(crate) fn arguments_by_name(mac: &Macro) -> Option<Pieces> {
    Pieces::parse(mac.tokens.clone(), known(&mac.path)?.grammar).ok()
}
