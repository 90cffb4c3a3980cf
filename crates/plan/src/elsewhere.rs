//! What other languages, spreadsheets and products call what a plan writes in its own words.
//!
//! Whoever comes from elsewhere writes `sum(…)`, `cap:` or `to: 100`, and the nearest known word is seldom what was meant. This is a
//! table of what to write instead; it accepts nothing and changes no meaning. The module must never know a plan.

use crate::keys::Place;

/// What to write in place of a function that is called so elsewhere.
///
/// ```
/// use trueup_plan::elsewhere;
///
/// let help = elsewhere::function("avg").ok_or("a help")?;
/// assert!(help.contains("quotient"));
/// assert_eq!(elsewhere::function("rates"), None);
/// # Ok::<(), &str>(())
/// ```
#[must_use]
pub fn function(name: &str) -> Option<&'static str> {
    Some(match name {
        "sum" => {
            "rows are added up in a measure, `sum: sale.amount`; windows by sum_by(x, month), everyone by total(x)"
        }
        "count" => "rows are counted in a measure: `count: sale`",
        "sumif" | "sumifs" | "sum_if" | "countif" | "countifs" | "count_if" | "averageif" => {
            "write a measure with `where`"
        }
        "avg" | "average" | "mean" => "an average is a quotient of two measures: sales / deals",
        "max" => {
            "the largest of several is greatest(a, b); of rows a measure with `max`; of windows max_by(x, month)"
        }
        "min" => {
            "the smallest of several is least(a, b); of rows a measure with `min`; of windows min_by(x, month)"
        }
        "iff" | "iif" | "ifs" | "switch" | "choose" | "decode" => {
            "a choice is written `case when … then … else … end`"
        }
        "nvl" | "ifnull" | "isnull" | "is_null" | "iferror" | "if_error" | "zeroifnull"
        | "default" => {
            "coalesce(x, y), or otherwise(x, y) for undefined alone; to ask: x is missing"
        }
        "floor" | "ceil" | "ceiling" | "trunc" | "truncate" | "int" | "roundup" | "rounddown"
        | "round_up" | "round_down" => "round(x, to => 1, mode => floor), or another mode",
        "mod" | "remainder" => {
            "there is no remainder; x - n * round(x / n, to => 1, mode => floor) is one"
        }
        "lookup" | "vlookup" | "hlookup" | "xlookup" | "index" | "match" | "tier" | "band" => {
            "a table is asked by its name: rates(sales)"
        }
        "ytd" => "year_to_date(x)",
        "qtd" | "mtd" | "quarter_to_date" | "month_to_date" | "period_to_date" => {
            "a component with `over: quarter` and `every: month` is asked for the quarter so far"
        }
        "lag" | "lead" | "prior" | "last" => "previous(x), previous(x, 2)",
        "last_year" | "prior_year" => "previous_year(x)",
        "rolling" | "moving" | "last_months" => "trailing(x, 12 months)",
        "cumulative" | "cumsum" | "running_total" | "running_sum" => {
            "over rows running(x), over time since_start(x) or year_to_date(x)"
        }
        "datediff" | "date_diff" | "days" => "days_between(a, b), months_between(a, b)",
        "dateadd" | "date_add" | "add_months" | "add_days" | "edate" => {
            "add a length: day + 3 months"
        }
        "today" | "now" | "current_date" => {
            "there is no today; window.last is the last day of what is asked"
        }
        "year" | "quarter" | "month" | "day" | "weekday" | "month_of" | "year_of" => {
            "dates are compared; months_between(date '2000-01-01', day) counts months"
        }
        "median" | "percentile" | "percentrank" | "stdev" | "stddev" | "variance" => {
            "there is none; rank(x) says a partner's place, total(1) how many there are"
        }
        "pow" | "power" | "sqrt" | "exp" | "log" | "ln" => {
            "there are no powers or logarithms; interest is a carried value"
        }
        "concat" | "substring" | "left" | "right" | "like" | "contains" | "starts_with"
        | "upper" | "lower" | "trim" => {
            "texts are compared whole; make a column where facts come in"
        }
        "prorate" | "pro_rate" => {
            "a term with `per` is shared out by itself; else window.days / window.full_days"
        }
        _ => return None,
    })
}

