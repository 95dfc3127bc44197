//! Calls of macros: the arguments of those that evaluate them in place are virtualized code like any other.

use std::mem;

use proc_macro2::TokenStream;
use quote::{ToTokens, quote_spanned};
use syn::spanned::Spanned;
use syn::visit_mut::VisitMut;
use syn::{Expr, Macro, Path, parse_quote_spanned};

use super::region::written_at;
use super::rewriter::{Purpose, Rewriter};
use super::{awaits, in_place};
use crate::diagnostics as problem;
use crate::idents::ACCESSOR;
use crate::parse::code::known;
use crate::parse::code::pieces::{Grammar, Piece, Pieces};
use crate::parse::code::{Context, accessor, unparsed};

/// Rewrites the arguments of a call.
pub(super) fn rewrite(mac: &mut Macro, walk: &mut Rewriter) {
    let cx = walk.cx;
    let settle = walk.is_async() && walk.resolves_in_place() && awaits::waits(mac, &cx);
    let has_awaits = walk.is_async() && awaits::may_suspend(mac, &cx);
    if known::is_inert(&mac.path) || !(has_awaits || mac.tokens.to_string().contains(ACCESSOR)) {
        return;
    }
    let grammar = match known::known(&mac.path) {
        _ if known::is_listed(&mac.path, &cx) => Grammar::Any,
        Some(known) => known.grammar,
        None => return report(mac, &cx, "vimage cannot see whether this macro evaluates its arguments in place"),
    };
    let Ok(mut arguments) = Pieces::parse(mac.tokens.clone(), grammar) else {
        return report(mac, &cx, "vimage cannot read the arguments of this call");
    };
    let written = match arguments.exprs().as_slice() {
        // What was never taken apart is printed with the spaces that it was written with.
        [_] => vec![mac.tokens.clone()],
        several => several.iter().map(|expr| expr.to_token_stream()).collect(),
    };
    rewrite_pieces(&mut arguments, &[], settle, walk);
    let is_redefined = cx.redefined.contains(accessor::name(&mac.path));
    if walk.purpose == Purpose::Check || (!is_redefined && shows_its_arguments(mac, &mut arguments, &written, cx.krate))
    {
        return;
    }
    if arguments.is_closed() && !known::is_listed(&mac.path, &cx) {
        in_place::protect(mac, &arguments, cx.krate);
    } else {
        mac.tokens = arguments.into_token_stream();
    }
}

/// Some macros print their arguments: they are told how the user wrote them. Says whether the call is complete.
fn shows_its_arguments(mac: &mut Macro, arguments: &mut Pieces, written: &[TokenStream], krate: &Path) -> bool {
    let at = mac.path.span();
    let krate = written_at(krate, at);
    match (accessor::name(&mac.path).to_string().as_str(), written) {
        ("assert" | "debug_assert", [condition]) => {
            // Alone it is a message that is known at compile time, as that of `assert!` is.
            let format = condition.to_string().contains(['{', '}']).then(|| quote_spanned!(at=> , "{}"));
            let message = quote_spanned!(at=> #format, #krate::__private::failed!(#condition));
            arguments.pieces.truncate(1);
            arguments.pieces.push(Piece::Tokens(message));
            false
        }
        ("dbg", [_, ..]) => {
            let values = arguments.exprs();
            mac.tokens = quote_spanned!(at=> #((#written) #values),*);
            mac.path = parse_quote_spanned!(at=> #krate::__private::dbg);
            true
        }
        _ => false,
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
            Piece::Field(expr) => match accessor::accessor(expr, &walk.cx).and_then(|path| path.segments.last()) {
                Some(last) => {
                    let name = &last.ident;
                    walk.cx.diagnostics.at(name, problem::field_name(name));
                }
                None if settle => walk.settled(expr),
                None => walk.visit_expr_mut(expr),
            },
            Piece::Format(format) => {
                let captured = unparsed::captured(format, &walk.cx);
                for name in captured.into_iter().filter(|name| !names.contains(&name)) {
                    walk.cx.diagnostics.at_value(&name, problem::captured(&name));
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

/// Reports the uses in a call that is not rewritten.
fn report(mac: &Macro, cx: &Context, why: &str) {
    let path = mac.path.to_token_stream().to_string().replace(' ', "");
    let could_be_listed = known::known(&mac.path).is_none()
        && !known::is_listed(&mac.path, cx)
        // A call that yields is made a coroutine of, and not evaluated in place.
        && !unparsed::has_word(&mac.tokens, &["yield"])
        && Pieces::parse(mac.tokens.clone(), Grammar::Any).is_ok();
    for unparsed::Found { name, captured } in unparsed::uses(&mac.tokens, cx) {
        if captured {
            cx.diagnostics.at(&name, problem::captured(&name));
            continue;
        }
        let alternative = accessor::alternative(&name, cx);
        let mut help = match &alternative {
            Some(alternative) => alternative.clone(),
            None => format!("take its address in front of the call, `let v = &raw mut {name};`"),
        };
        if could_be_listed {
            help += &format!(", or allow it with `macros({path})` on the attribute");
        } else if alternative.is_some() {
            help += &format!(", or resolve it in front of the call, `let v = {name}.held();`");
        }
        cx.diagnostics.at(&name, problem::unknown_macro(&name, &path, why, help));
    }
}
