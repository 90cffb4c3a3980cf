//! The steps of the check in their order, and the tree put together from what they find.

use crate::check::components;
use crate::check::drafts::{self, Drafts, MeasureDraft};
use crate::check::governance::{self, BlockDraft};
use crate::check::graph;
use crate::check::header::{self, Header};
use crate::check::keyed;
use crate::check::kinds;
use crate::check::names::{Names, id};
use crate::check::places::find_levels;
use crate::check::settle::settled;
use crate::check::tables;
use crate::check::terms;
use crate::check::typer::{Typer, wrong};
use crate::check::types::{Ty, Types};
use crate::check::unsaid;
use crate::check::windows;
use crate::check::words;
use crate::diagnostic::{Diagnostic, Sources, any_error};
use crate::document::{MeasureText, PlanText};
use crate::tree::{
    Attribute, ColumnId, Example, KindId, Level, LimitId, Measure, MoneyRounding, NamedValue, Plan,
    TableId, Text,
};
use trueup_base::calendar::{Calendar, WindowUnit};
use trueup_base::money::Currency;
use trueup_base::rounding::Rounding;

/// Checks a plan whose templates are expanded.
pub(super) fn plan(
    sources: &Sources,
    text: &PlanText,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Plan> {
    let header = header::read(text, diagnostics);
    let mut types = Types::default();
    let mut names = Names::of(text, &mut types, diagnostics);
    kinds::name_columns(text, &mut names, diagnostics);
    let order = graph::order(text, &names, diagnostics);
    let currency: Text = header
        .as_ref()
        .map_or_else(|| "".into(), |header| header.currency.code().into());
    let mut typer = Typer {
        sources,
        names,
        types,
        currency,
        ordered: Vec::new(),
        diagnostics: Vec::new(),
    };
    let drafts = drafts::draft(text, &order.sorted, &mut typer);
    let blocks = governance::draft(text, &mut typer);
    typer.finish();
    let header = header.or_else(fallback)?;
    let broken = drafts.broken.clone();
    let mut plan = assemble(text, &header, drafts, blocks, &mut typer);
    diagnostics.append(&mut typer.diagnostics);
    find_levels(text, &mut plan, &broken, &order, diagnostics);
    components::check_limits(text, &plan, diagnostics);
    if order.may_be_followed {
        windows::check(&plan, diagnostics);
    }
    (!any_error(diagnostics)).then_some(plan)
}

/// A head for a plan that states no currency, so that its other mistakes are told too.
fn fallback() -> Option<Header> {
    let currency = Currency::parse("USD").ok()?;
    Some(Header {
        currency,
        calendar: Calendar::default(),
        period: WindowUnit::Month,
        money: MoneyRounding {
            to: currency.minor_unit(),
            mode: Rounding::HalfAway,
        },
        reach_back: None,
    })
}

fn assemble(
    text: &PlanText,
    header: &Header,
    drafts: Drafts,
    blocks: Vec<BlockDraft>,
    typer: &mut Typer<'_>,
) -> Plan {
    let kinds = kinds::build(text, &typer.names, &typer.types, &mut typer.diagnostics);
    let terms = terms::build(text, drafts.terms, typer);
    let measures = text
        .measures
        .iter()
        .zip(drafts.measures)
        .map(|(measure, draft)| build_measure(measure, draft, typer))
        .collect();
    let values = text
        .values
        .iter()
        .zip(drafts.values)
        .map(|(value, draft)| NamedValue {
            name: value.name.text.clone(),
            is: components::text_of(value.is.as_ref()),
            formula: settled(&typer.types, draft.unwrap_or_else(|| wrong(value.span))),
            level: Level::Constant,
            every: words::window(value.every.as_ref()),
            each: keyed::build(value, &kinds, &typer.names, &mut typer.diagnostics),
            carried: false,
            span: value.span,
        })
        .collect();
    let tables = text
        .tables
        .iter()
        .zip(drafts.tables)
        .enumerate()
        .map(|(at, (table, draft))| tables::build(table, TableId(id(at)), draft, typer))
        .collect();
    let built: Vec<_> = text
        .components
        .iter()
        .zip(drafts.components)
        .map(|(component, draft)| components::build(component, draft, header, &kinds, typer))
        .collect();
    let limits = text
        .limits
        .iter()
        .zip(drafts.limits)
        .enumerate()
        .map(|(at, (limit, draft))| {
            components::build_limit(limit, LimitId(id(at)), draft, header, typer)
        })
        .collect();
    let governed = governance::build(text, blocks, typer);
    let objectives = header::objectives(text, &typer.names, &mut typer.diagnostics);
    let attributes = typer
        .names
        .attributes
        .iter()
        .map(|(name, of)| Attribute {
            name: name.clone(),
            of: typer.types.settled(of),
        })
        .collect();
    Plan {
        name: text.name.text.clone(),
        title: components::text_of(text.title.as_ref()),
        version: components::text_of(text.version.as_ref()),
        is: components::text_of(text.is.as_ref()),
        currency: header.currency,
        calendar: header.calendar.clone(),
        period: header.period,
        money: header.money.clone(),
        from_template: text
            .from_template
            .as_ref()
            .map(|scalar| scalar.text.clone()),
        // What a template is changed by is known before it is expanded.
        overrides: Vec::new(),
        // As are the templates it uses.
        uses: Vec::new(),
        objectives,
        kinds,
        attributes,
        terms,
        measures,
        values,
        tables,
        components: built,
        limits,
        contingencies: governed.contingencies,
        guardrails: governed.guardrails,
        funds: governed.funds,
        governance: governed.blocks,
        examples: text
            .examples
            .iter()
            .map(|example| Example {
                case: example.case.text.clone(),
                span: example.case.span,
            })
            .collect(),
        reach_back: header.reach_back,
        unsaid: unsaid::of(text),
        identity: "".into(),
        span: text.span,
        editions: Vec::new(),
    }
}

fn build_measure(text: &MeasureText, draft: MeasureDraft, typer: &mut Typer<'_>) -> Measure {
    let may_move = header::may_move(text.may_move.as_ref(), &mut typer.diagnostics);
    let answers = typer.types.settled(&draft.answers.unwrap_or(Ty::Wrong));
    let currency = typer.currency.clone();
    let within = header::within(
        text.within.as_ref(),
        answers,
        &currency,
        &mut typer.diagnostics,
    );
    if let (Some(within), Some(_)) = (&text.within, &text.by) {
        typer.diagnostics.push(
            Diagnostic::error(
                "K4",
                within.span,
                "a keyed measure is many numbers, and `within` is about one",
            )
            .help("take `within` out, or make a measure of one key with `where`"),
        );
    }
    let settle =
        |draft: Option<crate::check::typer::Draft>| draft.map(|draft| settled(&typer.types, draft));
    Measure {
        name: text.name.text.clone(),
        is: components::text_of(text.is.as_ref()),
        validated_by: components::text_of(text.validated_by.as_ref()),
        source: components::text_of(text.source.as_ref()),
        disputed_in: components::text_of(text.disputed_in.as_ref()),
        shows: words::shows(text.shows.as_ref()),
        may_move,
        within,
        fold: text
            .fold
            .as_ref()
            .map_or(crate::tree::Fold::Sum, |fold| fold.fold),
        // What `count` names; for the others the kind is found from what they read.
        kind: draft.counts.unwrap_or(KindId(0)),
        of: settle(draft.of),
        filter: settle(draft.filter),
        at: ColumnId(0),
        role: "".into(),
        by: settle(draft.by),
        keys: text.keys.iter().map(|key| key.text.clone()).collect(),
        answers,
        span: text.span,
    }
}
