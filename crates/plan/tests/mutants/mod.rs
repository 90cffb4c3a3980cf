//! Plans with exactly one thing changed in their tree, and what that thing is called.
#![allow(dead_code, reason = "each suite takes what it needs")]

use trueup_base::calendar::WindowUnit;
use trueup_base::date::Duration;
use trueup_base::exact::Exact;
use trueup_base::rounding::Rounding;
use trueup_plan::tree::walk::{formulas_of_table_mut, parts_mut};
use trueup_plan::tree::{
    BoundKind, Call, Comparison, Cut, Elsewhere, Expr, Fold, FoldBy, Form, Literal, Name,
    NoAnswerKind, Operator, Plan, Reading, Spread, Text, ValueId, Within,
};

/// Numbers drawn from a seed, one after the other.
pub struct Draw(pub u64);

impl Draw {
    /// A number below `count`.
    pub fn below(&mut self, count: usize) -> usize {
        // The constants of Knuth's MMIX generator; its upper bits are the good ones.
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as usize) % count.max(1)
    }

    /// One of a list.
    pub fn one<'l, T>(&mut self, list: &'l [T]) -> Option<&'l T> {
        list.get(self.below(list.len()))
    }
}

/// A changed plan.
pub struct Mutant {
    /// The plan.
    pub plan: Plan,
    /// What was changed, by its name.
    pub name: String,
    /// What was done to it.
    pub done: String,
    /// Only words were changed.
    pub is_wording: bool,
}

/// Changes one thing of a plan; nothing where the draw falls on something that cannot be changed.
pub fn mutant(plan: &Plan, draw: &mut Draw) -> Option<Mutant> {
    let mut changed = plan.clone();
    let is_wording = draw.below(10) == 0;
    let (name, done) = if is_wording {
        words(&mut changed, draw)?
    } else {
        match draw.below(9) {
            0 => head(&mut changed, draw)?,
            1 => term(&mut changed, draw)?,
            2 => measure(&mut changed, draw)?,
            3 => value(&mut changed, draw)?,
            4 | 5 => table(&mut changed, draw)?,
            6 | 7 => component(&mut changed, draw)?,
            _ => match draw.below(3) {
                0 => limit(&mut changed, draw)?,
                1 => kind(&mut changed, draw)?,
                _ => governance(&mut changed, draw)?,
            },
        }
    };
    Some(Mutant {
        plan: changed,
        name,
        done,
        is_wording,
    })
}

type Done = Option<(String, String)>;

fn done(name: &Text, what: impl Into<String>) -> Done {
    Some((name.to_string(), what.into()))
}

fn other_window(unit: WindowUnit) -> WindowUnit {
    match unit {
        WindowUnit::Quarter => WindowUnit::Year,
        _ => WindowUnit::Quarter,
    }
}

fn other_within(within: &mut Option<Within>) {
    let ends = within.get_or_insert_default();
    ends.lowest = Some(match &ends.lowest {
        Some(lowest) => lowest - &Exact::ONE,
        None => Exact::from_int(-7),
    });
}

fn head(plan: &mut Plan, draw: &mut Draw) -> Done {
    let name = plan.name.clone();
    match draw.below(3) {
        0 => {
            plan.reach_back = match plan.reach_back {
                None => Some(Duration { months: 6, days: 0 }),
                Some(_) => None,
            };
            done(&name, "reach back")
        }
        1 => {
            // What every component takes over from the head goes with it.
            let old = plan.money.clone();
            plan.money.to = &plan.money.to + &Exact::ONE;
            for component in &mut plan.components {
                if component.rounding.as_ref() == Some(&old) {
                    component.rounding = Some(plan.money.clone());
                }
            }
            done(&name, "money")
        }
        _ => {
            let old = plan.period;
            plan.period = other_window(old);
            let window = |own: &mut WindowUnit| {
                if *own == old {
                    *own = other_window(old);
                }
            };
            for component in &mut plan.components {
                if component.every == component.over {
                    window(&mut component.every);
                }
                window(&mut component.over);
            }
            for limit in &mut plan.limits {
                window(&mut limit.over);
            }
            done(&name, "period")
        }
    }
}

