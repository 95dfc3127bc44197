//! Classes.

vimage::class! {
    pub struct Generic<T>;
}

vimage::class! {
    pub struct Fields { name: String }
}

vimage::class! {
    pub struct Option; no_context = ignore, contexts = base
}

vimage::class! {
    pub enum Enum {}
}

vimage::class! {
    pub struct NoSemicolon no_context = base
}

vimage::class! {
    pub struct Value; no_context = 7
}

fn main() {}
