//! A situation made real: every row written out, and put to the evaluator as facts would be.

use std::collections::{BTreeMap, BTreeSet};

use trueup_base::calendar::Window;
use trueup_base::exact::Exact;
use trueup_engine::settle::Earner;
use trueup_engine::world::{Cell, Row, World};
use trueup_engine::{Answer, Evaluator, NoAnswer, Number, Reference};
use trueup_plan::diagnostic::GivenRow;
use trueup_plan::tree::{ColumnId, Grant, KindId};

use crate::analytic::draw::grant_of;
use crate::analytic::scene::{Part, Scene, Situation, Slots, Variable, Varied, middle};

/// The most rows that are written out.
const ROWS_MAX: usize = 3_000;

/// A row that is to be written out: its sort, the window it lies in, its figures, and how many there are of it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Planned {
    pub sort: usize,
    pub slot: usize,
    pub figures: Vec<(ColumnId, Exact)>,
    pub copies: i64,
    /// What else than its id stands where rows differ; rows that share it are of one customer.
    pub unlike: Option<String>,
}

/// Facts written out, as a world.
pub(crate) struct Trial<'s> {
    scene: &'s Scene<'s>,
    /// The sort of row it is about.
    sort: usize,
    world: World,
    rows: Vec<(KindId, Row)>,
}

/// What is paid in a trial.
#[derive(Clone, Debug)]
pub(crate) struct Paid {
    /// What each earner is entitled to in each window.
    pub lines: Vec<(Earner, Window, Answer)>,
}

impl Paid {
    /// All pay of a sort together; what has no answer counts nothing.
    pub(crate) fn total(&self, scene: &Scene<'_>, grant: Grant) -> Exact {
        let of_grant = self
            .lines
            .iter()
            .filter(|(earner, _, _)| grant_of(scene, *earner) == grant);
        of_grant.fold(Exact::ZERO, |sum, (_, _, amount)| match amount.figure() {
            Some(figure) => &sum + figure,
            None => sum,
        })
    }

    /// What one earner gets together.
    pub(crate) fn of(&self, earner: Earner) -> Exact {
        self.lines.iter().filter(|(of, _, _)| *of == earner).fold(
            Exact::ZERO,
            |sum, (_, _, amount)| match amount.figure() {
                Some(figure) => &sum + figure,
                None => sum,
            },
        )
    }

    /// What one earner gets in the window that begins on a day.
    pub(crate) fn in_window(&self, earner: Earner, window: &Window) -> Option<&Answer> {
        self.lines
            .iter()
            .find(|(of, there, _)| *of == earner && there.starts == window.starts)
            .map(|(_, _, amount)| amount)
    }

    /// Why an earner has no answer somewhere.
    pub(crate) fn open(&self) -> impl Iterator<Item = (Earner, &Window, &NoAnswer)> {
        self.lines.iter().filter_map(|(earner, window, amount)| {
            amount.reason().map(|reason| (*earner, window, reason))
        })
    }
}

impl<'s> Scene<'s> {
    /// What hangs together with a sort of row.
    pub(crate) fn part(&self, sort: usize) -> &Part {
        const NOTHING: &Part = &Part {
            components: BTreeSet::new(),
            sorts: BTreeSet::new(),
        };
        self.parts.get(sort).unwrap_or(NOTHING)
    }

    /// The rows of a situation in which one input is a figure, as far as they hang together with a sort.
    pub(crate) fn planned(
        &self,
        about: usize,
        situation: &Situation,
        varied: Option<(Variable, Slots, &Exact)>,
    ) -> Vec<Planned> {
        let mut all = Vec::new();
        let windows = self.windows().count();
        let part = self.part(about);
        let sorts = self.sorts.iter().zip(0usize..);
        for (sort, at) in sorts.filter(|(_, at)| part.sorts.contains(at)) {
            for slot in 0..windows {
                let here = varied
                    .filter(|(variable, slots, _)| variable.sort == at && slots.holds(self, slot));
                let mut copies = situation.copies_in(self, at, slot);
                if let Some((variable, _, x)) = here
                    && variable.what == Varied::Copies
                {
                    copies = x.clone();
                }
                let figures = sort
                    .numbers()
                    .map(|column| {
                        let input = Variable {
                            sort: at,
                            what: Varied::Column(column),
                        };
                        let figure = match here {
                            Some((variable, _, x)) if variable == input => x.clone(),
                            Some(_) | None => situation
                                .in_slot(self, at, slot, column)
                                .cloned()
                                .unwrap_or(Exact::ONE),
                        };
                        (column, figure)
                    })
                    .collect();
                let copies = crate::analytic::poly::floor(&copies).to_i64().unwrap_or(0);
                if copies > 0 {
                    all.push(Planned {
                        sort: at,
                        slot,
                        figures,
                        copies,
                        unlike: None,
                    });
                }
            }
        }
        all
    }

