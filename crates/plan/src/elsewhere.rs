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
        "if" | "iff" | "iif" | "ifs" | "switch" | "choose" | "decode" => {
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
        "lag" | "lead" | "prior" | "prev" | "last" => "previous(x), previous(x, 2)",
        "last_year" | "prior_year" => "previous_year(x)",
        "rolling" | "moving" | "last_months" => "trailing(x, 12 months)",
        "cumulative" | "cumsum" | "running_total" | "running_sum" => {
            "over rows running(x), over time since_start(x) or year_to_date(x)"
        }
        "datediff" | "date_diff" | "days" => "days_between(a, b), months_between(a, b)",
        "date" | "datevalue" | "parse_date" => {
            "a day is written date '2026-01-31', without brackets"
        }
        "percent" | "pct" => "write the number with its sign: 5%",
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

/// What is wrong, with `{}` for the word itself, and what to write where a formula goes on with a word as speech or a query would.
///
/// ```
/// use trueup_plan::elsewhere;
///
/// let (_, help) = elsewhere::word("of").ok_or("a help")?;
/// assert_eq!(help, "multiply: 5% * sales");
/// assert_eq!(elsewhere::word("sales"), None);
/// # Ok::<(), &str>(())
/// ```
#[must_use]
pub fn word(word: &str) -> Option<(&'static str, &'static str)> {
    let no_operator = "{} is no operator";
    Some(match word {
        "if" | "unless" | "where" => (
            "formulas have no {}",
            "a choice is written `case when … then … else … end`",
        ),
        "elif" | "elsif" | "elseif" | "else_if" => (
            "formulas have no {}",
            "write another `when … then …` before `else`",
        ),
        "of" => ("{} stands between two values", "multiply: 5% * sales"),
        "per" | "each" | "every" => (
            "{} stands between two values",
            "multiply: 500 * deals; for each row a component says `each: sale`",
        ),
        "as" => (
            "{} gives no name here",
            "a name stands before its colon: `sales: { sum: sale.amount }`",
        ),
        "plus" => (no_operator, "write `+`"),
        "minus" => (no_operator, "write `-`"),
        "times" | "x" => (no_operator, "write `*`"),
        "divided" | "div" => (no_operator, "write `/`"),
        "equals" | "equal" | "eq" => (no_operator, "write `=`"),
        "greater" | "more" | "over" | "above" | "exceeds" | "gt" => (
            no_operator,
            "write `>`, or `>=` where the bound itself counts",
        ),
        "less" | "under" | "below" | "lt" => (
            no_operator,
            "write `<`, or `<=` where the bound itself counts",
        ),
        "gte" | "ge" => (no_operator, "write `>=`"),
        "lte" | "le" => (no_operator, "write `<=`"),
        "like" | "ilike" | "contains" | "matches" | "starts_with" | "begins" => (
            "formulas have no patterns, so no {}",
            "texts are compared whole: x = 'A', x in ('A', 'B'); or make a column where facts come in",
        ),
        "mod" => (
            no_operator,
            "there is no remainder; x - n * round(x / n, to => 1, mode => floor) is one",
        ),
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
        Place::Plan => of_plan(name),
        Place::Calendar => Some(match name {
            "fiscal_year" | "starts" | "year" | "year_start" | "start" | "begins" => {
                "year_starts: 04-01"
            }
            "pattern" | "retail" | "quarters" | "type" => "weeks: 4-4-5",
            "months" | "dates" | "windows" => "periods: [2026-01-05, 2026-02-02]",
            _ => return None,
        }),
        Place::Rounding => Some(match name {
            "places" | "decimals" | "digits" | "precision" | "step" | "nearest" | "unit" => {
                "to: 0.01 for two places"
            }
            "method" | "direction" | "rule" | "type" => "mode: half_away, or another mode",
            _ => return None,
        }),
        Place::Band => lower_bound(name),
        Place::Contingency | Place::Guardrail => of_trigger(name),
        Place::Fund => Some(match name {
            "rate" | "amount" | "accrual" | "accrued" | "earns" | "pays" | "credit" | "credits" => {
                "accrues: 2% * sales"
            }
            "covers" | "share" | "reimbursement" | "percent" => "reimburses: 50%",
            "expires" | "expiry" | "lasts" | "valid_for" => "expires_after: 12 months",
            "claim" | "expense" | "cost" => "claims: claim.cost",
            _ => return None,
        }),
        Place::Objective
        | Place::Recovery
        | Place::Corrections
        | Place::Within
        | Place::Body
        | Place::Approval
        | Place::Review
        | Place::Disputes
        | Place::WindingDown => None,
    }
}

/// A small block as it is written, where text or a list stands in its place.
#[must_use]
pub fn example(place: Place) -> Option<&'static str> {
    Some(match place {
        Place::Rounding => "{ to: 0.01, mode: half_away }",
        Place::Calendar => {
            "{ year_starts: 04-01 }, { weeks: 4-4-5 } or { periods: [2026-01-05, 2026-02-02] }"
        }
        Place::Recovery => "{ from: [held, next_payouts], at_most: 50% of each payout }",
        Place::Corrections => "{ reach_back: 2 quarters }",
        Place::Within => "{ lowest: 0, highest: 1_000_000 }",
        Place::Disputes => "{ open_within: 30 days, answer_within: 10 days, path: [finance] }",
        Place::WindingDown => "{ last_claims: 60 days }",
        Place::Plan
        | Place::Objective
        | Place::Fact
        | Place::Credit
        | Place::Use
        | Place::Parameter
        | Place::Term
        | Place::Measure
        | Place::Value
        | Place::Table
        | Place::Band
        | Place::Component
        | Place::Instalment
        | Place::Limit
        | Place::Fund
        | Place::Contingency
        | Place::Guardrail
        | Place::Body
        | Place::Approval
        | Place::Review => return None,
    })
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

/// What a band's lower bound is called elsewhere.
fn lower_bound(name: &str) -> Option<&'static str> {
    Some(match name {
        "min" | "minimum" | "at_least" | "start" | "starts" | "threshold" | "lower" | "low" => {
            "from: 0, which holds its bound itself; above: 0 leaves it to the band below"
        }
        "over" | "more_than" | "greater_than" | "exceeds" | "after" => {
            "above: 0, which leaves its bound to the band below; from: 0 holds it itself"
        }
        "value" | "equal" | "is" | "when" | "if" => "equals: gold",
        "else" | "default" | "other" => "otherwise: yes",
        _ => return None,
    })
}

/// What the parts of a contingency or a guardrail are called elsewhere.
fn of_trigger(name: &str) -> Option<&'static str> {
    Some(match name {
        "if" | "condition" | "trigger" | "where" => "when: while this holds",
        "then" | "change" | "sets" | "set" | "do" | "overrides" => {
            "changes: { target.sales: 75% * was }"
        }
        "for" | "duration" | "until" | "during" => "lasts: 2 quarters",
        "approval" | "approver" | "by" => "approved_by: [steering_committee]",
        "action" | "severity" | "result" => "effect: warn, hold, cap or review",
        "min" | "max" | "bounds" | "limits" => "within: { lowest: 50% * agreed }",
        _ => return None,
    })
}

