//! Does nothing. Cargo wants a build script of a package with `links`, and that makes a second version of this package in
//! one program an error: each would have classes and contexts of its own, and the instance that a program enters in one of
//! them would not exist in the other.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
}