    /// A trial of planned rows about a sort; none where there are too many to be written out, or
    /// where a measure leaves the range it is declared for.
    pub(crate) fn trial(&'s self, about: usize, planned: &[Planned]) -> Option<Trial<'s>> {
        let windows: Vec<&Window> = self.windows().collect();
        let mut rows: Vec<(KindId, Row)> = Vec::new();
        for (one, nth) in planned.iter().zip(1usize..) {
            let sort = self.sorts.get(one.sort)?;
            let on = middle(windows.get(one.slot)?);
            if rows.len() + usize::try_from(one.copies).ok()? > ROWS_MAX {
                return None;
            }
            for copy in 1..=one.copies {
                let id = match one.copies {
                    1 => format!("r{nth:03}"),
                    _ => format!("r{nth:03}-{copy:04}"),
                };
                let unlike = one.unlike.as_ref().unwrap_or(&id);
                rows.push((sort.kind, self.row(sort, &id, unlike, on, &one.figures)?));
            }
        }
        let mut world = World::new(self.plan, self.world.partners.clone());
        world.rates = self.world.rates.clone();
        let mut by_kind: BTreeMap<KindId, Vec<Row>> = BTreeMap::new();
        for (kind, row) in &rows {
            by_kind.entry(*kind).or_default().push(row.clone());
        }
        for (kind, rows) in by_kind {
            world.give(self.plan, kind, rows, None);
        }
        let trial = Trial {
            scene: self,
            sort: about,
            world,
            rows,
        };
        let keeps = !self.has_declared() || trial.with(|evaluator| self.keeps_declared(evaluator));
        keeps.then_some(trial)
    }

    /// What is paid in a situation in which one input is a figure, every row written out.
    pub(crate) fn tried(
        &'s self,
        about: usize,
        situation: &Situation,
        varied: Option<(Variable, Slots, &Exact)>,
    ) -> Option<(Trial<'s>, Paid)> {
        let trial = self.trial(about, &self.planned(about, situation, varied))?;
        let paid = trial.paid();
        Some((trial, paid))
    }
}

impl Trial<'_> {
    /// What is paid.
    pub(crate) fn paid(&self) -> Paid {
        let wanted = &self.scene.part(self.sort).components;
        self.with(|evaluator| {
            let until = self.scene.horizon.ends;
            let entitled = evaluator.entitled(self.scene.partner, until, |id| wanted.contains(&id));
            Paid {
                lines: entitled
                    .into_iter()
                    .map(|one| (one.earner, one.window, one.amount))
                    .collect(),
            }
        })
    }

    /// Asks the evaluator about these facts.
    pub(crate) fn with<R>(&self, ask: impl FnOnce(&mut Evaluator<'_, Answer>) -> R) -> R {
        let evaluator = Evaluator::new(self.scene.plan, &self.world, &Reference);
        let mut evaluator = evaluator.without_explanation();
        ask(&mut evaluator)
    }

    /// Its rows, as a worked example would state them.
    pub(crate) fn rows(&self) -> Vec<GivenRow> {
        self.rows
            .iter()
            .map(|(kind, row)| {
                let shape = &self.scene.plan[*kind];
                let cells = shape.columns.iter().zip(&row.cells);
                let mut written: Vec<(String, String)> =
                    vec![("id".to_owned(), row.id.as_str().to_owned())];
                for (column, cell) in cells {
                    if &*column.name != "id"
                        && let Some(says) = in_words(cell)
                    {
                        written.push((column.name.to_string(), says));
                    }
                }
                GivenRow {
                    kind: shape.name.to_string(),
                    cells: written,
                }
            })
            .collect()
    }
}

/// A cell as it is written in facts; nothing where it is empty.
pub(crate) fn in_words(cell: &Cell) -> Option<String> {
    match cell {
        Cell::Number(figure) => Some(figure.to_string()),
        Cell::Text(text) => Some(text.to_string()),
        Cell::Date(day) => Some(day.to_string()),
        Cell::Flag(holds) => Some(holds.to_string()),
        Cell::Partner(partner) => Some(partner.as_str().to_owned()),
        Cell::Empty => None,
    }
}
