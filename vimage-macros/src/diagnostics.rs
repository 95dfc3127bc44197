//! What the macros report: one table of all problems, and the sink that every stage reports to.
//!
//! A message is the problem in one line with its code, and the help: what to write. `docs/src/errors.md` explains each
//! code. Tools may rely on the codes, so that one that is there keeps its meaning.

use std::cell::{Cell, RefCell};
use std::fmt::{self, Display};

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};

/// One message.
#[derive(Clone, Debug)]
pub(crate) struct Problem {
    code: &'static str,
    problem: String,
    help: String,
}

impl Problem {
    /// The error at all of `tokens`.
    pub(crate) fn at(self, tokens: impl ToTokens) -> syn::Error {
        syn::Error::new_spanned(tokens, self)
    }

    /// The error at one span, where there are no tokens to underline.
    pub(crate) fn at_span(self, span: Span) -> syn::Error {
        syn::Error::new(span, self)
    }
}

impl Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { code, problem, help } = self;
        write!(f, "{problem} {CODE}{code}]\nhelp: {help}")
    }
}

/// What a code starts with in a message.
const CODE: &str = "[vimage::";

macro_rules! problems {
    ($($code:ident($($argument:ident),*): $problem:literal, help: $help:literal;)*) => {
        /// All codes, in the order of the table.
        #[cfg(test)]
        pub(crate) const CODES: &[&str] = &[$(stringify!($code)),*];

        $(
            pub(crate) fn $code($($argument: impl Display),*) -> Problem {
                Problem { code: stringify!($code), problem: format!($problem), help: format!($help) }
            }
        )*
    };
}

