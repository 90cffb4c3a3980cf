//! What the engine says, as it goes over the wire.

use trueup_base::date::Date;
use trueup_base::exact::Exact;
use trueup_base::money::Currency;
use trueup_engine::explain::{BandShown, Explanation as Tree, Figure as Shown, Named, RowShown};
use trueup_plan::tree::NoAnswerKind;
use trueup_server::wire::{
    Band, ExplainedRow, Explanation, Figure, FigureKind, Money, NamedFigure, NoAnswer, NoAnswerWord,
};

use crate::earned::exact_at;

/// An amount.
pub fn money(amount: &Exact, currency: Currency) -> Money {
    Money {
        amount: exact_at(amount, currency.places()),
        currency: currency.code().to_owned(),
    }
}

/// A figure.
pub fn figure(figure: &Shown) -> Figure {
    let (kind, no_answer) = match figure {
        Shown::Number { .. } => (FigureKind::Number, None),
        Shown::Flag(_) => (FigureKind::Flag, None),
        Shown::Date(_) => (FigureKind::Date, None),
        Shown::Duration(_) => (FigureKind::Duration, None),
        Shown::Text(_) => (FigureKind::Text, None),
        Shown::None { kind, why } => {
            let kind = match kind {
                NoAnswerKind::Missing => NoAnswerWord::Missing,
                NoAnswerKind::Undefined => NoAnswerWord::Undefined,
            };
            let why = why.clone();
            (FigureKind::None, Some(NoAnswer { kind, why }))
        }
        // Nothing here asks several futures at once.
        Shown::Differs => (FigureKind::None, None),
    };
    Figure {
        kind,
        exact: (kind != FigureKind::None).then(|| figure.exact()),
        unit: figure.unit(),
        shown: figure.to_string(),
        no_answer,
    }
}

fn named(list: &[Named]) -> Vec<NamedFigure> {
    list.iter()
        .map(|one| NamedFigure {
            name: one.name.clone(),
            figure: figure(&one.figure),
        })
        .collect()
}

/// A band that a figure went through.
pub fn band(band: &BandShown) -> Band {
    Band {
        table: band.table.clone(),
        bands: band.bands.clone(),
        arguments: named(&band.arguments),
        bounds: named(&band.bounds),
        cells: named(&band.cells),
    }
}

fn row(row: &RowShown) -> ExplainedRow {
    ExplainedRow {
        kind: row.kind.clone(),
        id: row.id.clone(),
        on: row.on.map(|on: Date| on.to_string()),
        share: row.share.to_string(),
        level: row.level,
    }
}

/// An explanation.
pub fn explanation(tree: &Tree) -> Explanation {
    Explanation {
        about: tree.subject.word().to_owned(),
        name: tree.name.clone(),
        part: tree.part.to_owned(),
        is: tree.is.clone(),
        formula: tree.formula.clone(),
        partner: tree.partner.clone(),
        period: tree.period.clone(),
        figure: figure(&tree.figure),
        band: tree.band.as_ref().map(band),
        row: tree.row.as_ref().map(row),
        rows: tree.rows.map(|rows| rows as u64),
        is_repeated: tree.is_repeated,
        is_cut: tree.is_cut,
        inputs: tree.inputs.iter().map(explanation).collect(),
    }
}

/// Every node of an explanation, each before what it was made from.
pub fn nodes(tree: &Tree) -> Vec<&Tree> {
    let mut all = Vec::new();
    let mut next = vec![tree];
    while let Some(node) = next.pop() {
        all.push(node);
        next.extend(node.inputs.iter().rev());
    }
    all
}
