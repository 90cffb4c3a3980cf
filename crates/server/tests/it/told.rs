//! What the program behind a server says: longer answers, each of the same few figures.

use trueup_server::wire::{
    Board, Clause, Exception, ExceptionList, Explanation, FactPage, FeedQuality, Feeds, Figure,
    FigureKind, Freshness, LineExplanation, Money, Owed, Partner, Permitted, RowProblem, SetAside,
    SetAsideCell, WhatIfAnswer, WhatIfForm,
};

pub fn euros(amount: &str) -> Money {
    Money {
        amount: amount.to_owned(),
        currency: "EUR".to_owned(),
    }
}

pub fn partner_told(partner: &str) -> Partner {
    Partner {
        id: partner.to_owned(),
        name: partner.to_owned(),
        parent: None,
        attributes: Default::default(),
        agreements: Vec::new(),
    }
}

pub fn fresh() -> Freshness {
    Freshness {
        snapshot: 1,
        sources: Vec::new(),
    }
}

pub fn exception(id: u64, partner: &str) -> Exception {
    Exception {
        id,
        partner: partner.to_owned(),
        partner_name: partner.to_owned(),
        money: euros("250.00"),
        reason: "goodwill".to_owned(),
        because: "the portal was down".to_owned(),
        on: "2026-04-02".to_owned(),
        gives_up: None,
        proposed_by: "u-9".to_owned(),
        approved_by: None,
        batch: None,
        may_approve: Permitted::yes(),
    }
}

pub fn whatif_form(partner: &str) -> WhatIfForm {
    WhatIfForm {
        partner: partner.to_owned(),
        partner_name: partner.to_owned(),
        plan_title: "Plan".to_owned(),
        currency: "EUR".to_owned(),
        from: "2026-01-01".to_owned(),
        closed_until: None,
        last: None,
        suggested_on: "2026-03-31".to_owned(),
        kinds: Vec::new(),
    }
}

pub fn board(partner: &str) -> Board {
    Board {
        partner: partner_told(partner),
        now: None,
        objectives: Vec::new(),
        targets: Vec::new(),
        money: Vec::new(),
        progress: Vec::new(),
        periods: Vec::new(),
        next_dates: Vec::new(),
        open_disputes: 0,
        freshness: fresh(),
        notes: Vec::new(),
    }
}

pub fn feeds() -> Feeds {
    Feeds {
        snapshot: 1,
        on: "2026-04-02".to_owned(),
        feeds: Vec::new(),
        set_aside: 1,
        quarantine: vec![SetAside {
            name: "1:4".to_owned(),
            source: "shop".to_owned(),
            file: "sales.csv".to_owned(),
            line: 4,
            id: "7".to_owned(),
            taken_on: "2026-04-02".to_owned(),
            problems: vec![RowProblem {
                column: "amount".to_owned(),
                value: Some("1,250.00".to_owned()),
                code: "number".to_owned(),
                says: Some("`1,250.00` is no number".to_owned()),
                help: "write 1250.00".to_owned(),
            }],
            cells: vec![SetAsideCell {
                column: "amount".to_owned(),
                value: "1,250.00".to_owned(),
            }],
            may_mend: Permitted::yes(),
        }],
        may_settle: Permitted::yes(),
        may_replay: Permitted::yes(),
    }
}

pub fn feed_quality(source: &str) -> FeedQuality {
    FeedQuality {
        source: source.to_owned(),
        rows: 1,
        delivered: 1,
        duplicates: 0,
        corrected: 0,
        cancelled: 0,
        twin_rows: 0,
        far_out: 0,
        first_day: None,
        last_day: None,
        findings: Vec::new(),
    }
}

pub fn partner_facts(partner: &str) -> FactPage {
    FactPage {
        partner: partner.to_owned(),
        partner_name: partner.to_owned(),
        currency: "EUR".to_owned(),
        kinds: vec!["sale".to_owned()],
        kind: "sale".to_owned(),
        is: "A sale".to_owned(),
        columns: Vec::new(),
        count: 0,
        facts: Vec::new(),
        next: None,
        may_doubt: Permitted::yes(),
    }
}

pub fn exceptions() -> ExceptionList {
    ExceptionList {
        exceptions: vec![exception(9, "P-1"), exception(10, "P-2")],
        reasons: vec!["goodwill".to_owned()],
        currency: "EUR".to_owned(),
        owed: vec![Owed {
            partner: "P-2".to_owned(),
            partner_name: "P-2".to_owned(),
            component: "bonus".to_owned(),
            settled_on: "2026-03-31".to_owned(),
            money: euros("5.00"),
        }],
        may_propose: Permitted::yes(),
    }
}

pub fn whatif(partner: &str) -> WhatIfAnswer {
    WhatIfAnswer {
        partner: partner.to_owned(),
        currency: "EUR".to_owned(),
        until: "2026-03-31".to_owned(),
        closed_until: None,
        nothing_else_from: None,
        before: euros("1.00"),
        after: euros("2.00"),
        more: euros("1.00"),
        lines: Vec::new(),
        tiers: Vec::new(),
        caps: Vec::new(),
        because: Vec::new(),
        notes: Vec::new(),
    }
}

pub fn explanation(partner: &str, asked: &str, line: &str) -> LineExplanation {
    let figure = Figure {
        kind: FigureKind::Number,
        exact: Some("1".to_owned()),
        unit: "EUR".to_owned(),
        shown: "1.00 EUR".to_owned(),
        no_answer: None,
    };
    LineExplanation {
        partner: partner.to_owned(),
        period: asked.to_owned(),
        line: line.to_owned(),
        under: String::new(),
        words: Vec::new(),
        clause: Clause {
            file: "plans/plan.yaml".to_owned(),
            line: 1,
            text: String::new(),
        },
        to_date: None,
        before: "0.00".to_owned(),
        posted: None,
        currency: "EUR".to_owned(),
        since: None,
        tree: Explanation {
            about: "component".to_owned(),
            name: "bonus".to_owned(),
            part: String::new(),
            is: String::new(),
            formula: None,
            partner: partner.to_owned(),
            period: asked.to_owned(),
            figure,
            band: None,
            row: None,
            rows: None,
            is_repeated: false,
            is_cut: false,
            inputs: Vec::new(),
        },
        notes: Vec::new(),
    }
}
