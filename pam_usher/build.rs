//! Links what is built here to PAM.

fn main() {
    // By the library's own name: every host has that file, and only those with PAM's headers have the name without a
    // number.
    println!("cargo:rustc-link-arg=-l:libpam.so.0");
    println!("cargo:rerun-if-changed=build.rs");
}
