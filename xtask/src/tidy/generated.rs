//! What code knows is generated from it, committed, and never stale.

use super::{Finding, House};
use crate::codegen;

const SAYS: &str = "is stale: run `cargo xtask codegen` and read what moved";

pub fn find(house: &House<'_>) -> Vec<Finding> {
    match codegen::stale(house.tree) {
        Ok(stale) => stale
            .into_keys()
            .map(|path| Finding::file(&path, SAYS))
            .collect(),
        Err(fault) => vec![Finding::file("xtask/src/codegen.rs", fault)],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::Tree;

    #[test]
    fn a_page_that_lacks_its_generated_part_is_found() {
        let findings = find(&House::new(&Tree::from([(
            "ARCHITECTURE.md",
            "# The map\n",
        )])));
        assert_eq!(findings.len(), 1, "{findings:?}");
        assert!(findings[0].says.contains("begin generated"), "{findings:?}");
    }
}