fn term(plan: &mut Plan, draw: &mut Draw) -> Done {
    let at = draw.below(plan.terms.len());
    let term = plan.terms.get_mut(at)?;
    let name = term.name.clone();
    match (draw.below(4), &mut term.agreed) {
        (3, _) => {
            other_within(&mut term.within);
            done(&name, "within")
        }
        (0, Some(agreed)) => {
            let what = formula(agreed, &[], draw)?;
            done(&name, format!("agreed: {what}"))
        }
        (1, _) => {
            term.per = match term.per {
                None => Some(WindowUnit::Year),
                Some(unit) => Some(other_window(unit)),
            };
            done(&name, "per")
        }
        (_, _) if term.per.is_some() => {
            term.spread = match &term.spread {
                Spread::Days => Spread::Even,
                Spread::Even | Spread::Weights(_) => Spread::Days,
            };
            done(&name, "spread")
        }
        (_, _) => None,
    }
}

fn measure(plan: &mut Plan, draw: &mut Draw) -> Done {
    let at = draw.below(plan.measures.len());
    let measure = plan.measures.get_mut(at)?;
    let name = measure.name.clone();
    match draw.below(6) {
        5 => {
            other_within(&mut measure.within);
            done(&name, "within")
        }
        0 => {
            let what = formula(measure.of.as_mut()?, &[], draw)?;
            done(&name, format!("of: {what}"))
        }
        1 => {
            let what = formula(measure.filter.as_mut()?, &[], draw)?;
            done(&name, format!("where: {what}"))
        }
        2 => {
            measure.filter.take()?;
            done(&name, "where taken out")
        }
        3 => {
            measure.fold = match measure.fold {
                Fold::Min => Fold::Max,
                Fold::Sum | Fold::Max | Fold::Latest => Fold::Min,
                Fold::Count | Fold::CountDistinct => return None,
            };
            done(&name, "fold")
        }
        _ => {
            measure.role = "somebody_else".into();
            done(&name, "role")
        }
    }
}

fn value(plan: &mut Plan, draw: &mut Draw) -> Done {
    let at = draw.below(plan.values.len());
    let names = names(plan);
    let value = plan.values.get_mut(at)?;
    let name = value.name.clone();
    if draw.below(6) == 0 {
        value.every = match value.every {
            None => Some(WindowUnit::Month),
            Some(_) => None,
        };
        return done(&name, "every");
    }
    let what = formula(&mut value.formula, &names, draw)?;
    done(&name, what)
}

/// Values that may stand for one another.
fn names(plan: &Plan) -> Vec<ValueId> {
    (0..plan.values.len())
        .filter_map(|at| u16::try_from(at).ok().map(ValueId))
        .collect()
}

fn table(plan: &mut Plan, draw: &mut Draw) -> Done {
    let at = draw.below(plan.tables.len());
    let table = plan.tables.get_mut(at)?;
    let name = table.name.clone();
    match draw.below(4) {
        0 => {
            let Reading::OneBand(formula) = &table.reading else {
                return None;
            };
            table.reading = Reading::EachBand(formula.clone());
            done(&name, "reading")
        }
        1 => {
            let axis = draw.below(table.axes.len());
            let axis = table.axes.get_mut(axis)?;
            let bound = draw.below(axis.bounds.len());
            if bound == 0 {
                // To whom the lowest bound belongs is not asked.
                return None;
            }
            let bound = axis.bounds.get_mut(bound)?;
            bound.is = match &bound.is {
                BoundKind::From(formula) => BoundKind::Above(formula.clone()),
                BoundKind::Above(formula) => BoundKind::From(formula.clone()),
                BoundKind::Lowest
                | BoundKind::At(_)
                | BoundKind::Equals(_)
                | BoundKind::Otherwise => return None,
            };
            done(&name, "bound belongs to the other")
        }
        _ => {
            let mut formulas = formulas_of_table_mut(table);
            let at = draw.below(formulas.len());
            let what = formula(formulas.get_mut(at)?, &[], draw)?;
            done(&name, what)
        }
    }
}

fn component(plan: &mut Plan, draw: &mut Draw) -> Done {
    let at = draw.below(plan.components.len());
    let names = names(plan);
    let component = plan.components.get_mut(at)?;
    let name = component.name.clone();
    match draw.below(12) {
        0 => {
            component.over = other_window(component.over);
            done(&name, "over")
        }
        1 => {
            component.every = other_window(component.every);
            done(&name, "every")
        }
        2 => {
            component.gate.take()?;
            done(&name, "gate taken out")
        }
        3 => {
            let rounding = component.rounding.as_mut()?;
            rounding.mode = match rounding.mode {
                Rounding::Floor => Rounding::Ceiling,
                _ => Rounding::Floor,
            };
            done(&name, "rounding")
        }
        4 => {
            component.at_most.take()?;
            done(&name, "cap taken out")
        }
        5 => {
            component.at_least = match component.at_least.take() {
                None => Some(component.pays.clone()),
                Some(_) => None,
            };
            done(&name, "floor")
        }
        6 => {
            let line = component.paid.first_mut()?;
            line.waits = !line.waits;
            done(&name, "schedule")
        }
        7 => {
            component.each.as_mut()?.filter.take()?;
            done(&name, "where taken out")
        }
        8 => {
            let what = formula(component.gate.as_mut()?, &names, draw)?;
            done(&name, format!("gate: {what}"))
        }
        9 => {
            let what = formula(component.at_most.as_mut()?, &names, draw)?;
            done(&name, format!("at_most: {what}"))
        }
        _ => {
            let what = formula(&mut component.pays, &names, draw)?;
            done(&name, format!("pays: {what}"))
        }
    }
}

