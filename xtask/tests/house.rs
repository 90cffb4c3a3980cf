//! The rules of the house hold, also when nobody calls tidy.

use std::process::Command;

#[test]
fn the_house_is_tidy() {
    let output = Command::new(env!("CARGO_BIN_EXE_xtask"))
        .arg("tidy")
        .output()
        .expect("xtask was built for this test");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success(),
        "{said}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(said.ends_with("checks hold\n"), "{said}");
}

#[test]
fn a_word_xtask_does_not_know_is_wrong_use() {
    let output = Command::new(env!("CARGO_BIN_EXE_xtask"))
        .arg("tidyy")
        .output()
        .expect("xtask was built for this test");
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("cargo xtask tidy"));
}
