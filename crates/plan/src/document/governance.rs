//! Blocks of governance: kept as written, their keys, words, lengths of time and formulas checked for form.

use super::GovernanceText;
use super::fields::{Fields, Reader};
use crate::formula::Formula;
use crate::keys::{Form, Key, Place};
use crate::yaml::Scalar;

impl Reader<'_> {
    /// All blocks of governance, in the order written.
    pub fn governance(&mut self, plan: &Fields<'_>) -> Vec<GovernanceText> {
        let mut blocks = Vec::new();
        for block in plan.entries {
            match Place::Plan.key(&block.key.text).map(|key| key.form) {
                Some(Form::Named(place)) if is_governance(place) => {
                    for entry in self.named(plan, &block.key.text) {
                        let Some(fields) = self.fields(&entry.value, place, entry.key.span) else {
                            continue;
                        };
                        blocks.push(self.block(&block.key, Some(&entry.key), &fields));
                    }
                }
                Some(Form::Map(place)) if is_governance(place) => {
                    if let Some(fields) = self.map(plan, &block.key.text, place) {
                        blocks.push(self.block(&block.key, None, &fields));
                    }
                }
                Some(_) | None => {}
            }
        }
        blocks
    }

    fn block(
        &mut self,
        block: &Scalar,
        name: Option<&Scalar>,
        fields: &Fields<'_>,
    ) -> GovernanceText {
        let mut formulas = Vec::new();
        for key in fields
            .place
            .keys()
            .iter()
            .filter(|key| fields.get(key.key).is_some())
        {
            self.checked(fields, key, "", &mut formulas);
        }
        let says = fields
            .entries
            .iter()
            .map(|entry| (entry.key.clone(), entry.value.clone()))
            .collect();
        GovernanceText {
            block: block.clone(),
            name: name.cloned(),
            says,
            formulas,
            span: fields.span,
        }
    }

    /// Checks a key for its form and keeps its formulas.
    fn checked(
        &mut self,
        fields: &Fields<'_>,
        key: &Key,
        path: &str,
        formulas: &mut Vec<(String, Formula)>,
    ) {
        let path = format!("{path}{}", key.key);
        match key.form {
            Form::Formula => {
                formulas.extend(self.formula(fields, key.key).map(|formula| (path, formula)))
            }
            Form::Formulas => {
                for entry in self.named(fields, key.key) {
                    let formula = self.formula_of(&entry.value, &format!("`{}`", entry.key.text));
                    formulas.extend(
                        formula.map(|formula| (format!("{path}.{}", entry.key.text), formula)),
                    );
                }
            }
            Form::Map(place) => {
                if let Some(inner) = self.map(fields, key.key, place) {
                    for key in place
                        .keys()
                        .iter()
                        .filter(|key| inner.get(key.key).is_some())
                    {
                        self.checked(&inner, key, &format!("{path}."), formulas);
                    }
                }
            }
            Form::Text => drop(self.text(fields, key.key)),
            Form::Word(_) => drop(self.word(fields, key.key)),
            Form::Flag => drop(self.flag(fields, key.key)),
            Form::Date => drop(self.date(fields, key.key)),
            Form::Duration => drop(self.duration(fields, key.key)),
            Form::List => drop(self.list(fields, key.key)),
            Form::Words(_) => drop(self.words(fields, key.key)),
            Form::Currency => drop(self.currency(fields, key.key)),
            Form::Agreed => drop(self.agreed(fields, key.key)),
            Form::Part => drop(self.part(fields, key.key)),
            Form::Open => {
                if let Some(node) = fields.get(key.key)
                    && node.is_empty()
                {
                    self.not_of_form(node, &format!("`{}`", key.key), "text, a list or a map", "");
                }
            }
            // No block of governance holds these.
            Form::Spread(_)
            | Form::Maps(_)
            | Form::Named(_)
            | Form::NamedOrFormula(_)
            | Form::Overrides
            | Form::Columns
            | Form::Bands
            | Form::Cells => {}
        }
    }
}

/// Whether a place belongs to governance.
fn is_governance(place: Place) -> bool {
    matches!(
        place,
        Place::Fund
            | Place::Contingency
            | Place::Guardrail
            | Place::Body
            | Place::Approval
            | Place::Review
            | Place::Disputes
            | Place::WindingDown
    )
}