fn limit(plan: &mut Plan, draw: &mut Draw) -> Done {
    let at = draw.below(plan.limits.len());
    let limit = plan.limits.get_mut(at)?;
    let name = limit.name.clone();
    match draw.below(4) {
        0 => {
            limit.cut = match limit.cut {
                Cut::LastFirst => Cut::ProRata,
                Cut::ProRata => Cut::LastFirst,
            };
            done(&name, "cut")
        }
        1 => {
            limit.on.reverse();
            (limit.on.len() > 1).then_some(())?;
            done(&name, "on")
        }
        2 => {
            limit.over = other_window(limit.over);
            done(&name, "over")
        }
        _ => {
            let what = formula(limit.at_most.as_mut()?, &[], draw)?;
            done(&name, what)
        }
    }
}

fn kind(plan: &mut Plan, draw: &mut Draw) -> Done {
    let at = draw.below(plan.kinds.len());
    let kind = plan.kinds.get_mut(at)?;
    let name = kind.name.clone();
    let line = draw.below(kind.credited.len());
    let line = kind.credited.get_mut(line)?;
    match draw.below(2) {
        0 => {
            line.share = line.share.checked_div(&Exact::from_int(2))?;
            done(&name, "share")
        }
        _ => {
            line.overlay = !line.overlay;
            done(&name, "overlay")
        }
    }
}

fn governance(plan: &mut Plan, draw: &mut Draw) -> Done {
    let at = draw.below(plan.governance.len());
    let block = plan.governance.get_mut(at)?;
    let name = if block.name.is_empty() {
        block.block.clone()
    } else {
        block.name.clone()
    };
    if draw.below(2) == 0 {
        let at = draw.below(block.formulas.len());
        let (path, changed) = block.formulas.get_mut(at)?;
        let path = path.clone();
        let what = formula(changed, &[], draw)?;
        return done(&name, format!("{path}: {what}"));
    }
    let with_formulas: Vec<String> = block
        .formulas
        .iter()
        .map(|(path, _)| path.split('.').next().unwrap_or_default().to_owned())
        .collect();
    let open: Vec<usize> = block
        .says
        .iter()
        .enumerate()
        .filter(|(_, (key, _))| &**key != "is" && !with_formulas.contains(&key.to_string()))
        .map(|(at, _)| at)
        .collect();
    let (key, says) = block.says.get_mut(*draw.one(&open)?)?;
    let key = key.clone();
    *says = format!("{says} more").into();
    done(&name, key.to_string())
}

fn words(plan: &mut Plan, draw: &mut Draw) -> Done {
    let more = |text: &mut Text| *text = format!("{text} and more").into();
    match draw.below(5) {
        0 => {
            let at = draw.below(plan.measures.len());
            let measure = plan.measures.get_mut(at)?;
            more(&mut measure.validated_by);
            done(&measure.name.clone(), "validated_by")
        }
        1 => {
            let at = draw.below(plan.values.len());
            let value = plan.values.get_mut(at)?;
            more(&mut value.is);
            done(&value.name.clone(), "is")
        }
        2 => {
            let at = draw.below(plan.components.len());
            let component = plan.components.get_mut(at)?;
            more(&mut component.is);
            done(&component.name.clone(), "is")
        }
        3 => {
            let at = draw.below(plan.tables.len());
            let table = plan.tables.get_mut(at)?;
            more(&mut table.is);
            done(&table.name.clone(), "is")
        }
        _ => {
            more(&mut plan.title);
            done(&plan.name.clone(), "title")
        }
    }
}

/// Changes one part of a formula, so that it means something else.
fn formula(expr: &mut Expr, values: &[ValueId], draw: &mut Draw) -> Option<String> {
    let count = count(expr);
    let mut at = draw.below(count);
    nth(expr, &mut at, &mut |part| change(part, values))
}

fn count(expr: &mut Expr) -> usize {
    1 + parts_mut(expr).into_iter().map(count).sum::<usize>()
}