problems! {
    // Decisions.
    undecided(name):
        "static `{name}` must be `#[virtualized]` (one value per instance) or `#[shared]` (one for all)",
        help: "write one of the two above it";
    undecided_thread_local():
        "this `thread_local!` must be `#[virtualized]` (one value per instance and thread) or `#[shared]` (one per thread)",
        help: "write one of the two above the macro";
    undecided_foreign(name):
        "foreign static `{name}` must be `#[shared]`: there is one per process",
        help: "write `#[shared]` above it, or move it out of the module";
    undecided_macro(name):
        "`{name}!` may make statics that vimage cannot see",
        help: "write the items out, or write `#[shared]` above the macro, which keeps one value for all instances";
    undecided_attribute(name):
        "`#[{name}]` makes statics that vimage cannot see",
        help: "move the item out of the module, or write `#[shared]` above it, which keeps one value for all instances";
    hidden_attribute(name):
        "`{name}` cannot be inside a `cfg_attr`: vimage runs before it is evaluated",
        help: "write the item twice, under `#[cfg(…)]` and `#[cfg(not(…))]`";

    // Attributes and the places that they may be used on.
    misplaced(attribute, right, wrong):
        "`#[{attribute}]` may not be used on {wrong}",
        help: "use it on {right}";
    not_a_module(attribute):
        "`#[{attribute}]` may only be used on an inline module",
        help: "write `#[{attribute}] mod foo {{ … }}`";
    out_of_line_module(module, there):
        "`mod {module};` is in a file that an attribute cannot see",
        help: "{there}, or write `mod {module} {{ … }}` here";
    redundant_attribute():
        "redundant attribute: everything in a module is virtualized already",
        help: "remove it";
    duplicate_attribute(attribute):
        "duplicate attribute `#[{attribute}]`",
        help: "remove one of them";
    conflicting_attributes(one, other):
        "`#[{one}]` and `#[{other}]` exclude each other",
        help: "remove one of them";
    attribute_form(attribute):
        "the options of `#[{attribute}]` must be in parentheses",
        help: "write `#[{attribute}(…)]`";
    inner_attribute():
        "an inner attribute cannot be inside of `virtualize!`",
        help: "move it above the macro, to the top of the file";
    macro_export():
        "`#[macro_export]` is not supported inside a module",
        help: "move the macro out of the module";
    unreadable(error):
        "vimage cannot read this item: {error}",
        help: "write it in the grammar of stable Rust, or move it out of the module";
    syntax(error):
        "{error}",
        help: "the documentation of the macro shows its grammar";

    // Options.
    unknown_option(option, of, closest, listed):
        "unknown option `{option}` of `{of}`",
        help: "{closest}the options are {listed}";
    expected_option(of, listed):
        "expected an option of `{of}`",
        help: "the options are {listed}";
    duplicate_option(option):
        "duplicate option `{option}`",
        help: "remove one of them";
    option_value(option, example):
        "invalid value of option `{option}`",
        help: "write `{example}`";
    option_without_value(option):
        "option `{option}` takes no value",
        help: "write `{option}` alone, or leave it out";
    option_separator():
        "expected `,` between options",
        help: "separate options by `,`";
    options_end():
        "expected `;` after the options",
        help: "write `;` behind the last option, before the items";
    options_go_on():
        "`;` ends the options, and another one follows",
        help: "write `,` between options, and one `;` behind the last one";
    empty_name():
        "the name of a module cannot be empty",
        help: "leave the option out, and the module has the name of its Rust module";
    dependency():
        "expected a module that this one depends on",
        help: "write its name in quotes, or the path of the Rust module that declares it";
    after_takes_names():
        "`after` takes names in quotes, because the module may be absent",
        help: "write `after = \"loif\"`, or `depends_on` for a module that must be there";
    except_takes_accessors():
        "`except(…)` takes constants of yours that start with `V_`",
        help: "leave this one out: other names are not rewritten";
    misplaced_option(option, right):
        "option `{option}` may only be used on {right}",
        help: "remove it";
    in_inside_module():
        "option `in` may only be used outside of a module",
        help: "remove it: this item belongs to the module around it";
    in_without_names():
        "option `in` has no meaning without `sysctl` or `symmap`",
        help: "remove it: a shared variable by itself belongs to no module";
    keep_static_mut():
        "`keep` is not supported on `static mut`: `keep` promises a `&'static` reference, and a `static mut` gives none",
        help: "remove `keep`, or `mut`";

    // Variables.
    unsupported_attribute(attribute, why, help):
        "`#[{attribute}]` is not supported on a virtualized variable{why}",
        help: "{help}";
    redundant_prefix(name, bare):
        "the macro adds `V_` to the name `{name}`",
        help: "rename this static to `{bare}`";
    generic_variable(parameter):
        "a virtualized static cannot depend on the generic parameter `{parameter}`",
        help: "there is one static for all `{parameter}`: keep what differs in a map";
    unprefixed(name, accessor):
        "`{name}` is virtualized",
        help: "write `{accessor}`";
    lookalike(name):
        "`{name}` is named like a virtualized variable, and would be read as one",
        help: "list it in the options, `except({name})`, or choose another name";

    // Names for tools.
    sysctl_form():
        "expected the name of the sysctl, and `ro` or `rw`",
        help: "write `sysctl(\"net.foo.mode\", rw)`";
    missing_access():
        "missing access mode",
        help: "add `ro` or `rw` after the name";
    conflicting_access():
        "`ro` and `rw` exclude each other",
        help: "remove one of them";
    sysctl_name():
        "invalid name of a sysctl",
        help: "use lower-case letters, digits, `_` and `-`, with dots between segments: `net.foo.mode`";
    static_mut_sysctl():
        "a `static mut` cannot be read safely",
        help: "add `handler = path::to::function`, which gets a pointer to it";
    shared_tunable():
        "a shared variable cannot be `tunable`: it has no value of its own in a new instance",
        help: "remove `tunable`";
    unused_limit(option):
        "`{option}` limits how the sysctl is set, and this one cannot be set",
        help: "remove `{option}`, or make the sysctl `rw` or `tunable`";
    foreign_names(option):
        "`{option}` is not supported on `extern` statics",
        help: "remove it";

    // Hooks, classes, tests.
    duplicate_hook(hook, first):
        "this module has {hook} hook already, `{first}`",
        help: "call both functions from one hook";
    hook_signature(hook, what):
        "{hook} hook cannot be {what}",
        help: "make it an ordinary function: the runtime calls it";
    attach_arguments():
        "an `#[attach]` hook takes no argument, or one `&vimage::Arguments`",
        help: "write `fn attach()` or `fn attach(arguments: &vimage::Arguments)`";
    hook_arguments(hook):
        "{hook} hook takes no argument",
        help: "remove it: only `#[attach]` hooks take the arguments of an instance";
    detach_result():
        "a `#[detach]` hook returns nothing",
        help: "refuse in a `#[quiesce]` hook, before anything is torn down";
    class_form():
        "a class is a struct without parameters and fields",
        help: "write `pub struct Tenant;`, and options behind it";
    not_a_function(attribute):
        "`#[{attribute}]` may only be used on a function",
        help: "write `#[{attribute}] fn name() {{ … }}`";
    missing_executor(of, example):
        "an async `{of}` needs an executor",
        help: "write the attribute of one below this one, such as `{example}`";
    should_panic_result():
        "a test with `#[should_panic]` returns nothing",
        help: "remove the result type, or `#[should_panic]`";
    should_panic_form():
        "invalid `#[should_panic]`",
        help: "write `#[should_panic]` or `#[should_panic(expected = \"…\")]`";

    // Virtualized code.
    constant(name, place, help):
        "cannot use virtualized `{name}` in {place}",
        help: "{help}";
    pattern(name):
        "cannot use virtualized `{name}` in a pattern",
        help: "compare in a guard (`value if value == …`), choose another name, or list it in `except({name})`";
    captured(name):
        "cannot use virtualized `{name}` inside a format string",
        help: "pass it as an argument: `\"{{}}\", {name}`";
    field_name(name):
        "`{name}` is the name of a field as well as its value here, and only the value can be rewritten",
        help: "name the field: `name = {name}`, `name = ?{name}` or `name = %{name}`";
    unknown_macro(name, call, why, help):
        "cannot use virtualized `{name}` inside `{call}!`: {why}",
        help: "{help}";
    macro_body(name, defined, alternative):
        "cannot use virtualized `{name}` in the body of the macro `{defined}`: vimage cannot see where it is expanded",
        help: "{alternative}let the macro take it as an argument";
    attribute_argument(name, alternative):
        "cannot use virtualized `{name}` in the arguments of an attribute: vimage cannot see where they are evaluated",
        help: "{alternative}move it into the function";
    unread_expression(name, help):
        "cannot use virtualized `{name}` in an expression that vimage cannot read",
        help: "{help}";
}

