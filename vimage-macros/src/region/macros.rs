//! Macro calls: the arguments of those that evaluate them in place are virtualized code like any other.

use std::mem;

use proc_macro2::{Delimiter, Group, Span};
use quote::{ToTokens, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::visit_mut::VisitMut;
use syn::{Expr, ExprMacro, Macro, Path, Stmt, StmtMacro, parse_quote_spanned};

use super::pieces::{Grammar, NO_FORMAT, Piece, Pieces};
use super::walk::Rewriter;
use super::{Context, awaits, in_place, mention, opaque};
use crate::idents::ACCESSOR;

/// A macro that is known to evaluate its arguments in place.
#[derive(Clone, Copy)]
struct Known {
    grammar: Grammar,
    in_async: Treatment,
}

/// What becomes of a call in async code.
///
/// A name alone does not prove that the macro is the known one. Were it redefined to contain an `.await`, something
/// could be borrowed across it, and rustc could not tell.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Treatment {
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

fn known(path: &Path) -> Option<Known> {
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

/// What becomes of a call in async code, for all that can be seen.
pub(super) fn treatment(mac: &Macro, cx: &Context) -> Treatment {
    let known = match known(&mac.path) {
        _ if is_vouched(&mac.path, cx) => return Treatment::Waits,
        _ if is_inert(&mac.path) => return Treatment::Closure,
        None => return Treatment::Waits,
        Some(known) => known,
    };
    let leaves = |expr: &&Expr| awaits::in_expr(expr, cx) || awaits::leaves(expr, cx);
    match Pieces::parse(mac.tokens.clone(), known.grammar) {
        Ok(_) if known.in_async == Treatment::InPlace => Treatment::InPlace,
        Ok(arguments) if !arguments.exprs().iter().any(leaves) => known.in_async,
        _ => Treatment::Waits,
    }
}

/// Whether a macro has to be taken for one that waits.
pub(super) fn waits(mac: &Macro, cx: &Context) -> bool {
    treatment(mac, cx) == Treatment::Waits
}

/// Whether async code may be suspended in the call.
pub(super) fn may_suspend(mac: &Macro, cx: &Context) -> bool {
    match treatment(mac, cx) {
        Treatment::Closure | Treatment::Never => false,
        Treatment::Waits => true,
        Treatment::InPlace => {
            let arguments = arguments(mac, cx).expect("it was parsed before");
            arguments.exprs().iter().any(|expr| awaits::in_expr(expr, cx))
        }
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
    let settle = walk.is_async() && walk.resolves_in_place() && waits(mac, &cx);
    let has_awaits = walk.is_async() && may_suspend(mac, &cx);
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

impl Rewriter<'_> {
    /// A macro call in async code, in which it cannot wait.
    pub(super) fn macro_in_async(&mut self, expr: &mut Expr) {
        let Expr::Macro(ExprMacro { attrs, mac }) = expr else { unreachable!("only called on calls") };
        if let Some(call) = self.contain(mac) {
            *expr = parse_quote_spanned!(Span::mixed_site()=> #(#attrs)* #call);
        }
    }

    pub(super) fn macro_stmt_in_async(&mut self, stmt: &mut Stmt) {
        let Stmt::Macro(StmtMacro { mac, attrs, semi_token }) = stmt else { unreachable!("only called on calls") };
        if let Some(call) = self.contain(mac) {
            let mixed = Span::mixed_site();
            let call = match semi_token {
                Some(_) => parse_quote_spanned!(mixed=> #(#attrs)* #call),
                // A call in braces: a statement, or the tail of a block.
                None => parse_quote_spanned!(mixed=> #(#attrs)* { #call }),
            };
            *stmt = Stmt::Expr(call, *semi_token);
        }
    }

    /// Rewrites the arguments; gives what the call becomes if it does not stay as it is.
    fn contain(&mut self, mac: &mut Macro) -> Option<Expr> {
        let mixed = Span::mixed_site();
        let treatment = treatment(mac, &self.cx);
        if treatment == Treatment::InPlace {
            self.relied_on.push(mac.path.clone());
        }
        // The closure is the user's, for coverage leaves out those of expansions.
        let head = quote_spanned!(mac.path.span()=> ||);
        self.visit_macro_mut(mac);
        match treatment {
            Treatment::Closure => Some(parse_quote_spanned!(mixed=> (#head #mac)())),
            Treatment::Never => {
                let mut body = Group::new(Delimiter::Brace, mac.to_token_stream());
                body.set_span(mac.delimiter.span().join());
                Some(parse_quote_spanned!(mixed=> (#head -> ! #body)()))
            }
            Treatment::InPlace | Treatment::Waits => None,
        }
    }

    /// Statements that compile only if the macros that were relied on are those of the standard library.
    ///
    /// What is imported by `*` gives way to nothing: rustc calls a name ambiguous that means another macro without it.
    pub(super) fn proofs(&mut self) -> Vec<Stmt> {
        let mut paths = mem::take(&mut self.relied_on);
        paths.sort_by_key(|path| path.to_token_stream().to_string());
        paths.dedup_by_key(|path| path.to_token_stream().to_string());
        paths.iter().map(|path| proof(path, self.cx.krate)).collect()
    }
}

fn proof(path: &Path, krate: &Path) -> Stmt {
    let mut parent = path.clone();
    let name = parent.segments.pop().expect("a macro has a name");
    parent.segments.pop_punct();
    let mixed = Span::mixed_site().located_at(name.span());
    let import = (!parent.segments.is_empty()).then(|| quote_spanned!(mixed=> use #parent::*;));
    let arguments = match name.ident.to_string().as_str() {
        "format_args" => quote_spanned!(mixed=> ("")),
        "matches" => quote_spanned!(mixed=> ((), ())),
        "pin" => quote_spanned!(mixed=> (())),
        "ready" => quote_spanned!(mixed=> (__Poll::Ready(()))),
        "write" | "writeln" => quote_spanned!(mixed=> (__String::new(), "")),
        _ => quote_spanned!(mixed=> []),
    };
    let value = match name.ident.to_string().as_str() {
        "dbg" | "ready" => quote_spanned!(mixed=> ()),
        "vec" => quote_spanned!(mixed=> __Vec<()>),
        _ => quote_spanned!(mixed=> _),
    };
    parse_quote_spanned!(mixed=> {
        #import
        use #krate::__private::std_macros::*;
        let _ = || {
            let _: #value = #name! #arguments;
            __Poll::Ready(())
        };
    })
}
