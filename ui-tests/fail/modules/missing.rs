//! What belongs to a module that is not there.

use vimage::prelude::*;

mod not_a_module {}

#[virtualized]
static HERE: u8 = 0;

#[virtualized(in = crate::not_a_module)]
static THERE: u8 = 0;

#[virtualized(in = crate::nowhere)]
static NOWHERE: u8 = 0;

#[attach]
fn iattach() {}

fn function() {
    #[virtualized]
    static INSIDE: u8 = 0;
}

fn main() {
    function();
}
