//! Bodies that were not parsed: their uses are rewritten among their tokens.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{Block, ReturnType, Safety, Signature};

use super::head::returns_impl;
use super::region::{Lint, Region, RegionKind};
use super::rewriter::{Purpose, Rewriter};
use crate::parse::code::accessor::is_accessor;
use crate::parse::code::simple::is_macro_call;
use crate::parse::code::unread::{self, End, Unread};

impl Rewriter<'_> {
    /// Takes a body that was not parsed out of a block, unless it has to be parsed because of the signature.
    pub(super) fn take_unread(&self, sig: &Signature, block: &mut Block) -> Option<Unread> {
        let unread = Unread::take(block)?;
        let is_safe = !matches!(sig.safety, Safety::Unsafe(_));
        let is_simple = is_safe && sig.asyncness.is_none() && !returns_impl(&sig.output);
        let stays = match &unread {
            Unread::Untouched(_) => true,
            _ if sig.constness.is_some() => false,
            _ if self.purpose == Purpose::Check => true,
            Unread::Checked(_) => false,
            Unread::Uses { .. } => is_simple,
        };
        if stays {
            return Some(unread);
        }
        block.stmts = self.cx.diagnostics.ok(unread.read()).unwrap_or_default();
        None
    }

    /// A body that was not parsed becomes that of `block`. Says whether anything is resolved at its head.
    pub(super) fn unread(&mut self, unread: Unread, block: &mut Block, output: &ReturnType) -> bool {
        let (mut before, mut end) = match unread {
            Unread::Uses { before, end, .. } if self.purpose == Purpose::Rewrite => (before, end),
            stays => {
                block.stmts = stays.into_statements();
                return false;
            }
        };
        let region = self.in_region(Region::new(RegionKind::Sync), |walk| {
            walk.uses(&mut before);
            if let End::Tail(tail) = &mut end {
                walk.uses(tail);
            }
        });
        block.stmts = unread::code(before, end);
        let Some(region) = region else { return false };
        region.enclose_block(block, output, self.cx.krate);
        true
    }

    /// Rewrites the uses among tokens; says whether there are any.
    fn uses(&mut self, tokens: &mut TokenStream) -> bool {
        let trees: Vec<TokenTree> = tokens.clone().into_iter().collect();
        let mut rewritten = Vec::with_capacity(trees.len());
        let mut found = false;
        for (at, tree) in trees.iter().enumerate() {
            match tree {
                TokenTree::Ident(name) if is_accessor(name, &self.cx) => {
                    if let Some(place) = self.used(&name.clone().into()) {
                        rewritten.extend(place.into_token_stream());
                        found = true;
                        continue;
                    }
                }
                TokenTree::Ident(name) if name == "write" && is_method_call(&trees, at) => {
                    self.silence(Lint::ReadonlyWriteLock);
                }
                TokenTree::Group(group) if !is_macro_call(&trees, at) => {
                    let mut inside = group.stream();
                    if self.uses(&mut inside) {
                        let mut group_of_uses = Group::new(group.delimiter(), inside);
                        group_of_uses.set_span(group.span());
                        rewritten.push(group_of_uses.into());
                        found = true;
                        continue;
                    }
                }
                TokenTree::Ident(_) | TokenTree::Group(_) | TokenTree::Punct(_) | TokenTree::Literal(_) => {}
            }
            rewritten.push(tree.clone());
        }
        if found {
            *tokens = rewritten.into_iter().collect();
        }
        found
    }
}

/// Whether the word there is the method of a call.
fn is_method_call(trees: &[TokenTree], at: usize) -> bool {
    let is_punct = |tree: &TokenTree, wanted| matches!(tree, TokenTree::Punct(punct) if punct.as_char() == wanted);
    let is_behind_dot = trees[..at].last().is_some_and(|last| is_punct(last, '.'));
    is_behind_dot
        && match trees.get(at + 1) {
            Some(TokenTree::Group(group)) => group.delimiter() == Delimiter::Parenthesis,
            Some(next) => is_punct(next, ':'),
            None => false,
        }
}
