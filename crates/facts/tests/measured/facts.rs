//! Facts with their versions, as the engine's rows and as the store keeps them.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanArray, Date32Array, Decimal128Array, Int8Array, Int32Array, Int64Array,
    RecordBatch, StringArray, StringViewArray,
};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::datasource::MemTable;
use trueup_base::date::{Date, add_days, days_between};
use trueup_base::exact::Exact;
use trueup_base::id::{FactId, PartnerId};
use trueup_engine::world::{Cell, Complete, Row};
use trueup_facts::disk::Disk;
use trueup_facts::measure::{KeptLayers, LayeredFiles, MonthColumn, Stored, with_views};
use trueup_facts::store::write_file;

use super::dice::Dice;

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Of {
    Partner,
    Date,
    Text,
    Flag,
    /// So many digits, so many of them decimals.
    Number(u8, u8),
}

/// A column of a kind.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    pub name: &'static str,
    pub of: Of,
}

/// The columns of the kind `sale`.
pub const SALE: &[Column] = &[
    Column {
        name: "partner",
        of: Of::Partner,
    },
    Column {
        name: "helper",
        of: Of::Partner,
    },
    Column {
        name: "on",
        of: Of::Date,
    },
    Column {
        name: "due",
        of: Of::Date,
    },
    Column {
        name: "a",
        of: Of::Number(28, 4),
    },
    Column {
        name: "b",
        of: Of::Number(28, 0),
    },
    Column {
        name: "c",
        of: Of::Number(18, 6),
    },
    Column {
        name: "cash",
        of: Of::Number(28, 2),
    },
    Column {
        name: "units",
        of: Of::Number(28, 0),
    },
    Column {
        name: "line",
        of: Of::Text,
    },
    Column {
        name: "note",
        of: Of::Text,
    },
    Column {
        name: "won",
        of: Of::Flag,
    },
];

/// The columns of the kind `visit`.
pub const VISIT: &[Column] = &[
    Column {
        name: "partner",
        of: Of::Partner,
    },
    Column {
        name: "on",
        of: Of::Date,
    },
    Column {
        name: "points",
        of: Of::Number(12, 1),
    },
];

/// One version of a fact, as stored.
#[derive(Clone, Debug)]
pub struct Version {
    pub source: &'static str,
    pub id: String,
    pub revision: i64,
    pub weight: i8,
    pub recorded_on: Option<Date>,
    pub cells: Vec<Cell>,
}

/// The facts of one kind.
#[derive(Clone, Debug)]
pub struct Facts {
    pub columns: &'static [Column],
    pub stored: Vec<Version>,
    /// What the engine reads: versions, withdrawn ones followed by what took their place or by nothing.
    pub rows: Vec<Row>,
    pub complete: Option<Vec<Complete>>,
    pub has_corrections: bool,
    pub has_history: bool,
}

/// How facts are to be.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    pub count: i64,
    pub partners: i64,
    /// The first day and the days from there.
    pub from: Date,
    pub days: i64,
    /// Days apart: the more, the more facts share a day.
    pub apart: i64,
    /// One in so many cells is empty; none means no cell is.
    pub empty: Option<i64>,
    /// One in so many facts is corrected.
    pub corrected: Option<i64>,
    /// Whether the source says when a row became known.
    pub recorded: bool,
    /// Whether numbers may have all their digits.
    pub huge: bool,
}

/// How a table holds facts.
#[derive(Clone, Copy, Debug)]
pub struct Form {
    /// Texts as views.
    pub views: bool,
    /// A column of months besides.
    pub month: bool,
    /// Which columns are never empty is known.
    pub knows_empty: bool,
    pub partitions: usize,
    pub batch_rows: usize,
}

const SOURCES: &[&str] = &["crm", "crm-old", "erp"];

