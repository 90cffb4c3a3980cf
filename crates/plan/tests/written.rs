//! What is written of a typed formula is what its author wrote, laid out anew: held for every plan of the repository.

mod every_plan;

use trueup_plan::formula::{Formula, FormulaKind, parse_text};
use trueup_plan::tree::walk::{formulas, formulas_of_table};
use trueup_plan::tree::{Expr, Form, Literal};
use trueup_plan::written::Writer;

use every_plan::{folders_of_plans, plans};

/// What an author may leave out, or write in another way that says the same.
fn says_a_default(text: &str) -> bool {
    [
        "mode => half_away",
        "kind =>",
        "from =>",
        "rest => largest",
        "days",
        "weeks",
        "months",
        "years",
        "was",
    ]
    .iter()
    .any(|word| text.contains(word))
}

/// Arguments with a word may be given in any order.
fn words_in_order(mut formula: Formula) -> Formula {
    if let FormulaKind::Call { arguments, .. } = &mut formula.is {
        arguments.sort_by_key(|argument| argument.word.as_ref().map(|(word, _)| word.clone()));
        for argument in arguments {
            argument.value = words_in_order(argument.value.clone());
        }
    }
    formula
}

#[test]
fn a_formula_is_written_as_its_author_wrote_it() {
    let mut compared = 0;
    for texts in folders_of_plans() {
        for (plan, sources) in plans(&texts) {
            let writer = Writer::new(&plan, &sources);
            let mut check = |writer: &Writer<'_>, formula: &Expr| {
                let written = sources.text(formula.span);
                let Some(parsed) = parse_text(written, &mut Vec::new()) else {
                    return;
                };
                // What a used template mentions has another name in the plan.
                if !plan.uses.is_empty() && formula.span.file != plan.span.file {
                    return;
                }
                // A key of a table is a text without its marks.
                let is_key = matches!(&formula.form, Form::Literal(Literal::Text(_)));
                if is_key || says_a_default(written) {
                    return;
                }
                let (own, parsed) = (
                    words_in_order(writer.formula(formula)),
                    words_in_order(parsed),
                );
                assert_eq!(own.to_string(), parsed.to_string(), "{}", plan.name);
                compared += 1;
            };
            let of_tables: Vec<&Expr> = plan.tables.iter().flat_map(formulas_of_table).collect();
            for formula in formulas(&plan) {
                if !of_tables.iter().any(|other| std::ptr::eq(*other, formula)) {
                    check(&writer, formula);
                }
            }
            for table in &plan.tables {
                for formula in formulas_of_table(table) {
                    check(&writer.inside(table), formula);
                }
            }
        }
    }
    assert!(compared > 1_000, "only {compared} formulas");
}
