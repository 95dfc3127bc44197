//! Macro calls: the arguments of those that evaluate them in place are virtualized code like any other.

use std::mem;

use proc_macro2::{Delimiter, Group, Span};
use quote::{ToTokens, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::visit_mut::{self, VisitMut};
use syn::{
    Expr, ExprAsync, ExprClosure, ExprConst, ExprMacro, ExprRepeat, Item, Macro, Path, Stmt, StmtMacro, Type,
    parse_quote_spanned,
};

use super::pieces::{Grammar, NO_FORMAT, Piece, Pieces};
use super::scope::RESERVED;
use super::walk::Rewriter;
use super::{Context, awaits, in_place, mention, opaque};
use crate::idents::ACCESSOR;

/// A macro that is known to evaluate its arguments in place.
#[derive(Clone, Copy)]
struct Known {
    grammar: Grammar,
    in_async: InAsync,
}

/// What becomes of a call in a piece of an async region.
///
/// A name alone does not prove that the macro is the known one. Were it redefined to contain an `.await`, a
/// resolution would be held across it, and rustc could not tell. So such calls are made in a closure, where an
/// `.await` is an error.
#[derive(Clone, Copy, PartialEq, Eq)]
enum InAsync {
    Closure,
    /// A closure that does not return.
    Never,
    /// Its value may borrow from what it is given or depend on the type expected of it. No piece extends over it.
    Apart,
}

const fn takes(format: usize, in_async: InAsync) -> Known {
    Known { grammar: Grammar::Arguments { format }, in_async }
}

fn known(path: &Path) -> Option<Known> {
    let root = path.segments.first()?.ident.to_string();
    let name = path.segments.last()?.ident.to_string();
    let parent = parent(&name).is_some_and(|parent| path.segments.len() == 2 && root == parent);
    let from = |roots: &[&str]| path.segments.len() == 1 || parent || roots.contains(&root.as_str());
    let known = match name.as_str() {
        "print" | "println" | "eprint" | "eprintln" | "format" => takes(0, InAsync::Closure),
        "panic" | "todo" | "unimplemented" | "unreachable" => takes(0, InAsync::Never),
        "write" | "writeln" | "assert" | "debug_assert" => takes(1, InAsync::Closure),
        "assert_eq" | "assert_ne" | "debug_assert_eq" | "debug_assert_ne" => takes(2, InAsync::Closure),
        "format_args" => takes(0, InAsync::Apart),
        "vec" | "dbg" | "pin" | "ready" => takes(NO_FORMAT, InAsync::Apart),
        "addr_of" | "addr_of_mut" => takes(NO_FORMAT, InAsync::Closure),
        "matches" | "assert_matches" | "debug_assert_matches" => {
            Known { grammar: Grammar::Matches, in_async: InAsync::Closure }
        }
        "error" | "warn" | "info" | "debug" | "trace" | "log" | "log_enabled" | "event"
            if from(&["log", "tracing"]) =>
        {
            return Some(Known { grammar: Grammar::Event, in_async: InAsync::Closure });
        }
        "span" | "error_span" | "warn_span" | "info_span" | "debug_span" | "trace_span" | "enabled"
            if from(&["tracing"]) =>
        {
            return Some(Known { grammar: Grammar::Span, in_async: InAsync::Closure });
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
fn is_inert(path: &Path) -> bool {
    const NAMES: [&str; 8] = ["cfg", "column", "concat", "env", "file", "line", "module_path", "stringify"];
    path.segments.last().is_some_and(|last| NAMES.iter().any(|name| last.ident == name))
}

/// Whether what the call stands for can be told from its name.
pub(super) fn is_known(mac: &Macro) -> bool {
    is_inert(&mac.path) || known(&mac.path).is_some()
}

/// Whether the user vouches for a macro: by its path, or by the end of it.
fn is_vouched(path: &Path, cx: &Context) -> bool {
    let names = |path: &Path| path.segments.iter().map(|segment| segment.ident.unraw()).collect::<Vec<_>>();
    let called = names(path);
    cx.macros.iter().any(|vouched| called.ends_with(&names(vouched)))
}

/// Whether an async region may be suspended in the call, for all that can be seen.
pub(super) fn may_suspend(mac: &Macro, cx: &Context) -> bool {
    if is_inert(&mac.path) {
        return false;
    }
    match known(&mac.path).filter(|_| !is_vouched(&mac.path, cx)) {
        Some(known) if known.in_async != InAsync::Apart => {
            let arguments = Pieces::parse(mac.tokens.clone(), known.grammar);
            let suspends = |expr: &&Expr| awaits::in_expr(expr, cx) || awaits::leaves(expr, cx);
            arguments.map_or(true, |arguments| arguments.exprs().iter().any(suspends))
        }
        _ => true,
    }
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
    let text = mac.tokens.to_string();
    if is_inert(&mac.path) || !(text.contains(ACCESSOR) || text.contains(RESERVED)) {
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
    rewrite_pieces(&mut arguments, &[], walk);
    if arguments.is_closed() && !is_vouched(&mac.path, &cx) {
        in_place::protect(mac, &arguments, cx.krate);
    } else {
        mac.tokens = arguments.into_token_stream();
    }
}

fn rewrite_pieces(arguments: &mut Pieces, outer: &[&syn::Ident], walk: &mut Rewriter) {
    let names: Vec<_> = arguments.names.iter().chain(outer.iter().copied()).collect();
    for piece in &mut arguments.pieces {
        let heads = walk.heads;
        match piece {
            Piece::Tokens(_) | Piece::Closed(_) => {}
            Piece::Expr(expr) => walk.visit_expr_mut(expr),
            Piece::Pat(pat) => walk.visit_pat_mut(pat),
            Piece::Statements(statements) => statements.iter_mut().for_each(|stmt| walk.visit_stmt_mut(stmt)),
            Piece::Group(_, inner) => rewrite_pieces(inner, &names, walk),
            Piece::Field(expr) => match mention::accessor(expr, &walk.cx).and_then(|path| path.segments.last()) {
                Some(last) => {
                    let name = &last.ident;
                    let message = format!(
                        "`{name}` is the name of the field as well as its value here, and only the value can be \
                         rewritten; name the field: `name = {name}`, `name = ?{name}` or `name = %{name}`"
                    );
                    walk.cx.errors.at(name, message);
                }
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
            && walk.heads > heads
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

/// Puts the macro calls of a piece of an async region into closures; see [`InAsync`].
pub(super) struct Shield;

impl Shield {
    fn call(mac: &Macro) -> Option<Expr> {
        let mixed = Span::mixed_site();
        // The closure is the user's, for coverage leaves out those of expansions.
        let head = quote_spanned!(mac.path.span()=> ||);
        let called = in_place::called(mac);
        let path = called.as_ref().unwrap_or(&mac.path);
        let in_async = known(path).map(|known| known.in_async);
        match in_async.or(is_inert(path).then_some(InAsync::Closure))? {
            InAsync::Closure => Some(parse_quote_spanned!(mixed=> (#head #mac)())),
            InAsync::Never => {
                let mut body = Group::new(Delimiter::Brace, mac.to_token_stream());
                body.set_span(mac.delimiter.span().join());
                Some(parse_quote_spanned!(mixed=> (#head -> ! #body)()))
            }
            InAsync::Apart => None,
        }
    }
}

impl VisitMut for Shield {
    fn visit_expr_mut(&mut self, expr: &mut Expr) {
        match expr {
            Expr::Macro(ExprMacro { mac, attrs }) => {
                if let Some(call) = Self::call(mac) {
                    *expr = parse_quote_spanned!(Span::mixed_site()=> #(#attrs)* #call);
                }
            }
            _ => visit_mut::visit_expr_mut(self, expr),
        }
    }

    fn visit_stmt_mut(&mut self, stmt: &mut Stmt) {
        let Stmt::Macro(StmtMacro { mac, attrs, semi_token }) = stmt else {
            return visit_mut::visit_stmt_mut(self, stmt);
        };
        if let Some(call) = Self::call(mac) {
            let mixed = Span::mixed_site();
            let call = match semi_token {
                Some(_) => parse_quote_spanned!(mixed=> #(#attrs)* #call),
                // A call in braces: a statement, or the tail of a block.
                None => parse_quote_spanned!(mixed=> #(#attrs)* { #call }),
            };
            *stmt = Stmt::Expr(call, *semi_token);
        }
    }

    fn visit_expr_repeat_mut(&mut self, repeat: &mut ExprRepeat) {
        self.visit_expr_mut(&mut repeat.expr);
    }

    fn visit_item_mut(&mut self, _: &mut Item) {}
    fn visit_expr_closure_mut(&mut self, _: &mut ExprClosure) {}
    fn visit_expr_async_mut(&mut self, _: &mut ExprAsync) {}
    fn visit_expr_const_mut(&mut self, _: &mut ExprConst) {}
    fn visit_type_mut(&mut self, _: &mut Type) {}
}
