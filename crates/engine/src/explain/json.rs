//! An explanation as data.

use serde_json::{Map, Value as Json, json};

use super::{BandShown, Explanation, Figure, Named, RowShown};

impl Explanation {
    /// The tree as data: figures as exact text with their unit, inputs below one another.
    #[must_use]
    pub fn to_json(&self) -> Json {
        let mut fields = Map::new();
        let mut put = |key: &str, value: Json| {
            fields.insert(key.to_owned(), value);
        };
        put("about", self.subject.word().into());
        put("name", self.name.as_str().into());
        if !self.part.is_empty() {
            put("part", self.part.into());
        }
        if !self.is.is_empty() {
            put("is", self.is.as_str().into());
        }
        if let Some(formula) = &self.formula {
            put("formula", formula.as_str().into());
        }
        put("partner", self.partner.as_str().into());
        put("period", self.period.as_str().into());
        put("figure", figure(&self.figure));
        if let Some(band) = &self.band {
            put("band", of_band(band));
        }
        if let Some(row) = &self.row {
            put("row", of_row(row));
        }
        if let Some(rows) = self.rows {
            put("rows", rows.into());
        }
        if self.is_repeated {
            put("repeated", true.into());
        }
        if self.is_cut {
            put("cut", true.into());
        }
        put("inputs", self.inputs.iter().map(Self::to_json).collect());
        Json::Object(fields)
    }
}

fn figure(figure: &Figure) -> Json {
    match figure {
        Figure::None { why, .. } => {
            json!({ "exact": null, "no_answer": figure.exact(), "why": why })
        }
        Figure::Number { .. }
        | Figure::Flag(_)
        | Figure::Date(_)
        | Figure::Duration(_)
        | Figure::Text(_)
        | Figure::Differs => json!({ "exact": figure.exact(), "unit": figure.unit() }),
    }
}

fn of_band(band: &BandShown) -> Json {
    let named = |list: &[Named]| -> Json {
        list.iter()
            .map(|named| (named.name.clone(), figure(&named.figure)))
            .collect::<Map<_, _>>()
            .into()
    };
    json!({
        "table": band.table,
        "bands": band.bands,
        "arguments": named(&band.arguments),
        "bounds": named(&band.bounds),
        "cells": named(&band.cells),
    })
}

fn of_row(row: &RowShown) -> Json {
    json!({
        "kind": row.kind,
        "id": row.id,
        "on": row.on.map(|on| on.to_string()),
        "share": row.share.to_string(),
        "level": row.level,
    })
}
