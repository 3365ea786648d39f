//! Arguments in, one command out.
#![forbid(unsafe_code)]

fn main() {}
