//! The migrations are embedded: building again when one is added is not something cargo sees itself.

fn main() {
    println!("cargo:rerun-if-changed=../../migrations");
}