fn of_plan(name: &str) -> Option<&'static str> {
    Some(match name {
        "name" | "id" | "program" => "plan: a name in lower case",
        "description" | "summary" => "is: the plan in one sentence",
        "frequency" | "interval" | "settlement" => "period: quarter",
        "fiscal_year" | "year_starts" | "year" => "calendar: { year_starts: 04-01 }",
        "rounding" => "money: { to: 0.05 }",
        "data" | "inputs" | "sources" | "events" | "transactions" | "columns" => {
            "facts: the kinds of rows the plan reads, with their columns"
        }
        "targets" | "quotas" | "constants" | "variables" | "assumptions" | "params" => {
            "terms: what each agreement fills in; values: what follows from other names"
        }
        "metrics" | "kpis" | "aggregates" => "measures: rows to one number",
        "formulas" | "calculations" | "expressions" | "definitions" => "values: named formulas",
        "tiers" | "rates" | "bands" | "brackets" | "schedules" | "grids" => {
            "tables: rates and amounts by band"
        }
        "rules" | "payouts" | "payments" | "bonuses" | "commissions" | "rewards" | "incentives" => {
            "components: what pays"
        }
        "caps" | "cap" | "maximums" | "minimums" => {
            "limits: what holds several components together"
        }
        "goals" => "objectives: a list of { goal: …, by: [sales] }",
        "tests" | "cases" => "examples: names of folders in cases/",
        "clawbacks" | "clawback" => {
            "a clawback is a smaller share kept, in the formula of `pays`; `recovers` of a component says where it is taken from"
        }
        _ => return None,
    })
}

/// What a type of a column or a term is called elsewhere.
///
/// ```
/// assert_eq!(trueup_plan::elsewhere::type_of("boolean"), Some("flag"));
/// assert_eq!(trueup_plan::elsewhere::type_of("money"), None);
/// ```
#[must_use]
pub fn type_of(name: &str) -> Option<&'static str> {
    Some(match name.to_ascii_lowercase().as_str() {
        "boolean" | "bool" | "yes/no" | "yesno" | "logical" => "flag",
        "string" | "str" | "varchar" | "char" | "word" | "id" | "enum" | "category" => "text",
        "integer" | "int" | "bigint" | "quantity" | "units" | "number of" => "count",
        "decimal" | "number" | "numeric" | "float" | "double" => {
            "money, count, score or ratio: what the number is of"
        }
        "percent" | "percentage" | "pct" | "%" | "rate" | "factor" => "ratio",
        "amount" | "currency" | "usd" | "eur" | "gbp" | "dollar" | "dollars" | "price" => {
            "money; a price is `money per count`"
        }
        "datetime" | "timestamp" | "day" | "time" => "date",
        "points" | "rating" => "score",
        "reseller" | "customer" | "account" | "user" | "person" => "partner, or text",
        "period" | "interval" => "duration",
        _ => return None,
    })
}

/// What a way to round is called elsewhere.
#[must_use]
pub fn rounding(name: &str) -> Option<&'static str> {
    Some(match name {
        "half_up" | "nearest" | "normal" | "commercial" | "standard" | "round" => "half_away",
        "bankers" | "banker" | "bank" | "even" => "half_even",
        "truncate" | "trunc" | "rounddown" | "towards_zero" | "cut" => "down",
        "ceil" => "ceiling",
        "roundup" | "away_from_zero" => "up",
        _ => return None,
    })
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
