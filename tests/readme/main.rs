//! What the README shows in its `console` blocks is what the program prints.

use std::path::Path;

const README: &str = include_str!("../../README.md");

#[test]
fn the_readmes_console_blocks_are_true() {
    // A block of another kind would not be run.
    assert!(README.matches("\n$ stagewatch ").count() >= 5);
    assert_eq!(README.matches("```console\n$ stagewatch").count(), 5);
    trycmd::TestCases::new().register_bin("stagewatch", Path::new(env!("CARGO_BIN_EXE_stagewatch"))).case("README.md");
}
