//! What a string captures cannot be rewritten.

use vimage::prelude::*;

#[vnet_module]
mod foo {
    use vimage::prelude::*;

    #[virtualized]
    static FOO_LEN: usize = 3;

    fn show() -> String {
        println!("{V_FOO_LEN:?}");
        assert!(V_FOO_LEN > 2, "only {V_FOO_LEN}");
        format!("{:>V_FOO_LEN$}", 1)
    }

    fn named() -> String {
        format!("{V_FOO_LEN}", V_FOO_LEN = V_FOO_LEN)
    }
}

fn main() {}