impl Facts {
    /// Facts of some columns.
    pub fn new(dice: &mut Dice, columns: &'static [Column], shape: Shape) -> Self {
        let mut facts = Self {
            columns,
            stored: Vec::new(),
            rows: Vec::new(),
            complete: None,
            has_corrections: false,
            has_history: shape.recorded || shape.corrected.is_some(),
        };
        for at in 0..shape.count {
            facts.fact(dice, at, shape);
        }
        if dice.one_in(2) {
            let from = add_days(shape.from, dice.between(-60, 60)).unwrap();
            let until = add_days(from, dice.between(30, shape.days + 100)).unwrap();
            facts.complete = Some(vec![Complete { from, until }]);
        }
        dice.shuffle(&mut facts.stored);
        facts
    }

    fn fact(&mut self, dice: &mut Dice, at: i64, shape: Shape) {
        let source = *dice.pick(SOURCES);
        let id = format!("{}-{at}", dice.between(0, 9));
        let mut cells = self.cells(dice, shape);
        let mut recorded_on = None;
        if shape.recorded && !dice.one_in(8) {
            let day = match &cells[self
                .columns
                .iter()
                .position(|column| column.name == "on")
                .unwrap()]
            {
                Cell::Date(day) => *day,
                _ => shape.from,
            };
            recorded_on = add_days(day, dice.between(0, 60));
        }
        let mut revision = 1;
        loop {
            let version = Version {
                source,
                id: id.clone(),
                revision,
                weight: 1,
                recorded_on,
                cells: cells.clone(),
            };
            self.stored.push(version.clone());
            let row = Row {
                id: FactId::new(format!("{source}/{id}")).unwrap(),
                cells,
                recorded_on,
            };
            if revision > 3 || !shape.corrected.is_some_and(|of| dice.one_in(of)) {
                self.rows.push(row);
                return;
            }
            self.has_corrections = true;
            // A correction becomes known no earlier than what it corrects, perhaps on the same day.
            let before = recorded_on.unwrap_or(shape.from);
            let same_day = recorded_on.is_some() && dice.one_in(4);
            let since = add_days(before, if same_day { 0 } else { dice.between(1, 90) });
            self.stored.push(Version {
                weight: -1,
                recorded_on: since,
                ..version
            });
            let never_counted = since == recorded_on;
            if !never_counted {
                self.rows.push(row.clone());
            }
            recorded_on = since;
            revision += 1;
            if dice.one_in(6) {
                // Withdrawn, and nothing takes its place.
                if self.rows.last().is_some_and(|last| last.id == row.id) {
                    let nothing = vec![Cell::Empty; self.columns.len()];
                    self.rows.push(Row {
                        cells: nothing,
                        recorded_on,
                        ..row
                    });
                }
                return;
            }
            cells = self.cells(dice, shape);
        }
    }

    fn cells(&self, dice: &mut Dice, shape: Shape) -> Vec<Cell> {
        self.columns
            .iter()
            .map(|column| {
                let may_be_empty = column.name != "on" || dice.one_in(4);
                if may_be_empty && shape.empty.is_some_and(|of| dice.one_in(of)) {
                    return Cell::Empty;
                }
                match column.of {
                    // Some rows name nobody whom the directory knows.
                    Of::Partner => Cell::Partner(partner_id(dice.between(0, shape.partners))),
                    Of::Date => Cell::Date(
                        add_days(
                            shape.from,
                            dice.between(0, shape.days / shape.apart) * shape.apart,
                        )
                        .unwrap(),
                    ),
                    Of::Text => Cell::Text((*dice.pick(&["A", "B", "C", "D", "ü", ""])).into()),
                    Of::Flag => Cell::Flag(dice.one_in(2)),
                    Of::Number(digits, scale) => {
                        Cell::Number(number(dice, digits, scale, shape.huge))
                    }
                }
            })
            .collect()
    }