fn nth<T>(
    expr: &mut Expr,
    at: &mut usize,
    with: &mut dyn FnMut(&mut Expr) -> Option<T>,
) -> Option<T> {
    if *at == 0 {
        return with(expr);
    }
    *at -= 1;
    for part in parts_mut(expr) {
        let size = count(part);
        if *at < size {
            return nth(part, at, with);
        }
        *at -= size;
    }
    None
}

fn change(part: &mut Expr, values: &[ValueId]) -> Option<String> {
    let what = match &mut part.form {
        Form::Literal(literal) => {
            *literal = match literal {
                Literal::Number(number) => Literal::Number(&*number + &Exact::ONE),
                Literal::Text(text) => Literal::Text(format!("{text}x").into()),
                Literal::Date(day) => {
                    let later = Duration { months: 0, days: 1 }.after(*day)?;
                    Literal::Date(later)
                }
                Literal::Duration(length) => Literal::Duration(Duration {
                    days: length.days + 1,
                    ..*length
                }),
                Literal::Flag(holds) => Literal::Flag(!*holds),
                Literal::Missing => return None,
            };
            "literal"
        }
        Form::Name(Name::Value(id)) => {
            *id = *values.iter().find(|other| **other != *id)?;
            "name"
        }
        Form::Name(_) => return None,
        Form::Arithmetic(operator, _, right) => {
            // Zero and one make no difference to some operators.
            if let Form::Literal(Literal::Number(number)) = &right.form
                && (number.is_zero() || number.abs() == Exact::ONE)
            {
                return None;
            }
            *operator = match operator {
                Operator::Plus => Operator::Minus,
                Operator::Minus => Operator::Plus,
                Operator::Times => Operator::Over,
                Operator::Over => Operator::Times,
            };
            "operator"
        }
        Form::Compared(how, ..) => {
            *how = match how {
                Comparison::Equal => Comparison::NotEqual,
                Comparison::NotEqual => Comparison::Equal,
                Comparison::Less => Comparison::AtMost,
                Comparison::AtMost => Comparison::Less,
                Comparison::More => Comparison::AtLeast,
                Comparison::AtLeast => Comparison::More,
            };
            "comparison"
        }
        Form::Is(_, kind) => {
            *kind = match kind {
                NoAnswerKind::Missing => NoAnswerKind::Undefined,
                NoAnswerKind::Undefined => NoAnswerKind::Missing,
            };
            "is"
        }
        Form::Not(x) => {
            let inner = (**x).clone();
            *part = inner;
            "not"
        }
        Form::And(parts) => {
            part.form = Form::Or(std::mem::take(parts));
            "and"
        }
        Form::Or(parts) => {
            part.form = Form::And(std::mem::take(parts));
            "or"
        }
        Form::Call(call) => return change_call(call).map(str::to_owned),
        Form::Negated(_) | Form::Between(..) | Form::In(..) | Form::Case(..) => return None,
    };
    Some(what.to_owned())
}

fn change_call(call: &mut Call) -> Option<&'static str> {
    match call {
        Call::Least(parts) => {
            *call = Call::Greatest(std::mem::take(parts));
            Some("least")
        }
        Call::Greatest(parts) => {
            *call = Call::Least(std::mem::take(parts));
            Some("greatest")
        }
        Call::Round { mode, .. } => {
            *mode = match mode {
                Rounding::Up => Rounding::Down,
                _ => Rounding::Up,
            };
            Some("mode")
        }
        Call::Asked(elsewhere, _) => {
            *elsewhere = match elsewhere {
                Elsewhere::PreviousYear => Elsewhere::YearToDate,
                Elsewhere::Previous(back, first) => Elsewhere::Previous(*back + 1, first.take()),
                Elsewhere::YearToDate
                | Elsewhere::SinceStart
                | Elsewhere::Trailing(_)
                | Elsewhere::Full
                | Elsewhere::ToDate => Elsewhere::PreviousYear,
            };
            Some("elsewhere")
        }
        Call::FoldedBy(fold, ..) | Call::FoldedKeys(fold, _) => {
            *fold = match fold {
                FoldBy::Sum => FoldBy::Max,
                FoldBy::Min | FoldBy::Max => FoldBy::Sum,
            };
            Some("fold")
        }
        Call::Allocate(allocation) => {
            allocation.rest = match allocation.rest {
                trueup_base::share::Rest::Stays => trueup_base::share::Rest::Largest,
                _ => trueup_base::share::Rest::Stays,
            };
            Some("rest")
        }
        Call::Total { filter, .. } | Call::Rank { filter, .. } => {
            filter.take()?;
            Some("where")
        }
        _ => None,
    }
}