/// Collects the errors of one macro invocation, so that one compilation shows all mistakes.
///
/// [`Diagnostics::finish`] shows them. Dropping it with errors inside would lose them, so that panics.
#[derive(Default)]
pub(crate) struct Diagnostics {
    found: RefCell<Vec<syn::Error>>,
    /// Mistakes in the grammar of Rust, which rustc reports as well.
    unreadable: RefCell<Vec<syn::Error>>,
    needs_values: Cell<bool>,
}

impl Diagnostics {
    /// A problem with all of `tokens`.
    pub(crate) fn at(&self, tokens: impl ToTokens, problem: Problem) {
        self.push(problem.at(tokens));
    }

    /// A problem at one span, where there are no tokens to underline.
    pub(crate) fn at_span(&self, span: Span, problem: Problem) {
        self.push(problem.at_span(span));
    }

    /// Adds an error, which has a code unless syn made it.
    pub(crate) fn push(&self, error: syn::Error) {
        let by_syn = |error: &syn::Error| !error.to_string().contains(CODE);
        let with_code = |error: syn::Error| if by_syn(&error) { syntax(&error).at_span(error.span()) } else { error };
        self.found.borrow_mut().extend(error.into_iter().map(with_code));
    }

    /// A problem with the use of a variable's value: in what is left of the code, nothing but the value will do.
    pub(crate) fn at_value(&self, tokens: impl ToTokens, problem: Problem) {
        self.needs_values.set(true);
        self.at(tokens, problem);
    }

    pub(crate) fn needs_values(&self) -> bool {
        self.needs_values.get()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.found.borrow().is_empty() && self.unreadable.borrow().is_empty()
    }

    /// Keeps the value, or the error in its place.
    pub(crate) fn ok<T>(&self, result: syn::Result<T>) -> Option<T> {
        result.map_err(|error| self.push(error)).ok()
    }

    /// An item that is not read as Rust, and stays in the output.
    pub(crate) fn unreadable(&self, error: syn::Error) {
        self.unreadable.borrow_mut().push(error);
    }

    /// Drops all errors: the input is read once more.
    pub(crate) fn forget(&self) {
        self.found.take();
        self.unreadable.take();
        self.needs_values.set(false);
    }

    /// The errors as items that do not compile, and what is expanded beside them.
    pub(crate) fn finish(&self, expansion: impl ToTokens) -> TokenStream {
        let found = std::mem::take(&mut *self.found.borrow_mut());
        let unreadable = std::mem::take(&mut *self.unreadable.borrow_mut());
        let found = found.iter().map(syn::Error::to_compile_error);
        let unreadable = unreadable.iter().map(unless_rustc_reports);
        quote!(#(#found)* #(#unreadable)* #expansion)
    }
}

/// An error that is only shown if there is no other: rustc looks for unused results last. So a mistake is reported once,
/// by rustc, and an item that only rustc can read does not pass unnoticed.
fn unless_rustc_reports(error: &syn::Error) -> TokenStream {
    let message = unreadable(error).to_string();
    quote_spanned! {error.span()=>
        const _: () = {
            #[must_use = #message]
            const fn item_that_vimage_cannot_read() -> u8 {
                0
            }
            #[deny(unused_must_use)]
            item_that_vimage_cannot_read();
        };
    }
}

impl Drop for Diagnostics {
    fn drop(&mut self) {
        if !self.is_empty() && !std::thread::panicking() {
            panic!("errors of a vimage macro were dropped unread");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::CODES;

    #[test]
    fn a_code_is_one_problem() {
        let mut codes = CODES.to_vec();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), CODES.len());
    }
}