    /// The columns as stored.
    pub fn schema(&self, views: bool, month: bool) -> SchemaRef {
        let text = if views {
            DataType::Utf8View
        } else {
            DataType::Utf8
        };
        let mut fields: Vec<Field> = self
            .columns
            .iter()
            .map(|column| {
                let of = match column.of {
                    Of::Partner | Of::Text => text.clone(),
                    Of::Date => DataType::Date32,
                    Of::Flag => DataType::Boolean,
                    Of::Number(digits, scale) => {
                        DataType::Decimal128(digits, i8::try_from(scale).unwrap())
                    }
                };
                Field::new(column.name, of, true)
            })
            .collect();
        fields.push(Field::new("fact_source", text.clone(), false));
        fields.push(Field::new("fact_id", text, false));
        fields.push(Field::new("fact_revision", DataType::Int64, false));
        fields.push(Field::new("fact_weight", DataType::Int8, false));
        fields.push(Field::new("fact_recorded_on", DataType::Date32, true));
        if month {
            fields.push(Field::new("month", DataType::Int32, true));
        }
        Arc::new(Schema::new(fields))
    }

    /// The facts as a table of so many partitions with batches of so many rows.
    pub fn stored(&self, form: Form) -> Stored {
        let Form {
            views,
            month,
            knows_empty,
            partitions,
            batch_rows,
        } = form;
        let schema = self.schema(views, month);
        let mut parts: Vec<Vec<RecordBatch>> = vec![Vec::new(); partitions];
        for (at, versions) in self.stored.chunks(batch_rows).enumerate() {
            parts[at % partitions].push(self.batch(&schema, versions, views, month));
        }
        Stored {
            rows: Arc::new(MemTable::try_new(schema, parts).unwrap()),
            rows_max: u64::try_from(self.stored.len()).unwrap(),
            has_corrections: self.has_corrections,
            has_history: self.has_history,
            complete: self.complete.clone(),
            never_empty: if knows_empty {
                self.never_empty()
            } else {
                BTreeSet::new()
            },
            month: month.then(|| MonthColumn {
                column: "month".to_owned(),
                of: "on".to_owned(),
            }),
            layers: None,
        }
    }

    /// The facts in files of at most so many rows, the first of them or all, with layers kept of them.
    pub fn layered(
        &self,
        folder: &Path,
        rows: usize,
        files: usize,
        kept: &Arc<KeptLayers>,
    ) -> Stored {
        let schema = self.schema(false, false);
        let mut stored = self.stored(Form {
            views: true,
            month: false,
            knows_empty: false,
            partitions: 1,
            batch_rows: self.stored.len().max(1),
        });
        let mut written = Vec::new();
        for versions in self.stored.chunks(rows.max(1)).take(files) {
            let batch = self.batch(&schema, versions, false, false);
            let aside = folder.join("aside");
            let file = write_file(&Disk::default(), &aside, &[batch], &[])
                .unwrap()
                .file;
            std::fs::rename(aside, folder.join(file.name())).unwrap();
            // Two files of the same rows would be one.
            if !written.contains(&file) {
                written.push(file);
            }
        }
        let all = written.iter().map(|file| file.rows).sum::<u64>();
        assert!(
            files < usize::MAX || all == stored.rows_max,
            "no two files hold the same rows"
        );
        stored.layers = Some(LayeredFiles {
            folder: folder.to_owned(),
            has_history: self.has_history,
            delivered: written.clone(),
            files: written,
            lineage: Arc::default(),
            schema: with_views(&schema),
            kept: kept.clone(),
        });
        stored
    }

    fn never_empty(&self) -> BTreeSet<String> {
        let columns = self.columns.iter().enumerate();
        let is_full = |at: usize| {
            self.stored
                .iter()
                .all(|version| version.cells[at] != Cell::Empty)
        };
        columns
            .filter(|(at, _)| is_full(*at))
            .map(|(_, column)| column.name.to_owned())
            .collect()
    }

