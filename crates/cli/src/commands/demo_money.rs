//! The demo's money: the example's agreements signed, its quarters closed, a line disputed, a payout ordered.

use std::path::Path;

use trueup_base::date::{Date, parse_date};

use crate::args::{
    AccountArgs, AgreementAcceptArgs, AgreementCommand, AgreementProposeArgs, ApproveArgs,
    BooksBalancesArgs, BooksCommand, ByArgs, ChosenArgs, DisputeCommand, DisputeOpenArgs,
    DisputeResolveArgs, EVERYONE, Format, IngestArgs, JournalOpenArgs, KeysAddArgs, KeysCommand,
    OutcomeArg, PayoutApproveArgs, PayoutCommand, PayoutFileArgs, PayoutOrderArgs,
    PayoutPrepareArgs, PayoutReportArgs, PeriodAcceptArgs, PeriodCalculateArgs, PeriodCloseArgs,
    PeriodCommand, ProfileCommand, ProfileConfirmArgs, ProfileSetArgs, ProgramArgs, RouteArg,
    ScopeArgs, VerifyArgs, WordArg,
};
use crate::commands::{
    agreement, books, demo_return, dispute, ingest, journal, keys, payout, period, profile, verify,
};
use crate::desk::Desk;
use crate::failure::Failure;
use crate::folder;
use crate::output;
use crate::progress::Progress;
use crate::record::Record;
use crate::runs::KeptLine;
use crate::seen::Seen;
use crate::settling;

/// Two people: one prepares, the other approves.
const PREPARES: &str = "u-17";
const APPROVES: &str = "u-4";
/// A third, where something is unusual.
const ALSO_APPROVES: &str = "u-8";

/// An account that no bank has: the example of the standard.
const ACCOUNT: &str = "GB82WEST12345698765432";
/// And the vendor's.
const OWN_ACCOUNT: &str = "DE75512108001245126199";

fn by_iban(iban: &str) -> AccountArgs {
    AccountArgs {
        iban: Some(iban.to_owned()),
        account: None,
        bic: None,
    }
}

fn by(who: &str) -> ByArgs {
    ByArgs { by: who.to_owned() }
}

/// The program of the demo, on which people act.
struct Stage<'a> {
    dir: &'a Path,
    progress: &'a Progress,
}

