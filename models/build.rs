//! Chooses the primitives of the model checker in `sync.rs` of the runtime.

fn main() {
    println!("cargo::rustc-cfg=vimage_shuttle");
    println!("cargo::rerun-if-changed=build.rs");
}
