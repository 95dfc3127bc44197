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

fn main() {}
