//! The blocks of a plan, one after the other.

use super::fields::{Fields, Reader, shown};
use super::{
    CalendarText, ComponentText, CorrectionsText, CreditText, ExampleText, FactText, FoldText,
    InstalmentText, LimitText, MeasureText, ObjectiveText, OverrideText, ParameterText, PlanText,
    RecoveryText, RoundingText, SpreadText, TermText, UseText, ValueText, WithinText,
};
use crate::formula;
use crate::keys::{FOLDS, Place};
use crate::span::{FileId, Span};
use crate::tree::Fold;
use crate::yaml::{Node, NodeKind, Scalar};

impl Reader<'_> {
    /// The whole plan.
    pub fn plan(&mut self, root: &Node, file: FileId) -> Option<PlanText> {
        if !root.is_map() {
            let help = "begin with `plan: name`";
            self.not_of_form(root, "a plan", "a map of keys", help);
            return None;
        }
        let top = Span {
            file,
            start: root.span.start,
            end: root.span.start,
        };
        let plan = self.fields(root, Place::Plan, top)?;
        let (name, is_template) = self.plan_name(&plan, file);
        let from_template = self.text(&plan, "from_template");
        let currency = self.currency(&plan, "currency");
        if plan.get("currency").is_none()
            && from_template.is_none()
            && !is_template
            && !self.partial
        {
            self.error(
                "K2",
                plan.head,
                "a plan says no `currency`",
                "currency: the three capitals of the currency it pays in",
            );
        }
        Some(PlanText {
            name,
            is_template,
            title: self.text(&plan, "title"),
            version: self.text(&plan, "version"),
            is: self.text(&plan, "is"),
            currency,
            calendar: self.calendar(&plan),
            period: self.word(&plan, "period"),
            money: self.rounding(&plan, "money"),
            from_template,
            overrides: self.overrides(&plan),
            fixed: self.list(&plan, "fixed"),
            parameters: self.parameters(&plan, is_template),
            uses: self.uses(&plan),
            objectives: self.objectives(&plan),
            facts: self.facts(&plan),
            terms: self.terms(&plan),
            measures: self.measures(&plan),
            values: self.values(&plan),
            tables: self.tables(&plan),
            components: self.components(&plan),
            limits: self.limits(&plan),
            governance: self.governance(&plan),
            examples: self.examples(&plan),
            corrections: self.corrections(&plan),
            span: root.span,
        })
    }

    fn plan_name(&mut self, plan: &Fields<'_>, file: FileId) -> (Scalar, bool) {
        let help = "begin with `plan: name`, the name that agreements and commands use";
        let key = self.one_of(plan, &["plan", "template"], Some(help));
        let name = key.and_then(|key| self.text(plan, key));
        if let Some(name) = &name
            && (name.text.is_empty()
                || name.text.contains(|char: char| {
                    char.is_whitespace() || char.is_control() || char == '/'
                }))
        {
            let message = format!("`{}` cannot be a plan's name", shown(&name.text));
            self.error(
                "K6",
                name.span,
                message,
                "write one word; `-` may stand between its parts",
            );
        }
        (
            name.unwrap_or_else(|| Scalar::plain("", file, 0)),
            key == Some("template"),
        )
    }

    fn calendar(&mut self, plan: &Fields<'_>) -> Option<CalendarText> {
        let fields = self.map(plan, "calendar", Place::Calendar)?;
        Some(CalendarText {
            year_starts: self.text(&fields, "year_starts"),
            weeks: self.text(&fields, "weeks"),
            periods: self.list(&fields, "periods"),
            span: fields.span,
        })
    }

    fn rounding(&mut self, of: &Fields<'_>, key: &str) -> Option<RoundingText> {
        let fields = self.map(of, key, Place::Rounding)?;
        Some(RoundingText {
            to: self.formula(&fields, "to"),
            mode: self.word(&fields, "mode"),
            span: fields.span,
        })
    }

    fn overrides(&mut self, plan: &Fields<'_>) -> Vec<OverrideText> {
        let mut overrides = Vec::new();
        for entry in self.named(plan, "overrides") {
            let is_none = entry.value.as_text() == Some("none");
            let formula = if is_none {
                None
            } else {
                self.formula_of(&entry.value, "an override")
            };
            overrides.push(OverrideText {
                target: entry.key.clone(),
                formula,
                is_none,
            });
        }
        overrides
    }

    fn parameters(&mut self, plan: &Fields<'_>, is_template: bool) -> Vec<ParameterText> {
        if let (Some(written), false) = (plan.written("parameters"), is_template) {
            let help = "begin the file with `template: name`, or write what they stand for";
            self.error("K4", written.span, "a plan has no parameters", help);
        }
        let mut parameters = Vec::new();
        for entry in self.named(plan, "parameters") {
            let Some(fields) = self.fields(&entry.value, Place::Parameter, entry.key.span) else {
                continue;
            };
            let help = "unit: money where a formula is given for it, names: fact where a name is";
            self.one_of(&fields, &["unit", "names"], Some(help));
            parameters.push(ParameterText {
                name: entry.key.clone(),
                is: self.text(&fields, "is"),
                unit: self.word(&fields, "unit"),
                names: self.word(&fields, "names"),
                span: fields.span,
            });
        }
        parameters
    }

    fn uses(&mut self, plan: &Fields<'_>) -> Vec<UseText> {
        let mut uses = Vec::new();
        for fields in self.maps(plan, "uses", Place::Use) {
            let mut with = Vec::new();
            for entry in self.named(&fields, "with") {
                let formula = self.formula_of(&entry.value, "what a parameter is");
                with.push((entry.key.clone(), formula));
            }
            uses.push(UseText {
                template: self.text(&fields, "template"),
                prefix: self.text(&fields, "as"),
                with,
                span: fields.span,
            });
        }
        uses
    }

    fn objectives(&mut self, plan: &Fields<'_>) -> Vec<ObjectiveText> {
        let mut objectives = Vec::new();
        for fields in self.maps(plan, "objectives", Place::Objective) {
            objectives.push(ObjectiveText {
                goal: self.text(&fields, "goal"),
                by: self.list(&fields, "by"),
                until: self.date(&fields, "until"),
                span: fields.span,
            });
        }
        objectives
    }

    fn facts(&mut self, plan: &Fields<'_>) -> Vec<FactText> {
        let mut facts = Vec::new();
        for entry in self.named(plan, "facts") {
            let Some(fields) = self.fields(&entry.value, Place::Fact, entry.key.span) else {
                continue;
            };
            let mut columns = Vec::new();
            for column in self.named(&fields, "columns") {
                if let Some(of) = self.scalar(&column.value, "the type of a column") {
                    columns.push((column.key.clone(), of));
                }
            }
            let mut credited = Vec::new();
            for line in self.maps(&fields, "credited", Place::Credit) {
                credited.push(CreditText {
                    to: self.formula(&line, "to"),
                    role: self.text(&line, "role"),
                    share: self.formula(&line, "share"),
                    overlay: self.flag(&line, "overlay").unwrap_or(false),
                    span: line.span,
                });
            }
            facts.push(FactText {
                name: entry.key.clone(),
                is: self.text(&fields, "is"),
                dated: self.text(&fields, "dated"),
                columns,
                credited,
                shows: self.word(&fields, "shows"),
                may_move: self.formula(&fields, "may_move"),
                span: fields.span,
            });
        }
        facts
    }

    fn terms(&mut self, plan: &Fields<'_>) -> Vec<TermText> {
        let mut terms = Vec::new();
        for entry in self.named(plan, "terms") {
            let Some(fields) = self.fields(&entry.value, Place::Term, entry.key.span) else {
                continue;
            };
            terms.push(TermText {
                name: entry.key.clone(),
                is: self.text(&fields, "is"),
                unit: self.word(&fields, "unit"),
                per: self.word(&fields, "per"),
                spread: self.spread(&fields),
                agreed: self.formula(&fields, "agreed"),
                within: self.within(&fields),
                span: fields.span,
            });
        }
        terms
    }

    fn within(&mut self, of: &Fields<'_>) -> Option<WithinText> {
        let fields = self.map(of, "within", Place::Within)?;
        Some(WithinText {
            lowest: self.formula(&fields, "lowest"),
            highest: self.formula(&fields, "highest"),
            span: fields.span,
        })
    }

    fn spread(&mut self, term: &Fields<'_>) -> Option<SpreadText> {
        let node = term.get("spread")?;
        match &node.is {
            NodeKind::List(items) => {
                let weights = items
                    .iter()
                    .filter_map(|item| self.formula_of(item, "a weight"))
                    .collect();
                Some(SpreadText::Weights(weights, node.span))
            }
            NodeKind::Scalar(_) | NodeKind::Map(_) | NodeKind::Empty => {
                self.word(term, "spread").map(SpreadText::Word)
            }
        }
    }

    fn measures(&mut self, plan: &Fields<'_>) -> Vec<MeasureText> {
        let mut measures = Vec::new();
        for entry in self.named(plan, "measures") {
            let Some(fields) = self.fields(&entry.value, Place::Measure, entry.key.span) else {
                continue;
            };
            measures.push(MeasureText {
                name: entry.key.clone(),
                is: self.text(&fields, "is"),
                validated_by: self.text(&fields, "validated_by"),
                source: self.text(&fields, "source"),
                disputed_in: self.text(&fields, "disputed_in"),
                shows: self.word(&fields, "shows"),
                may_move: self.formula(&fields, "may_move"),
                within: self.within(&fields),
                fold: self.fold(&fields),
                filter: self.formula(&fields, "where"),
                at: self.text(&fields, "at"),
                role: self.text(&fields, "role"),
                by: self.formula(&fields, "by"),
                keys: self.list(&fields, "keys"),
                span: fields.span,
            });
        }
        measures
    }

    fn fold(&mut self, measure: &Fields<'_>) -> Option<FoldText> {
        let help = "say how rows become one number: sum: sale.amount, or count: sale";
        let key = self.one_of(measure, FOLDS, Some(help))?;
        let fold = match key {
            "sum" => Fold::Sum,
            "count" => Fold::Count,
            "count_distinct" => Fold::CountDistinct,
            "min" => Fold::Min,
            "max" => Fold::Max,
            _ => Fold::Latest,
        };
        let word = measure.written(key)?.clone();
        Some(FoldText {
            fold,
            word,
            of: self.formula(measure, key),
        })
    }

    fn values(&mut self, plan: &Fields<'_>) -> Vec<ValueText> {
        let mut values = Vec::new();
        for entry in self.named(plan, "values") {
            let span = Span {
                start: entry.key.span.start,
                ..entry.value.span
            };
            if let NodeKind::Scalar(scalar) = &entry.value.is {
                let formula = formula::parse(scalar, self.diagnostics);
                values.push(ValueText {
                    name: entry.key.clone(),
                    is: None,
                    formula,
                    every: None,
                    each: None,
                    role: None,
                    unit: None,
                    span,
                });
                continue;
            }
            let Some(fields) = self.fields(&entry.value, Place::Value, entry.key.span) else {
                continue;
            };
            values.push(ValueText {
                name: entry.key.clone(),
                is: self.text(&fields, "is"),
                formula: self.formula(&fields, "formula"),
                every: self.word(&fields, "every"),
                each: self.text(&fields, "each"),
                role: self.text(&fields, "role"),
                unit: None,
                span: fields.span,
            });
        }
        values
    }

    fn components(&mut self, plan: &Fields<'_>) -> Vec<ComponentText> {
        let mut components = Vec::new();
        for entry in self.named(plan, "components") {
            let Some(fields) = self.fields(&entry.value, Place::Component, entry.key.span) else {
                continue;
            };
            for key in ["where", "role"] {
                if let Some(written) = fields.written(key)
                    && fields.get("each").is_none()
                {
                    let message = format!(
                        "`{key}` speaks of rows, and this component pays once for the window"
                    );
                    self.error(
                        "K4",
                        written.span,
                        message,
                        "pay on each row (each: sale), or put it into a measure",
                    );
                }
            }
            components.push(ComponentText {
                name: entry.key.clone(),
                is: self.text(&fields, "is"),
                applies: self.formula(&fields, "for"),
                over: self.word(&fields, "over"),
                every: self.word(&fields, "every"),
                gate: self.formula(&fields, "gate"),
                each: self.text(&fields, "each"),
                role: self.text(&fields, "role"),
                filter: self.formula(&fields, "where"),
                pays: self.formula(&fields, "pays"),
                at_least: self.formula(&fields, "at_least"),
                at_most: self.formula(&fields, "at_most"),
                uncapped: self.text(&fields, "uncapped"),
                cliff: self.agreed(&fields, "cliff"),
                rounding: self.rounding(&fields, "rounding"),
                paid: self.paid(&fields),
                recovers: self.recovers(&fields),
                unit: self.word(&fields, "unit"),
                stacks_with: self.list(&fields, "stacks_with"),
                span: fields.span,
            });
        }
        components
    }

    fn paid(&mut self, component: &Fields<'_>) -> Vec<InstalmentText> {
        let mut paid = Vec::new();
        for fields in self.maps(component, "paid", Place::Instalment) {
            self.one_of(&fields, &["after", "on"], None);
            let waits = self
                .word(&fields, "else")
                .is_some_and(|word| &*word.text == "wait");
            paid.push(InstalmentText {
                share: self.formula(&fields, "share"),
                after: self.duration(&fields, "after"),
                on: self.date(&fields, "on"),
                condition: self.formula(&fields, "if"),
                waits,
                span: fields.span,
            });
        }
        paid
    }

    fn recovers(&mut self, component: &Fields<'_>) -> Option<RecoveryText> {
        let fields = self.map(component, "recovers", Place::Recovery)?;
        Some(RecoveryText {
            from: self.words(&fields, "from"),
            at_most: self.part(&fields, "at_most"),
            within: self.duration(&fields, "within"),
            span: fields.span,
        })
    }

    fn limits(&mut self, plan: &Fields<'_>) -> Vec<LimitText> {
        let mut limits = Vec::new();
        for entry in self.named(plan, "limits") {
            let Some(fields) = self.fields(&entry.value, Place::Limit, entry.key.span) else {
                continue;
            };
            if fields.get("at_most").is_none() && fields.get("at_least").is_none() && !self.partial
            {
                let message = "a limit says none of at_most, at_least";
                self.error(
                    "K4",
                    fields.head,
                    message,
                    "write the most or the least that its components pay together",
                );
            }
            limits.push(LimitText {
                name: entry.key.clone(),
                is: self.text(&fields, "is"),
                on: self.list(&fields, "on"),
                over: self.word(&fields, "over"),
                at_most: self.formula(&fields, "at_most"),
                at_least: self.formula(&fields, "at_least"),
                cut: self.word(&fields, "cut"),
                span: fields.span,
            });
        }
        limits
    }

    fn examples(&mut self, plan: &Fields<'_>) -> Vec<ExampleText> {
        self.list(plan, "examples")
            .into_iter()
            .map(|case| ExampleText { case })
            .collect()
    }

    fn corrections(&mut self, plan: &Fields<'_>) -> Option<CorrectionsText> {
        let fields = self.map(plan, "corrections", Place::Corrections)?;
        Some(CorrectionsText {
            reach_back: self.duration(&fields, "reach_back"),
            span: fields.span,
        })
    }
}
