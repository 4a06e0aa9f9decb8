//! The binary brings its own entry point, so the C runtime's start files stay out.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rustc-link-arg-bins=-nostartfiles");
}
