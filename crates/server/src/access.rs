//! Who may do what: the one table of operations and roles, and the one place where a partner's id is held to it.
//!
//! What is not in the table is done by nobody. A partner that somebody may not see answers as if it did not exist.

use crate::answer::{Refused, excerpt};
use crate::wire::{Grant, Permitted, Role};

/// Something that can be asked of the server, by anybody who signed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Operation {
    /// One's own session and tokens.
    OwnSession,
    /// The list of partners, as far as one may see them.
    ReadPartners,
    /// One partner's pages.
    ReadPartner,
    /// What a partner would be paid if more happened.
    AskWhatIf,
    /// Accepting a partner's closed statements in its name.
    AcceptStatements,
    /// Accepting or declining, in a partner's name, what is proposed.
    AnswerAgreement,
    /// Bringing a key that a partner made itself.
    HoldKey,
    /// Steps in a partner's name that are signed with its own key, where that is; each is held to its own operation besides.
    SignStep,
    /// A closed statement in one file that anyone can verify, stated on the journal.
    IssueBundle,
    /// The vendor's public key.
    ReadKey,
    /// Disputes, as far as one may see their partners.
    ReadDisputes,
    /// Opening a dispute.
    OpenDispute,
    /// Answering a dispute, or taking it back.
    AnswerDispute,
    /// Announcements, and who has read them.
    ReadAnnouncements,
    /// Making an announcement, or taking one back.
    Announce,
    /// Saying in a partner's name that one has read an announcement.
    Acknowledge,
    /// The program's overview.
    ReadOverview,
    /// Periods and what waits to be closed.
    ReadPeriods,
    /// Calculating a period.
    CalculatePeriod,
    /// Approving a calculation.
    ApprovePeriod,
    /// Closing a period.
    ClosePeriod,
    /// Payouts and what may be paid.
    ReadPayouts,
    /// Preparing a payout.
    PreparePayout,
    /// Approving a payout.
    ApprovePayout,
    /// Ordering a payout, writing the bank's file, and saying what became of payments.
    OrderPayout,
    /// Writing the bank's file of a payout.
    WritePaymentFile,
    /// Exceptions, as far as one may see their partners.
    ReadExceptions,
    /// Proposing an exception.
    ProposeException,
    /// Approving an exception.
    ApproveException,
    /// The journal: acts, proofs, and whether everything is whole.
    ReadJournal,
    /// Plans as they are.
    ReadPlans,
    /// What a changed plan would do.
    CheckPlan,
    /// The sources that are pushed to.
    ReadSources,
    /// The sources, how good they are, and the rows that are set aside.
    ReadFeeds,
    /// Putting a row right that was set aside, or rejecting it.
    MendRows,
    /// Trying rows again that were set aside.
    ReplayRows,
    /// A partner's facts.
    ReadFacts,
    /// Saying that a partner's fact is in doubt.
    DoubtFact,
    /// Pushing facts.
    PushFacts,
    /// Being told what changed.
    Listen,
    /// People and their access.
    ManagePeople,
    /// Who outside is told what happens.
    ManageWebhooks,
}

use Operation as Op;
use Role::{
    AccountManager, Administrator, Approver, Auditor, Executive, Finance, PartnerManager,
    PartnerViewer, ProgramDesigner,
};

/// Every role.
pub const ROLES: [Role; 9] = [
    PartnerViewer,
    PartnerManager,
    AccountManager,
    ProgramDesigner,
    Finance,
    Approver,
    Auditor,
    Executive,
    Administrator,
];

