//! Postfix chains that start at a mention, as `V_TABLE.lock().unwrap().get(&key).cloned()`.
//!
//! Beside an `.await` a chain is resolved on its own, and what it yields outlives the resolution. So it must end where
//! its value no longer borrows from the variable, which names of methods only suggest. A wrong guess is a borrow
//! error, never a wrong program.

use syn::punctuated::Punctuated;
use syn::{Expr, Local, Stmt, Token, UnOp};

use super::{Context, awaits, mention};

/// Methods whose results still borrow from their receivers, as a rule.
const BORROWING: &[&str] = &[
    "as_bytes",
    "as_deref",
    "as_deref_mut",
    "as_mut",
    "as_ref",
    "as_slice",
    "as_str",
    "borrow",
    "borrow_mut",
    "chars",
    "deref",
    "deref_mut",
    "entry",
    "first",
    "first_mut",
    "get",
    "get_mut",
    "get_or_init",
    "iter",
    "iter_mut",
    "keys",
    "last",
    "last_mut",
    "lines",
    "lock",
    "peek",
    "read",
    "split",
    "trim",
    "try_borrow",
    "try_borrow_mut",
    "try_lock",
    "try_read",
    "try_write",
    "values",
    "values_mut",
    "write",
];

/// Methods that hand on what is in their receivers.
const TRANSPARENT: &[&str] = &["expect", "ok", "unwrap", "unwrap_or", "unwrap_or_default", "unwrap_or_else"];

/// Whether an expression is a chain that starts at a mention, or at a call that is handed something that borrows
/// from one, as `lookup(&V_TABLE, key)`.
pub(super) fn starts_at_mention(expr: &Expr, cx: &Context) -> bool {
    if mention::accessor(expr, cx).is_some() {
        return true;
    }
    match expr {
        Expr::MethodCall(call) if mention::is_left_alone(call, cx) => false,
        Expr::MethodCall(call) => starts_at_mention(&call.receiver, cx) || is_handed_a_borrow(&call.args, cx),
        Expr::Call(call) => starts_at_mention(&call.func, cx) || is_handed_a_borrow(&call.args, cx),
        _ => operand(expr).is_some_and(|operand| starts_at_mention(operand, cx)),
    }
}

fn is_handed_a_borrow(args: &Punctuated<Expr, Token![,]>, cx: &Context) -> bool {
    args.iter().any(|arg| starts_at_mention(arg, cx) && borrows(arg, cx))
}

/// What a postfix or place expression is applied to, calls apart.
fn operand(expr: &Expr) -> Option<&Expr> {
    Some(match expr {
        Expr::Field(inner) => &inner.base,
        Expr::Group(inner) => &inner.expr,
        Expr::Index(inner) => &inner.expr,
        Expr::Paren(inner) => &inner.expr,
        Expr::Reference(inner) => &inner.expr,
        Expr::Try(inner) => &inner.expr,
        Expr::Unary(inner) if matches!(inner.op, UnOp::Deref(_)) => &inner.expr,
        _ => return None,
    })
}

/// Whether a chain's value is taken to borrow from the variable.
fn borrows(expr: &Expr, cx: &Context) -> bool {
    let named = |names: &[&str], method: &syn::Ident| names.iter().any(|name| method == name);
    match expr {
        Expr::MethodCall(call) if !starts_at_mention(&call.receiver, cx) => false,
        Expr::MethodCall(call) if named(TRANSPARENT, &call.method) => borrows(&call.receiver, cx),
        Expr::MethodCall(call) => named(BORROWING, &call.method),
        Expr::Call(_) => false,
        _ => match operand(expr) {
            Some(operand) => borrows(operand, cx),
            None => mention::accessor(expr, cx).is_some(),
        },
    }
}

/// Whether a statement binds what borrows from a variable, for the statements behind it.
pub(super) fn lends(stmt: &Stmt, cx: &Context) -> bool {
    let Stmt::Local(Local { init: Some(init), .. }) = stmt else { return false };
    lends_value(&init.expr, cx)
}

/// Whether a value that is bound borrows from a variable.
pub(super) fn lends_value(value: &Expr, cx: &Context) -> bool {
    // A place is copied.
    !is_place(value) && starts_at_mention(value, cx) && borrows(value, cx)
}

/// Whether an expression is a place, so that `&` of it refers to something that was there before.
pub(super) fn is_place(expr: &Expr) -> bool {
    match expr {
        Expr::Path(_) | Expr::Field(_) | Expr::Index(_) => true,
        Expr::Unary(inner) => matches!(inner.op, UnOp::Deref(_)),
        Expr::Group(inner) => is_place(&inner.expr),
        Expr::Paren(inner) => is_place(&inner.expr),
        _ => false,
    }
}