    fn batch(
        &self,
        schema: &SchemaRef,
        versions: &[Version],
        views: bool,
        month: bool,
    ) -> RecordBatch {
        let mut arrays: Vec<ArrayRef> = Vec::new();
        for (at, column) in self.columns.iter().enumerate() {
            let cells = versions.iter().map(|version| &version.cells[at]);
            arrays.push(match column.of {
                Of::Partner | Of::Text => texts(
                    cells.map(|cell| match cell {
                        Cell::Partner(id) => Some(id.as_str().to_owned()),
                        Cell::Text(text) => Some(text.to_string()),
                        _ => None,
                    }),
                    views,
                ),
                Of::Date => Arc::new(
                    cells
                        .map(|cell| day(cell).map(day_number))
                        .collect::<Date32Array>(),
                ),
                Of::Flag => Arc::new(
                    cells
                        .map(|cell| match cell {
                            Cell::Flag(holds) => Some(*holds),
                            _ => None,
                        })
                        .collect::<BooleanArray>(),
                ),
                Of::Number(digits, scale) => {
                    let numbers = cells.map(|cell| match cell {
                        Cell::Number(figure) => Some(figure.to_scaled(u32::from(scale)).unwrap()),
                        _ => None,
                    });
                    let numbers = numbers.collect::<Decimal128Array>();
                    Arc::new(
                        numbers
                            .with_precision_and_scale(digits, i8::try_from(scale).unwrap())
                            .unwrap(),
                    )
                }
            });
        }
        arrays.push(texts(
            versions
                .iter()
                .map(|version| Some(version.source.to_owned())),
            views,
        ));
        arrays.push(texts(
            versions.iter().map(|version| Some(version.id.clone())),
            views,
        ));
        arrays.push(Arc::new(
            versions
                .iter()
                .map(|version| version.revision)
                .collect::<Int64Array>(),
        ));
        arrays.push(Arc::new(
            versions
                .iter()
                .map(|version| version.weight)
                .collect::<Int8Array>(),
        ));
        let recorded = versions
            .iter()
            .map(|version| version.recorded_on.map(day_number));
        arrays.push(Arc::new(recorded.collect::<Date32Array>()));
        if month {
            let on = self
                .columns
                .iter()
                .position(|column| column.name == "on")
                .unwrap();
            let months = versions.iter().map(|version| {
                day(&version.cells[on])
                    .map(|day| i32::from(day.year()) * 12 + i32::from(day.month()) - 1)
            });
            arrays.push(Arc::new(months.collect::<Int32Array>()));
        }
        RecordBatch::try_new(schema.clone(), arrays).unwrap()
    }
}

fn texts(texts: impl Iterator<Item = Option<String>>, views: bool) -> ArrayRef {
    if views {
        Arc::new(texts.collect::<StringViewArray>())
    } else {
        Arc::new(texts.collect::<StringArray>())
    }
}

fn day(cell: &Cell) -> Option<Date> {
    match cell {
        Cell::Date(day) => Some(*day),
        _ => None,
    }
}

pub fn day_number(day: Date) -> i32 {
    i32::try_from(days_between(Date::constant(1970, 1, 1), day)).unwrap()
}

pub fn partner_id(at: i64) -> PartnerId {
    PartnerId::new(format!("p{at}")).unwrap()
}

/// A number with ties, zeros and signs; or with all the digits there are.
fn number(dice: &mut Dice, digits: u8, scale: u8, huge: bool) -> Exact {
    if huge && dice.one_in(3) {
        let most = 10_i128.pow(u32::from(digits)) - 1;
        let unscaled = most - i128::from(dice.between(0, 3));
        return Exact::from_scaled(
            if dice.one_in(3) { -unscaled } else { unscaled },
            u32::from(scale),
        );
    }
    let unscaled = match dice.between(0, 5) {
        0 => 0,
        1 => dice.between(-3, 3) * 10_i64.pow(u32::from(scale.min(6))),
        _ => dice.between(-5_000, 50_000),
    };
    Exact::from_scaled(i128::from(unscaled), u32::from(scale))
}
