//! What a plan says of disputes, and where a partner stands with what was closed: accepted, silent, or still free to dispute.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use trueup_base::date::{Date, Duration};
use trueup_base::id::PartnerId;
use trueup_plan::tree::Plan;

use crate::folder::Folder;
use crate::record::now;
use crate::seals::OnRecord;

/// The block `disputes` of a plan.
#[derive(Clone, Copy, Debug)]
pub struct Terms {
    /// Until how long after the closing a line may be disputed; none where the plan states no time.
    pub open_within: Option<Duration>,
    /// By when a dispute is to be answered.
    pub answer_within: Option<Duration>,
    /// Whether the money of a disputed line is held back.
    pub holds: bool,
}

impl Terms {
    /// What a plan says; where it says nothing a dispute holds its money back.
    pub fn of(plan: &Plan) -> Self {
        let block = plan
            .governance
            .iter()
            .find(|block| &*block.block == "disputes");
        let said = |key: &str| {
            let says = block?.says.iter().find(|(name, _)| &**name == key)?;
            Some(&*says.1)
        };
        let duration = |key: &str| said(key).and_then(|text| Duration::parse(text).ok());
        Self {
            open_within: duration("open_within"),
            answer_within: duration("answer_within"),
            holds: said("hold_disputed") != Some("no"),
        }
    }
}

/// Where a partner stands with a settlement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It is not closed yet.
    Open,
    /// It was accepted.
    Accepted,
    /// It was not disputed in time, which counts as accepting it; the last day on which it could be.
    Silent(Date),
    /// It may be disputed until the end of a day.
    May(Date),
    /// It may be disputed, and the plan states no time.
    Any,
}

impl Standing {
    /// Why what was settled on a day is disputed no more; nothing where it may be.
    pub fn why_not(self, settled_on: Date) -> Option<String> {
        match self {
            Self::Accepted => Some("it was accepted".to_owned()),
            Self::Silent(last) => Some(format!(
                "what was settled on {settled_on} could be disputed until {last}; whoever says nothing until then accepts it"
            )),
            Self::Open | Self::May(_) | Self::Any => None,
        }
    }
}

/// Looks up where partners stand.
pub struct Contested<'a> {
    on_record: &'a OnRecord,
    terms: BTreeMap<&'a str, Terms>,
    zone: TimeZone,
    today: Date,
}

impl<'a> Contested<'a> {
    /// By what the plans of a folder say, today.
    pub fn of(on_record: &'a OnRecord, folder: &'a Folder) -> Self {
        let zone = folder.program.zone.clone();
        let today = Zoned::new(now(), zone.clone()).date();
        let plans = folder.plans.iter();
        Self {
            on_record,
            terms: plans
                .map(|(name, plan)| (name.as_str(), Terms::of(plan)))
                .collect(),
            zone,
            today,
        }
    }

    /// What a plan says of disputes.
    pub fn terms(&self, plan: &str) -> Option<Terms> {
        self.terms.get(plan).copied()
    }

    /// The day on which something was done, in the program's time zone.
    fn day(&self, at: &str) -> Option<Date> {
        let at: Timestamp = at.parse().ok()?;
        Some(at.to_zoned(self.zone.clone()).date())
    }

    /// The last day on which a dispute that was opened then is to be answered.
    pub fn answered_by(&self, plan: &str, opened: &str) -> Option<Date> {
        self.terms(plan)?.answer_within?.after(self.day(opened)?)
    }

    /// Whether a day is over.
    pub fn is_over(&self, day: Date) -> bool {
        self.today > day
    }

    /// Where a partner stands with what a plan settled on a day.
    pub fn standing(&self, partner: &PartnerId, plan: &str, settled_on: Date) -> Standing {
        let mut closings = self.on_record.periods.closings.iter();
        let Some(closing) = closings.find(|closing| settled_on <= closing.until) else {
            return Standing::Open;
        };
        let accepted = self.on_record.acceptances.until(partner);
        if accepted.is_some_and(|until| settled_on <= until) {
            return Standing::Accepted;
        }
        let last = self
            .terms(plan)
            .and_then(|terms| terms.open_within)
            .zip(self.day(&closing.on))
            .and_then(|(within, closed)| within.after(closed));
        match last {
            None => Standing::Any,
            Some(last) if self.is_over(last) => Standing::Silent(last),
            Some(last) => Standing::May(last),
        }
    }
}