impl Stage<'_> {
    fn program(&self) -> ProgramArgs {
        ProgramArgs {
            program: self.dir.to_owned(),
        }
    }

    fn chosen(&self, behalf: &str) -> ChosenArgs {
        ChosenArgs {
            agreements: Vec::new(),
            all: true,
            partner: None,
            behalf: behalf.to_owned(),
            key_file: None,
            program: self.program(),
            by: by(PREPARES),
        }
    }

    /// Opens the journal and has every agreement signed, with keys that are kept here and called custodial.
    fn sign(&self) -> Result<(), Failure> {
        journal::open(&JournalOpenArgs {
            program: self.program(),
            by: by(PREPARES),
        })?;
        keys::run(&KeysCommand::Add(KeysAddArgs {
            request: None,
            custodial: Some(EVERYONE.to_owned()),
            program: self.program(),
            by: by(PREPARES),
        }))?;
        let propose = AgreementCommand::Propose(AgreementProposeArgs {
            chosen: self.chosen("vendor"),
            because: "the example's terms".to_owned(),
        });
        agreement::run(&propose, self.progress)?;
        let accept = AgreementCommand::Accept(AgreementAcceptArgs {
            chosen: self.chosen(EVERYONE),
        });
        agreement::run(&accept, self.progress)
    }

    /// Calculates, approves and closes everything until a day.
    fn close(&self, until: Date) -> Result<(), Failure> {
        period::run(
            &PeriodCommand::Calculate(PeriodCalculateArgs {
                run: "latest".to_owned(),
                until: until.to_string(),
                program: self.program(),
                by: by(PREPARES),
            }),
            self.progress,
        )?;
        let desk = Desk::open(self.dir)?;
        let waiting = desk.on_record.periods.waiting.as_ref();
        let totals = waiting
            .map(|one| one.says.totals.clone())
            .unwrap_or_default();
        // A second one looks where a quarter is of an unusual size.
        let needs = waiting.map_or(1, trueup_program::Calculation::needs);
        for approves in [APPROVES, ALSO_APPROVES].iter().take(needs) {
            period::run(
                &PeriodCommand::Approve(ApproveArgs {
                    totals: stated(&totals),
                    program: self.program(),
                    by: by(approves),
                }),
                self.progress,
            )?;
        }
        period::run(
            &PeriodCommand::Close(PeriodCloseArgs {
                program: self.program(),
                by: by(PREPARES),
            }),
            self.progress,
        )
    }

    fn profile(&self, partner: &str, name: &str) -> Result<(), Failure> {
        profile::run(&ProfileCommand::Set(ProfileSetArgs {
            partner: partner.to_owned(),
            name: name.to_owned(),
            country: None,
            town: None,
            account: by_iban(ACCOUNT),
            route: RouteArg::BankTransfer,
            behalf: format!("partner/{partner}"),
            program: self.program(),
            by: by(PREPARES),
        }))?;
        profile::run(&ProfileCommand::Confirm(ProfileConfirmArgs {
            partner: partner.to_owned(),
            program: self.program(),
            by: by(APPROVES),
        }))
    }

    /// Takes in that an order came back, long after its quarter was closed and paid.
    fn late_return(&self, partner: &str, closed: (Date, Date)) -> Result<(), Failure> {
        let Some(returned) = demo_return::write(self.dir, partner, closed)? else {
            return Ok(());
        };
        output::print(&format!(
            "An order line of reseller {partner} comes back: {} of {} for {}, in a quarter that is closed and paid. The real sales \
             have no returns; this one is the demo's.\n",
            returned.order, returned.ordered_on, returned.amount
        ))?;
        ingest::run(
            &IngestArgs {
                program: self.program(),
                source: Some("orders".to_owned()),
                files: vec![returned.file],
                allow_quarantine: false,
                format: Format::Table,
            },
            self.progress,
        )?;
        let folder = folder::open(self.dir)?;
        let everything = ScopeArgs::of(self.program(), None, None);
        let seen = Seen::of(&everything, &folder)?;
        settling::run(&folder, &everything, &seen, self.progress).map(|_| ())
    }

    /// Accepts what is closed, in the partner's name.
    fn accept(&self, partner: &str) -> Result<(), Failure> {
        period::run(
            &PeriodCommand::Accept(PeriodAcceptArgs {
                behalf: format!("partner/{partner}"),
                program: self.program(),
                by: by("u-31"),
            }),
            self.progress,
        )
    }

    fn dispute(&self, line: &KeptLine) -> Result<(), Failure> {
        dispute::run(&DisputeCommand::Open(DisputeOpenArgs {
            component: line.component.clone(),
            partner: line.partner.clone(),
            settled_on: line.settled_until.clone(),
            because: "an order of the last week is missing".to_owned(),
            behalf: format!("partner/{}", line.partner),
            program: self.program(),
            by: by("u-31"),
        }))
    }

    fn answer(&self) -> Result<(), Failure> {
        let desk = Desk::open(self.dir)?;
        let open = desk.on_record.disputes.all().iter();
        let Some(open) = open.rev().find(|one| one.resolved.is_none()) else {
            return Ok(());
        };
        dispute::run(&DisputeCommand::Resolve(DisputeResolveArgs {
            dispute: open.at,
            outcome: OutcomeArg::Rejected,
            because: "the order was invoiced in the next quarter".to_owned(),
            behalf: "vendor".to_owned(),
            program: self.program(),
            by: by(APPROVES),
        }))
    }

    fn prepare(&self, on: Date) -> Result<(), Failure> {
        payout::run(
            &PayoutCommand::Prepare(PayoutPrepareArgs {
                on: on.to_string(),
                program: self.program(),
                by: by(PREPARES),
            }),
            self.progress,
        )
    }

    /// Prepares what is payable, has it approved, orders it, writes its file and reports it as paid.
    fn pay_on(&self, on: Date) -> Result<(), Failure> {
        self.prepare(on)?;
        let desk = Desk::open(self.dir)?;
        let Some(waiting) = &desk.on_record.payouts.waiting else {
            return Ok(());
        };
        let number = waiting.says.payout;
        let approvals = [APPROVES, ALSO_APPROVES].into_iter().take(waiting.needs());
        let mut steps: Vec<PayoutCommand> = approvals
            .map(|approves| {
                PayoutCommand::Approve(PayoutApproveArgs {
                    office: None,
                    approve: ApproveArgs {
                        totals: stated(&waiting.says.totals),
                        program: self.program(),
                        by: by(approves),
                    },
                })
            })
            .collect();
        steps.extend([
            PayoutCommand::Order(PayoutOrderArgs {
                program: self.program(),
                by: by(PREPARES),
            }),
            PayoutCommand::File(PayoutFileArgs {
                payout: number,
                debtor: "Adventure Works Cycles".to_owned(),
                account: by_iban(OWN_ACCOUNT),
                currency: None,
                out: self.dir.join(format!("payout-{number}.xml")),
                program: self.program(),
            }),
            PayoutCommand::Report(PayoutReportArgs {
                payout: number,
                partner: None,
                word: WordArg::Paid,
                because: "the bank's statement".to_owned(),
                program: self.program(),
                by: by(PREPARES),
            }),
        ]);
        for step in &steps {
            payout::run(step, self.progress)?;
        }
        Ok(())
    }

    fn balances(&self, partner: &str) -> Result<(), Failure> {
        books::run(&BooksCommand::Balances(BooksBalancesArgs {
            partner: Some(partner.to_owned()),
            program: self.program(),
            format: Format::Table,
        }))
    }
}

