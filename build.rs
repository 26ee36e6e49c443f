//! Rebuilds the program when a rule file is added or removed: the rules are embedded, and the macro that embeds them
//! sees changes of known files only.

fn main() {
    println!("cargo:rerun-if-changed=rules");
}