impl Operation {
    /// Every operation.
    pub const ALL: [Self; 42] = [
        Op::OwnSession,
        Op::ReadPartners,
        Op::ReadPartner,
        Op::AskWhatIf,
        Op::AcceptStatements,
        Op::AnswerAgreement,
        Op::HoldKey,
        Op::SignStep,
        Op::IssueBundle,
        Op::ReadKey,
        Op::ReadDisputes,
        Op::OpenDispute,
        Op::AnswerDispute,
        Op::ReadAnnouncements,
        Op::Announce,
        Op::Acknowledge,
        Op::ReadOverview,
        Op::ReadPeriods,
        Op::CalculatePeriod,
        Op::ApprovePeriod,
        Op::ClosePeriod,
        Op::ReadPayouts,
        Op::PreparePayout,
        Op::ApprovePayout,
        Op::OrderPayout,
        Op::WritePaymentFile,
        Op::ReadExceptions,
        Op::ProposeException,
        Op::ApproveException,
        Op::ReadJournal,
        Op::ReadPlans,
        Op::CheckPlan,
        Op::ReadSources,
        Op::ReadFeeds,
        Op::MendRows,
        Op::ReplayRows,
        Op::ReadFacts,
        Op::DoubtFact,
        Op::PushFacts,
        Op::Listen,
        Op::ManagePeople,
        Op::ManageWebhooks,
    ];

