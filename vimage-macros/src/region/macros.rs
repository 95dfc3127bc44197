//! Macro calls: the arguments of those that evaluate them in place are virtualized code like any other.

use std::mem;

use quote::ToTokens;
use syn::ext::IdentExt;
use syn::visit_mut::VisitMut;
use syn::{Expr, Macro, Path};

use Temporaries::{EndInside, EndWithTheProgram, EndWithTheStatement, Last};

use super::pieces::{Grammar, NO_FORMAT, Piece, Pieces};
use super::walk::Rewriter;
use super::{Context, contain, in_place, mention, opaque};
use crate::idents::ACCESSOR;

/// A macro that is known to evaluate its arguments in place.
#[derive(Clone, Copy)]
pub(super) struct Known {
    pub(super) grammar: Grammar,
    pub(super) temporaries: Temporaries,
}

/// What becomes of the temporaries of the arguments.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Temporaries {
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

pub(super) fn known(path: &Path) -> Option<Known> {
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
pub(super) fn is_inert(path: &Path) -> bool {
    const NAMES: [&str; 8] = ["cfg", "column", "concat", "env", "file", "line", "module_path", "stringify"];
    path.segments.last().is_some_and(|last| NAMES.iter().any(|name| last.ident == name))
}

/// Whether what the call stands for can be told from its name.
pub(super) fn is_known(mac: &Macro) -> bool {
    is_inert(&mac.path) || known(&mac.path).is_some()
}

/// Whether the user vouches for a macro: by its path, or by the end of it.
pub(super) fn is_vouched(path: &Path, cx: &Context) -> bool {
    let names = |path: &Path| path.segments.iter().map(|segment| segment.ident.unraw()).collect::<Vec<_>>();
    let called = names(path);
    cx.macros.iter().any(|vouched| called.ends_with(&names(vouched)))
}

/// The arguments of a call, if the macro is known or vouched for, and they can be read.
pub(super) fn arguments(mac: &Macro, cx: &Context) -> Option<Pieces> {
    let grammar = if is_vouched(&mac.path, cx) { Grammar::Any } else { known(&mac.path)?.grammar };
    Pieces::parse(mac.tokens.clone(), grammar).ok()
}

/// The arguments of a call of a macro that is known by its name.
pub(crate) fn arguments_by_name(mac: &Macro) -> Option<Pieces> {
    Pieces::parse(mac.tokens.clone(), known(&mac.path)?.grammar).ok()
}

/// Rewrites the arguments of a call.
pub(super) fn rewrite(mac: &mut Macro, walk: &mut Rewriter) {
    let cx = walk.cx;
    let settle = walk.is_async() && walk.resolves_in_place() && contain::waits(mac, &cx);
    let has_awaits = walk.is_async() && contain::may_suspend(mac, &cx);
    if is_inert(&mac.path) || !(has_awaits || mac.tokens.to_string().contains(ACCESSOR)) {
        return;
    }
    let grammar = match known(&mac.path) {
        _ if is_vouched(&mac.path, &cx) => Grammar::Any,
        Some(known) => known.grammar,
        None => return report(mac, &cx, "vimage cannot see whether this macro evaluates its arguments in place"),
    };
    let Ok(mut arguments) = Pieces::parse(mac.tokens.clone(), grammar) else {
        return report(mac, &cx, "vimage cannot read the arguments of this call");
    };
    rewrite_pieces(&mut arguments, &[], settle, walk);
    if arguments.is_closed() && !is_vouched(&mac.path, &cx) {
        in_place::protect(mac, &arguments, cx.krate);
    } else {
        mac.tokens = arguments.into_token_stream();
    }
}

/// Where the macro may wait, what it is given is to `settle`.
fn rewrite_pieces(arguments: &mut Pieces, outer: &[&syn::Ident], settle: bool, walk: &mut Rewriter) {
    let names: Vec<_> = arguments.names.iter().chain(outer.iter().copied()).collect();
    for piece in &mut arguments.pieces {
        let resolutions = walk.resolutions;
        match piece {
            Piece::Tokens(_) | Piece::Closed(_) => {}
            Piece::Expr(expr) if settle => walk.settled(expr),
            Piece::Expr(expr) => walk.visit_expr_mut(expr),
            Piece::Pat(pat) => walk.visit_pat_mut(pat),
            Piece::Statements(statements) if settle => walk.settled_statements(statements),
            Piece::Statements(statements) => statements.iter_mut().for_each(|stmt| walk.visit_stmt_mut(stmt)),
            Piece::Group(_, inner) => rewrite_pieces(inner, &names, settle, walk),
            Piece::Field(expr) => match mention::accessor(expr, &walk.cx).and_then(|path| path.segments.last()) {
                Some(last) => {
                    let name = &last.ident;
                    let message = format!(
                        "`{name}` is the name of the field as well as its value here, and only the value can be \
                         rewritten; name the field: `name = {name}`, `name = ?{name}` or `name = %{name}`"
                    );
                    walk.cx.errors.at(name, message);
                }
                None if settle => walk.settled(expr),
                None => walk.visit_expr_mut(expr),
            },
            Piece::Format(format) => {
                let captured = opaque::captured(format, &walk.cx);
                for name in captured.into_iter().filter(|name| !names.contains(&name)) {
                    walk.cx.errors.at_value(&name, capture_message(&name));
                }
            }
        }
        if let Piece::Expr(expr) | Piece::Field(expr) = piece
            && walk.resolutions > resolutions
        {
            *piece = Piece::Closed(mem::replace(expr, Expr::PLACEHOLDER));
        }
    }
}

pub(super) fn capture_message(name: &syn::Ident) -> String {
    format!(
        "`{name}` is captured by a string, in which it cannot be rewritten; pass it as an argument: `\"{{}}\", {name}`"
    )
}

/// Reports the mentions in a call that is not rewritten.
fn report(mac: &Macro, cx: &Context, why: &str) {
    let path = mac.path.to_token_stream().to_string().replace(' ', "");
    let could_vouch = known(&mac.path).is_none()
        && !is_vouched(&mac.path, cx)
        // What yields is made a coroutine of, and not evaluated in place.
        && !opaque::has_word(&mac.tokens, &["yield"])
        && Pieces::parse(mac.tokens.clone(), Grammar::Any).is_ok();
    for opaque::Found { name, captured } in opaque::mentions(&mac.tokens, cx) {
        if captured {
            cx.errors.at(&name, capture_message(&name));
            continue;
        }
        let way_out = match mention::way_out(&name, cx) {
            Some(way_out) => format!("write {way_out}"),
            None => format!("take its address in front of the call, `let v = &raw mut {name};`"),
        };
        let mut message = format!("`{name}` inside `{path}!`: {why}; {way_out}");
        if could_vouch {
            message += &format!(", or vouch for it with `macros({path})` on the attribute");
        } else if mention::way_out(&name, cx).is_some() {
            message += &format!(", or resolve it in front of the call, `let v = {name}.held();`");
        }
        cx.errors.at(&name, message);
    }
}
