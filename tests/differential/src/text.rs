//! The text of a program, with marks where its three forms differ.

/// A use of a variable, of which this is the name without `V_`.
pub fn used(variable: &str) -> String {
    used_at(&format!("V_{variable}"))
}

/// A use of the variable at a path.
pub fn used_at(path: &str) -> String {
    format!("\u{1}{path}\u{2}")
}

/// A future that is awaited.
pub fn awaited(future: &str) -> String {
    format!("\u{3}{future}\u{4}")
}

/// The body of a function, a closure or an async block.
pub fn region(statements: &str) -> String {
    format!("\u{5}{statements}\u{6}")
}

/// The program as a user writes it.
pub fn source(text: &str) -> String {
    translate(text, |mark| match mark {
        '\u{4}' => ".await",
        '\u{5}' => "{",
        '\u{6}' => "}",
        _ => "",
    })
}

/// The program in plain Rust, where what is borrowed from a variable is borrowed from a local too, at which each
/// `.await` looks mutably. rustc rejects it if a borrow is held across an `.await`, and vimage has no part in that.
pub fn twin(text: &str) -> String {
    translate(text, |mark| match mark {
        '\u{1}' => "(*found(&",
        '\u{2}' => ", &owner))",
        '\u{3}' => "(match ",
        '\u{4}' => " { future => { look(&mut owner); future.await } })",
        '\u{5}' => "{ let mut owner = Owner(()); match () { () => {",
        '\u{6}' => "} } }",
        _ => "",
    })
}

/// What the twin needs.
pub const TWIN: &str = "
    pub struct Owner(pub ());
    pub fn found<'o, T>(variable: &'static T, _: &'o Owner) -> &'o T { variable }
    pub fn look(_: &mut Owner) {}
";

fn translate(text: &str, mark: impl Fn(char) -> &'static str) -> String {
    let mut translated = String::new();
    for c in text.chars() {
        match c {
            '\u{1}'..='\u{6}' => translated.push_str(mark(c)),
            other => translated.push(other),
        }
    }
    translated
}