fn stated(totals: &std::collections::BTreeMap<String, String>) -> Vec<String> {
    let totals = totals.iter();
    totals
        .map(|(currency, amount)| format!("{amount} {currency}"))
        .collect()
}

/// Signs, closes every quarter of the lines but the last and pays a partner; then an order of a closed quarter comes back, the last
/// quarter is closed with that correction, a line of it is disputed, and the partner is paid what is left. What an earlier
/// demo did in the same folder is not done again.
pub fn run(
    dir: &Path,
    lines: &[KeptLine],
    (partner, disputed): (&str, &KeptLine),
    progress: &Progress,
) -> Result<(), Failure> {
    let stage = Stage { dir, progress };
    if Record::if_opened(dir)?.is_some() {
        output::print(
            "The journal of an earlier demo is there: it was signed, closed and paid.\n",
        )?;
        return stage.balances(partner);
    }
    stage.sign()?;
    let mut ends: Vec<Date> = lines
        .iter()
        .filter_map(|line| parse_date(&line.settled_until).ok())
        .collect();
    ends.sort();
    ends.dedup();
    let Some((last, earlier)) = ends.split_last() else {
        return Ok(());
    };
    for end in earlier {
        stage.close(*end)?;
    }
    stage.profile(partner, &format!("Reseller {partner}"))?;
    if let [.., before, closed] = earlier {
        stage.accept(partner)?;
        stage.pay_on(in_two_weeks(*closed))?;
        stage.late_return(partner, (*before, *closed))?;
    }
    stage.close(*last)?;
    stage.balances(partner)?;
    stage.dispute(disputed)?;
    let on = in_two_weeks(*last);
    stage.prepare(on)?;
    stage.answer()?;
    stage.accept(partner)?;
    stage.pay_on(on)?;
    stage.balances(partner)?;
    verify::run(&VerifyArgs {
        file: None,
        key: None,
        program: stage.program(),
        checkpoint: Vec::new(),
    })
}

fn in_two_weeks(day: Date) -> Date {
    day.saturating_add(jiff::Span::new().days(15))
}