/// What to write in place of a key that is called so elsewhere.
///
/// ```
/// use trueup_plan::elsewhere;
/// use trueup_plan::keys::Place;
///
/// assert_eq!(elsewhere::key(Place::Component, "cap"), Some("at_most: the most it pays"));
/// assert_eq!(elsewhere::key(Place::Component, "pays"), None);
/// ```
#[must_use]
pub fn key(place: Place, name: &str) -> Option<&'static str> {
    match place {
        Place::Component => of_component(name),
        Place::Table => of_table(name),
        Place::Measure => of_measure(name),
        Place::Limit => of_limit(name),
        Place::Value => Some(match name {
            "value" | "expression" | "calculation" | "calc" => "formula: sales / target.sales",
            _ => return None,
        }),
        Place::Term => Some(match name {
            "default" | "value" => "agreed: what holds where an agreement says nothing",
            "type" | "holds" => "unit: money",
            "period" | "frequency" | "every" => "per: year",
            _ => return None,
        }),
        Place::Fact => Some(match name {
            "date" | "on" | "at" => "dated: sale.invoiced_on",
            "fields" | "properties" => "columns: { partner: partner, on: date, amount: money }",
            "credit" | "credits" | "splits" | "split" => {
                "credited: a list of { to: sale.seller, role: sold, share: 60% }"
            }
            _ => return None,
        }),
        Place::Credit => Some(match name {
            "partner" | "who" => "to: sale.seller",
            "weight" | "split" | "percent" | "percentage" => "share: 60%",
            _ => return None,
        }),
        Place::Instalment => Some(match name {
            "percent" | "percentage" | "amount" | "part" => "share: 80%",
            "when" | "in" | "delay" => "after: 6 months, on: 2026-06-30, or if: a condition",
            _ => return None,
        }),
        Place::Use => Some(match name {
            "name" | "from" => "template: draw@1",
            "prefix" | "called" => "as: advance",
            "parameters" | "given" | "arguments" => "with: { amount: 1_000 }",
            _ => return None,
        }),
        Place::Parameter => Some(match name {
            "type" | "holds" | "of" => "unit: money",
            "kind" | "name" => "names: fact",
            _ => return None,
        }),
        Place::Plan
        | Place::Calendar
        | Place::Rounding
        | Place::Objective
        | Place::Band
        | Place::Recovery
        | Place::Corrections
        | Place::Fund
        | Place::Contingency
        | Place::Within
        | Place::Guardrail
        | Place::Body
        | Place::Approval
        | Place::Review
        | Place::Disputes
        | Place::WindingDown => None,
    }
}

/// Whether a column of a band can only have been meant as its upper bound, which bands do not have.
///
/// ```
/// assert!(trueup_plan::elsewhere::is_upper_bound("to"));
/// assert!(!trueup_plan::elsewhere::is_upper_bound("rate"));
/// ```
#[must_use]
pub fn is_upper_bound(name: &str) -> bool {
    matches!(
        name,
        "to" | "up_to" | "upto" | "until" | "below" | "less_than"
    )
}

fn of_component(name: &str) -> Option<&'static str> {
    Some(match name {
        "rate" | "percent" | "percentage" | "amount" | "formula" | "value" | "pay" | "payout"
        | "base" => "pays: 5% * sales",
        "tiers" | "bands" | "table" => "write a table and ask it: `pays: rates(sales)`",
        "cap" | "max" | "maximum" | "ceiling" | "limit" => "at_most: the most it pays",
        "floor" | "min" | "minimum" | "guarantee" => "at_least: the least it pays",
        "if" | "when" | "condition" | "requires" | "threshold" | "only_if" => {
            "gate: what must hold for the window; `where` is asked on each row"
        }
        "filter" => "where: which rows it pays on, with `each: sale`",
        "period" | "window" | "per" => "over: quarter",
        "frequency" | "interval" | "settled" | "paid_every" => "every: month",
        "eligible" | "eligibility" | "partners" | "who" | "applies_to" => {
            "for: partner.type = 'reseller'"
        }
        "holdback" | "schedule" | "release" | "instalments" | "installments" => {
            "paid: a list of { share: 80% }, { share: 20%, after: 6 months }"
        }
        "clawback" => "a clawback is a smaller share kept, in the formula of `pays`",
        "split" | "share" => "shares of a row stand in `credited` of its kind of fact",
        _ => return None,
    })
}

fn of_table(name: &str) -> Option<&'static str> {
    Some(match name {
        "tiers" | "steps" | "levels" | "brackets" | "slabs" => {
            "bands: a list of { from: 0, rate: 1% }"
        }
        "method" | "mode" | "type" | "kind" | "marginal" | "pays" => {
            "each_band: rate * slice for slices, one_band: rate for the band reached, line: pay for straight lines"
        }
        "argument" | "input" | "measure" | "by" | "basis" => {
            "of: a name for the argument inside the table; it is asked as rates(sales)"
        }
        "rate" | "value" => "the rate is a column of each band: { from: 0, rate: 1% }",
        _ => return None,
    })
}

fn of_measure(name: &str) -> Option<&'static str> {
    Some(match name {
        "avg" | "average" | "mean" => "an average is a quotient of two measures: sales / deals",
        "filter" | "if" | "when" => "where: sale.amount >= 100",
        "formula" | "field" | "column" | "value" | "of" => "sum: sale.amount",
        "group_by" | "per" | "dimension" => "by: sale.product",
        "distinct" | "unique" => "count_distinct: sale.customer",
        "date" | "on" | "dated" => "at: sale.paid_on",
        "first" | "last" => "latest, or min and max of a date",
        _ => return None,
    })
}

fn of_limit(name: &str) -> Option<&'static str> {
    Some(match name {
        "cap" | "max" | "maximum" => "at_most: 250_000",
        "floor" | "min" | "minimum" => "at_least: 2_000",
        "components" | "of" | "holds" => "on: [bonus, extra]",
        "period" | "per" | "window" => "over: year",
        _ => return None,
    })
}