    /// The word by which a token's scopes name it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Op::OwnSession => "session",
            Op::ReadPartners => "partners:list",
            Op::ReadPartner => "partners:read",
            Op::AskWhatIf => "whatif:ask",
            Op::AcceptStatements => "statements:accept",
            Op::AnswerAgreement => "agreements:answer",
            Op::HoldKey => "keys:hold",
            Op::SignStep => "acts:sign",
            Op::IssueBundle => "bundles:issue",
            Op::ReadKey => "keys:read",
            Op::ReadDisputes => "disputes:read",
            Op::OpenDispute => "disputes:open",
            Op::AnswerDispute => "disputes:answer",
            Op::ReadAnnouncements => "announcements:list",
            Op::Announce => "announcements:make",
            Op::Acknowledge => "announcements:acknowledge",
            Op::ReadOverview => "overview:read",
            Op::ReadPeriods => "periods:read",
            Op::CalculatePeriod => "periods:calculate",
            Op::ApprovePeriod => "periods:approve",
            Op::ClosePeriod => "periods:close",
            Op::ReadPayouts => "payouts:read",
            Op::PreparePayout => "payouts:prepare",
            Op::ApprovePayout => "payouts:approve",
            Op::OrderPayout => "payouts:order",
            Op::WritePaymentFile => "payouts:file",
            Op::ReadExceptions => "exceptions:read",
            Op::ProposeException => "exceptions:propose",
            Op::ApproveException => "exceptions:approve",
            Op::ReadJournal => "journal:read",
            Op::ReadPlans => "plans:read",
            Op::CheckPlan => "plans:check",
            Op::ReadSources => "sources:read",
            Op::ReadFeeds => "feeds:read",
            Op::MendRows => "rows:mend",
            Op::ReplayRows => "rows:replay",
            Op::ReadFacts => "facts:read",
            Op::DoubtFact => "facts:doubt",
            Op::PushFacts => "facts:push",
            Op::Listen => "events:read",
            Op::ManagePeople => "people:manage",
            Op::ManageWebhooks => "webhooks:manage",
        }
    }

    /// Whether it takes a step that must not be taken twice: then it may be sent with a key, and sent again with the same.
    #[must_use]
    pub fn takes_a_step(self) -> bool {
        match self {
            Op::OpenDispute
            | Op::AnswerDispute
            | Op::CalculatePeriod
            | Op::ApprovePeriod
            | Op::ClosePeriod
            | Op::AcceptStatements
            | Op::AnswerAgreement
            | Op::HoldKey
            | Op::SignStep
            | Op::Announce
            | Op::Acknowledge
            | Op::PreparePayout
            | Op::ApprovePayout
            | Op::OrderPayout
            | Op::ProposeException
            | Op::ApproveException
            | Op::MendRows
            | Op::ReplayRows
            | Op::DoubtFact => true,
            // Events have ids of their own; answers about people and tokens hold what is shown once; the others change nothing.
            Op::PushFacts
            | Op::ManagePeople
            | Op::ManageWebhooks
            | Op::OwnSession
            | Op::ReadPartners
            | Op::ReadPartner
            | Op::AskWhatIf
            | Op::IssueBundle
            | Op::ReadKey
            | Op::ReadDisputes
            | Op::ReadAnnouncements
            | Op::ReadOverview
            | Op::ReadPeriods
            | Op::ReadPayouts
            | Op::ReadExceptions
            // It holds accounts, which are kept nowhere else, and is the same bytes each time.
            | Op::WritePaymentFile
            | Op::ReadJournal
            | Op::ReadPlans
            | Op::CheckPlan
            | Op::ReadSources
            | Op::ReadFeeds
            | Op::ReadFacts
            | Op::Listen => false,
        }
    }

    /// The roles that may do it.
    #[must_use]
    pub fn roles(self) -> &'static [Role] {
        match self {
            Op::OwnSession | Op::ReadKey => &ROLES,
            Op::AcceptStatements | Op::AnswerAgreement | Op::HoldKey => &[PartnerManager],
            Op::AskWhatIf => &[
                PartnerViewer,
                PartnerManager,
                AccountManager,
                ProgramDesigner,
                Finance,
            ],
            Op::ReadPartners | Op::ReadPartner | Op::Listen => &[
                PartnerViewer,
                PartnerManager,
                AccountManager,
                ProgramDesigner,
                Finance,
                Approver,
                Auditor,
                Executive,
            ],
            Op::ReadDisputes | Op::IssueBundle => &[
                PartnerViewer,
                PartnerManager,
                AccountManager,
                Finance,
                Approver,
                Auditor,
            ],
            Op::OpenDispute | Op::DoubtFact => &[PartnerManager, AccountManager, Finance],
            Op::AnswerDispute => &[PartnerManager, AccountManager, Finance, Approver],
            Op::ReadOverview | Op::ReadAnnouncements => {
                &[ProgramDesigner, Finance, Approver, Auditor, Executive]
            }
            Op::Announce => &[ProgramDesigner, Finance],
            Op::Acknowledge | Op::SignStep => &[PartnerViewer, PartnerManager],
            Op::ReadPeriods => &[Finance, Approver, Auditor, Executive],
            Op::CalculatePeriod
            | Op::ClosePeriod
            | Op::PushFacts
            | Op::PreparePayout
            | Op::OrderPayout
            | Op::ProposeException
            | Op::MendRows
            | Op::WritePaymentFile => &[Finance],
            Op::ReplayRows => &[Finance, Administrator],
            Op::ApprovePeriod | Op::ApprovePayout | Op::ApproveException => &[Approver],
            Op::ReadPayouts | Op::ReadExceptions => &[Finance, Approver, Auditor],
            Op::ReadJournal => &[Finance, Auditor],
            Op::ReadPlans => &[ProgramDesigner, Finance, Approver, Auditor],
            Op::CheckPlan => &[ProgramDesigner, Finance],
            Op::ReadSources => &[ProgramDesigner, Finance, Auditor],
            Op::ReadFeeds => &[ProgramDesigner, Finance, Auditor, Administrator],
            Op::ReadFacts => &[
                PartnerViewer,
                PartnerManager,
                AccountManager,
                ProgramDesigner,
                Finance,
                Approver,
                Auditor,
            ],
            Op::ManagePeople | Op::ManageWebhooks => &[Administrator],
        }
    }
}

/// Whether a role is one of a partner's own people, who never see another partner.
#[must_use]
pub fn is_of_a_partner(role: Role) -> bool {
    match role {
        PartnerViewer | PartnerManager => true,
        AccountManager | ProgramDesigner | Finance | Approver | Auditor | Executive
        | Administrator => false,
    }
}

