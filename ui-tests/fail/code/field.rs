//! Where a variable is the name of a field and its value, only the value could be rewritten.

use vimage::prelude::*;

mod tracing {
    macro_rules! info {
        ($($tokens:tt)*) => {};
    }
    pub(crate) use info;
}

#[vnet_module]
mod foo {
    use super::tracing;
    use vimage::prelude::*;

    #[virtualized]
    static FOO_LEN: usize = 3;

    fn code() {
        crate::tracing::info!(len = V_FOO_LEN, "of somebody else's macro");
        tracing::info!(?V_FOO_LEN, "with a field");
        tracing::info!(V_FOO_LEN);
    }
}

fn main() {}