/// How many links an awaited chain has behind the part that is resolved on its own. The future can borrow from what
/// it is made of, so that part ends at the last value that no longer borrows from the variable: at `clone()` in
/// `V_SENDER.lock().unwrap().clone().send(x)`. Without any it is all of the chain.
pub(super) fn links_behind_last_value(awaited: &Expr, cx: &Context) -> usize {
    let links = std::iter::successors(receiver(awaited), |link| receiver(link));
    let links = links.take_while(|link| starts_at_mention(link, cx));
    links.enumerate().find(|(_, link)| !borrows(link, cx)).map_or(0, |(at, _)| at + 1)
}

/// What a link of a chain is applied to.
fn receiver(expr: &Expr) -> Option<&Expr> {
    match expr {
        Expr::MethodCall(call) => Some(&call.receiver),
        _ => operand(expr),
    }
}

/// So many links further in.
pub(super) fn descend(mut expr: &mut Expr, links: usize) -> &mut Expr {
    for _ in 0..links {
        expr = match expr {
            Expr::Field(inner) => &mut inner.base,
            Expr::Group(inner) => &mut inner.expr,
            Expr::Index(inner) => &mut inner.expr,
            Expr::MethodCall(call) => &mut call.receiver,
            Expr::Paren(inner) => &mut inner.expr,
            Expr::Reference(inner) => &mut inner.expr,
            Expr::Try(inner) => &mut inner.expr,
            Expr::Unary(inner) => &mut inner.expr,
            other => return other,
        };
    }
    expr
}

/// The arguments of a link: those of a call, or the index of an element.
pub(super) fn arguments_mut(link: &mut Expr) -> Vec<&mut Expr> {
    match link {
        Expr::Call(call) => call.args.iter_mut().collect(),
        Expr::Index(inner) => vec![&mut inner.index],
        Expr::MethodCall(call) => call.args.iter_mut().collect(),
        _ => Vec::new(),
    }
}

/// Whether the only `.await`s of a chain are in arguments that can be evaluated in front of it.
pub(super) fn can_wait_first(chain: &Expr, cx: &Context) -> bool {
    let mut rest = chain.clone();
    for argument in early_arguments_mut(&mut rest) {
        *argument = Expr::PLACEHOLDER;
    }
    !awaits::in_expr(&rest, cx)
}

/// The arguments of a chain, in order, that nothing with an effect comes before, other than arguments in front.
pub(super) fn early_arguments_mut(chain: &mut Expr) -> Vec<&mut Expr> {
    match chain {
        Expr::Call(call) if is_part_of_a_path(&call.func) => call.args.iter_mut().collect(),
        Expr::Field(inner) => early_arguments_mut(&mut inner.base),
        Expr::Group(inner) => early_arguments_mut(&mut inner.expr),
        Expr::Index(inner) => {
            let is_first = is_part_of_a_path(&inner.expr);
            let mut arguments = early_arguments_mut(&mut inner.expr);
            arguments.extend(is_first.then_some(&mut *inner.index));
            arguments
        }
        Expr::MethodCall(call) => {
            let is_first = is_part_of_a_path(&call.receiver);
            let mut arguments = early_arguments_mut(&mut call.receiver);
            arguments.extend(is_first.then_some(&mut call.args).into_iter().flatten());
            arguments
        }
        Expr::Paren(inner) => early_arguments_mut(&mut inner.expr),
        Expr::Reference(inner) => early_arguments_mut(&mut inner.expr),
        Expr::Try(inner) => early_arguments_mut(&mut inner.expr),
        Expr::Unary(inner) if matches!(inner.op, UnOp::Deref(_)) => early_arguments_mut(&mut inner.expr),
        _ => Vec::new(),
    }
}

/// A path, and fields and elements of one.
fn is_part_of_a_path(expr: &Expr) -> bool {
    match expr {
        Expr::Path(_) => true,
        Expr::Field(inner) => is_part_of_a_path(&inner.base),
        Expr::Group(inner) => is_part_of_a_path(&inner.expr),
        Expr::Index(inner) => is_part_of_a_path(&inner.expr),
        Expr::Paren(inner) => is_part_of_a_path(&inner.expr),
        _ => false,
    }
}

/// Whether evaluating an expression early or late makes no difference: a place, a literal, a closure.
pub(super) fn is_inert(expr: &Expr) -> bool {
    match expr {
        Expr::Path(_) | Expr::Lit(_) | Expr::Closure(_) => true,
        Expr::Field(inner) => is_inert(&inner.base),
        Expr::Group(inner) => is_inert(&inner.expr),
        Expr::Paren(inner) => is_inert(&inner.expr),
        Expr::RawAddr(inner) => is_inert(&inner.expr),
        Expr::Reference(inner) => is_inert(&inner.expr),
        _ => false,
    }
}