/// Who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The person's id, as acts name it.
    pub person: String,
    /// What the person may do.
    pub grants: Vec<Grant>,
    /// The words of what a token may do of it; none where it is a session.
    pub scopes: Option<Vec<String>>,
    /// Whether it signed on with a cookie, which a browser sends by itself.
    pub is_by_cookie: bool,
}

/// In whose name somebody acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The vendor's.
    Vendor,
    /// The partner's whose thing it is.
    Partner,
}

impl Caller {
    fn has_scope(&self, operation: Operation) -> bool {
        match &self.scopes {
            None => true,
            Some(scopes) => scopes.iter().any(|scope| scope == operation.word()),
        }
    }

    fn granting(&self, operation: Operation) -> impl Iterator<Item = &Grant> {
        let has_scope = self.has_scope(operation);
        self.grants
            .iter()
            .filter(move |grant| has_scope && operation.roles().contains(&grant.role))
            // A partner's own people are one partner's; a grant that does not say which is none.
            .filter(|grant| !is_of_a_partner(grant.role) || grant.partner.is_some())
    }

    /// Whether the caller may do an operation at all.
    ///
    /// # Errors
    /// When none of its roles may.
    pub fn may(&self, operation: Operation) -> Result<(), Refused> {
        let is_wide = |grant: &Grant| match operation {
            // These show or change what is every partner's.
            Op::ReadOverview
            | Op::ReadAnnouncements
            | Op::Announce
            | Op::ReadPeriods
            | Op::CalculatePeriod
            | Op::ApprovePeriod
            | Op::ClosePeriod
            | Op::ReadPayouts
            | Op::PreparePayout
            | Op::ApprovePayout
            | Op::OrderPayout
            | Op::WritePaymentFile
            | Op::ReadJournal
            | Op::ReadPlans
            | Op::CheckPlan
            | Op::ReadSources
            | Op::ReadFeeds
            | Op::MendRows
            | Op::ReplayRows
            | Op::PushFacts
            | Op::ManagePeople
            | Op::ManageWebhooks => grant.partner.is_none(),
            Op::OwnSession
            | Op::ReadPartners
            | Op::ReadPartner
            | Op::AskWhatIf
            | Op::AcceptStatements
            | Op::AnswerAgreement
            | Op::HoldKey
            | Op::SignStep
            | Op::IssueBundle
            | Op::ReadKey
            | Op::ReadDisputes
            | Op::OpenDispute
            | Op::AnswerDispute
            | Op::ReadExceptions
            | Op::ProposeException
            | Op::ApproveException
            | Op::ReadFacts
            | Op::DoubtFact
            | Op::Acknowledge
            | Op::Listen => true,
        };
        match self.granting(operation).any(is_wide) {
            true => Ok(()),
            false => Err(Refused::forbidden(format!(
                "none of your roles may do this ({}); ask an administrator of the program",
                operation.word()
            ))),
        }
    }

    /// Whether the caller may do an operation to a partner's things.
    ///
    /// # Errors
    /// When none of its roles may, or not to this partner: then the partner is one that there is not.
    pub fn may_with(&self, operation: Operation, partner: &str) -> Result<(), Refused> {
        self.may(operation)?;
        match self.sees(operation, partner) {
            true => Ok(()),
            false => Err(no_partner(partner)),
        }
    }

    /// Whether a partner is one of those that the caller may do an operation to.
    #[must_use]
    pub fn sees(&self, operation: Operation, partner: &str) -> bool {
        self.granting(operation)
            .any(|grant| grant.partner.as_deref().is_none_or(|own| own == partner))
    }

    /// The partners that an operation is about for the caller; none where it is about all.
    #[must_use]
    pub fn only(&self, operation: Operation) -> Option<Vec<&str>> {
        let mut partners = Vec::new();
        for grant in self.granting(operation) {
            partners.push(grant.partner.as_deref()?);
        }
        Some(partners)
    }

