//! Macros that are known by their names, and the arguments of their calls.

use syn::ext::IdentExt;
use syn::{Ident, Macro, Path};

use Temporaries::{EndInside, EndWithTheProgram, EndWithTheStatement, Last};

use super::context::Context;
use super::pieces::{Grammar, NO_FORMAT, Pieces};

/// A macro that is known to evaluate its arguments in place.
#[derive(Clone, Copy)]
pub(crate) struct Known {
    pub(crate) grammar: Grammar,
    pub(crate) temporaries: Temporaries,
}

/// The end of the temporaries of the arguments.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Temporaries {
    /// They end in the call, and nothing of the value depends on where the call stands.
    EndInside,
    /// The same, and the call never returns.
    EndWithTheProgram,
    /// They end with the statement, which the call is as a rule.
    EndWithTheStatement,
    /// They may last as long as the value, or the value depends on the type that is expected of it.
    Last,
}

const fn takes(format: usize, temporaries: Temporaries) -> Known {
    Known { grammar: Grammar::Arguments { format }, temporaries }
}

pub(crate) fn known(path: &Path) -> Option<Known> {
    let root = path.segments.first()?.ident.to_string();
    let name = path.segments.last()?.ident.to_string();
    let parent = parent(&name).is_some_and(|parent| path.segments.len() == 2 && root == parent);
    let from = |roots: &[&str]| path.segments.len() == 1 || parent || roots.contains(&root.as_str());
    let of = |grammar, temporaries| Known { grammar, temporaries };
    let known = match name.as_str() {
        "print" | "println" | "eprint" | "eprintln" | "format" => takes(0, EndInside),
        "panic" | "todo" | "unimplemented" | "unreachable" => takes(0, EndWithTheProgram),
        "write" | "writeln" => takes(1, Last),
        "assert" | "debug_assert" => takes(1, EndWithTheStatement),
        "assert_eq" | "assert_ne" | "debug_assert_eq" | "debug_assert_ne" => takes(2, EndWithTheStatement),
        "format_args" => takes(0, Last),
        "vec" | "dbg" | "pin" | "ready" => takes(NO_FORMAT, Last),
        "addr_of" | "addr_of_mut" => takes(NO_FORMAT, EndInside),
        "matches" => of(Grammar::Matches, Last),
        "assert_matches" | "debug_assert_matches" => of(Grammar::Matches, EndWithTheStatement),
        "error" | "warn" | "info" | "debug" | "trace" | "log" | "log_enabled" | "event"
            if from(&["log", "tracing"]) =>
        {
            return Some(of(Grammar::Event, EndInside));
        }
        "span" | "error_span" | "warn_span" | "info_span" | "debug_span" | "trace_span" | "enabled"
            if from(&["tracing"]) =>
        {
            return Some(of(Grammar::Span, EndInside));
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
pub(crate) fn is_listed(path: &Path, cx: &Context) -> bool {
    let names = |path: &Path| path.segments.iter().map(|segment| segment.ident.unraw()).collect::<Vec<_>>();
    let called = names(path);
    cx.macros.iter().any(|listed| called.ends_with(&names(listed)))
}

/// The arguments of a call, if the macro is known or listed in `macros(…)`, and they can be read.
pub(crate) fn arguments(mac: &Macro, cx: &Context) -> Option<Pieces> {
    let grammar = if is_listed(&mac.path, cx) { Grammar::Any } else { known(&mac.path)?.grammar };
    Pieces::parse(mac.tokens.clone(), grammar).ok()
}

/// The arguments of a call of a macro that is known by its name.
pub(crate) fn arguments_by_name(mac: &Macro) -> Option<Pieces> {
    Pieces::parse(mac.tokens.clone(), known(&mac.path)?.grammar).ok()
}

/// Whether the macro of a call can be compared with one of the standard library, and nothing says that it is another.
pub(crate) fn can_be_proven(path: &Path, cx: &Context) -> bool {
    let name = &path.segments[path.segments.len() - 1].ident;
    let is_alone = path.segments.len() == 1;
    // Other crates have macros of these names, which are called by the name alone.
    let is_common = ["pin", "ready"].iter().any(|common| name == common);
    call(name).is_some() && !(is_alone && (is_common || cx.redefined.contains(name)))
}

/// A call of a macro of the standard library that needs nothing, and the type of its value.
pub(crate) fn call(name: &Ident) -> Option<(&'static str, &'static str)> {
    Some(match name.to_string().as_str() {
        "assert" | "debug_assert" => ("(true)", "_"),
        "assert_eq" | "debug_assert_eq" => ("((), ())", "_"),
        "assert_ne" | "debug_assert_ne" => ("(true, false)", "_"),
        "dbg" | "eprintln" | "println" => ("()", "()"),
        "eprint" | "format" | "format_args" | "print" => ("(\"\")", "_"),
        "matches" => ("((), ())", "_"),
        "pin" => ("(())", "_"),
        "ready" => ("(__Poll::Ready(()))", "()"),
        "vec" => ("[]", "__Vec<()>"),
        "write" | "writeln" => ("(__String::new(), \"\")", "_"),
        _ => return None,
    })
}
