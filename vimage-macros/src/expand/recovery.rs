//! What is left of an input with mistakes: the user's items, so that editors keep working, and no error that
//! only follows from the ones that are reported.

use proc_macro2::TokenStream;
use quote::quote;

use super::{Arm, module as written};
use crate::model::{Form, Module, Source};

pub(crate) fn module(module: &Module) -> TokenStream {
    let declaration = written::declaration(&module.declaration);
    let items = Arm::Recovery.items(&module.source);
    match &module.form {
        Form::Closed(shell) => written::closed(shell, items, declaration),
        Form::File => quote!(#items #declaration),
    }
}

pub(crate) fn open(source: &Source) -> TokenStream {
    Arm::Recovery.items(source)
}