    /// In whose name the caller does something to a partner's things.
    #[must_use]
    pub fn side(&self, operation: Operation, partner: &str) -> Side {
        let is_vendors = |grant: &Grant| {
            !is_of_a_partner(grant.role)
                && grant.partner.as_deref().is_none_or(|own| own == partner)
        };
        match self.granting(operation).any(is_vendors) {
            true => Side::Vendor,
            false => Side::Partner,
        }
    }

    /// Whether the caller may do an operation, as answers say it.
    #[must_use]
    pub fn permitted(&self, operation: Operation, partner: Option<&str>) -> Permitted {
        let may = match partner {
            Some(partner) => self.may_with(operation, partner),
            None => self.may(operation),
        };
        match may {
            Ok(()) => Permitted::yes(),
            Err(refused) => Permitted::no(refused.says),
        }
    }
}

/// What is answered about a partner that there is not, or that somebody may not see: word for word the same.
#[must_use]
pub fn no_partner(partner: &str) -> Refused {
    let shown = excerpt(partner);
    Refused::not_found(format!("there is no partner {shown} that you may see"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caller(grants: &[(Role, Option<&str>)]) -> Caller {
        Caller {
            person: "u-1".to_owned(),
            grants: grants
                .iter()
                .map(|(role, partner)| Grant {
                    role: *role,
                    partner: partner.map(str::to_owned),
                })
                .collect(),
            scopes: None,
            is_by_cookie: false,
        }
    }

    #[test]
    fn another_partner_is_one_that_there_is_not() {
        let viewer = caller(&[(PartnerViewer, Some("P-1"))]);
        assert_eq!(viewer.may_with(Op::ReadPartner, "P-1"), Ok(()));
        let refused = viewer.may_with(Op::ReadPartner, "P-2");
        assert_eq!(refused, Err(no_partner("P-2")));
        assert_eq!(viewer.only(Op::ReadPartners), Some(vec!["P-1"]));
    }

    #[test]
    fn a_role_of_a_partner_without_a_partner_sees_nobody() {
        let nobody = caller(&[(PartnerManager, None)]);
        assert!(nobody.may(Op::ReadPartner).is_err());
        assert!(!nobody.sees(Op::ReadPartner, "P-1"));
    }

    #[test]
    fn what_is_about_everybody_needs_a_role_for_everybody() {
        let narrow = caller(&[(Finance, Some("P-1"))]);
        assert!(narrow.may(Op::ReadOverview).is_err());
        assert!(narrow.may(Op::CalculatePeriod).is_err());
        assert_eq!(narrow.may_with(Op::ReadPartner, "P-1"), Ok(()));
        assert!(caller(&[(Finance, None)]).may(Op::ReadOverview).is_ok());
    }

    #[test]
    fn a_token_does_only_what_its_scopes_say() {
        let mut token = caller(&[(Finance, None)]);
        token.scopes = Some(vec!["facts:push".to_owned()]);
        assert_eq!(token.may(Op::PushFacts), Ok(()));
        assert!(token.may(Op::ReadPartners).is_err());
        assert!(!token.sees(Op::ReadPartner, "P-1"));
    }

    #[test]
    fn administrators_see_no_money_and_designers_close_nothing() {
        let administrator = caller(&[(Administrator, None)]);
        assert!(administrator.may(Op::ReadPartner).is_err());
        assert!(administrator.may(Op::ManagePeople).is_ok());
        let designer = caller(&[(ProgramDesigner, None)]);
        assert!(designer.may(Op::CheckPlan).is_ok());
        assert!(designer.may(Op::ClosePeriod).is_err());
    }

    #[test]
    fn every_word_names_one_operation() {
        let words: std::collections::BTreeSet<_> = Op::ALL.iter().map(|op| op.word()).collect();
        assert_eq!(words.len(), Op::ALL.len());
    }
}
