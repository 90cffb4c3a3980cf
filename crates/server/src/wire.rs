//! What goes over the wire: the types of every request and answer, described in the OpenAPI document by their own comments.
//!
//! The module must never decide anything. Amounts are decimal texts beside their currency, days are `2026-01-31`, instants end
//! in `Z`, and whether something may be done is said by whoever decided it.

mod agreement;
mod announcement;
mod board;
mod dispute;
mod exception;
mod facts;
mod journal;
mod overview;
mod partner;
mod payout;
mod people;
mod period;
mod plan;
mod session;
mod shared;
mod signing;
mod statement;
mod webhook;
mod whatif;

pub use agreement::{
    AgreementAnswer, AgreementList, AgreementOutcome, AgreementShown, ProposedAgreement,
    SignedAgreement,
};
pub use announcement::{
    Announcement, AnnouncementList, AnnouncementPartner, AnnouncementReader,
    AnnouncementWithdrawal, Audience, NewAnnouncement, PartnerAnnouncement,
    PartnerAnnouncementList,
};
pub use board::{Board, BoardTarget};
pub use dispute::{
    Dispute, DisputeAnswer, DisputeList, DisputeOutcome, DisputeShort, DisputeState, DisputesAsked,
    NewDispute,
};
pub use exception::{Exception, ExceptionList, GivenUp, NewException, Owed};
pub use facts::{
    DoubtAsked, EventOutcome, EventProblem, Fact, FactColumn, FactDoubt, FactPage, FactsAsked,
    Feed, FeedDelivery, FeedQuality, Feeds, MendAsked, Pushed, PushedSource, PushedSources,
    ReplayAsked, RowProblem, RowRejection, RowsSettled, SetAside, SetAsideCell,
};
pub use journal::{
    ActShort, ActShown, ActSigner, BundleVerdict, JournalAsked, JournalPage, LookedThrough,
};
pub use overview::{
    BandCount, ComponentCost, ObjectiveSpread, Overview, PeriodCost, ProgramObjective, Waiting,
    WaitingKind, WatchReason, Watched,
};
pub use partner::{
    AgreementShort, CapProgress, Freshness, Gain, MoneyStanding, NextDate, ObjectiveFigure,
    ObjectiveProgress, Partner, PartnerHome, PartnerPage, PartnerShort, PartnersAsked,
    PeriodEarned, Progress, SourceFresh,
};
pub use payout::{
    OrderedPayout, PartnerPayment, PartnerPayments, PaymentFileAsked, PaymentState, PaymentWaits,
    PaymentWord, PayoutApproveAsked, PayoutConsent, PayoutOn, PayoutPayment, PayoutPreview,
    PayoutShown, PayoutSteps, Payouts, PrepareAsked, ReportAsked, WaitingPayout,
};
pub use people::{AccessAsked, NewPerson, PeopleList, Person};
pub use period::{
    ApproveAsked, CalculateAsked, ClosedPeriod, EndingPeriod, PeriodSteps, Periods,
    WaitingCalculation,
};
pub use plan::{
    Finding, PartnerEffect, Place, PlanChange, PlanCheckAsked, PlanChecked, PlanEffect, PlanList,
    PlanShort, PlanText, Severity,
};
pub use session::{
    Authenticator, AuthenticatorTried, FirstAdministrator, Grant, MadeToken, NewTokenAsked, Role,
    Screen, ScreenPermitted, Session, SignOn, SignOnProvider, SignOnWays, Token, TokenList,
};
pub use shared::{
    Figure, FigureKind, Money, NamedFigure, NoAnswer, NoAnswerWord, Permitted, Standing,
};
pub use signing::{
    KeyRequest, PartnerKey, PartnerKeys, PartnerStep, SealedText, SignedText, SigningAnswer,
    SigningAsked, TextToSign,
};
pub use statement::{
    AcceptAsked, Acceptance, AcceptanceState, AcceptedUntil, Band, Clause, Comparison,
    ComponentDifference, Correction, ExplainedRow, Explanation, ExplanationAsked, FigureDifference,
    FundFigure, FundStanding, Line, LineExplanation, LineGrants, LinePaid, LineStatus, On, Paper,
    Statement, StatementList,
};
pub use webhook::{
    EventKind, MadeWebhook, Mail, MailChoice, MailDeclined, MailKind, MailList, Message,
    MessageList, MessageState, NewWebhook, Webhook, WebhookList,
};
pub use whatif::{
    ColumnHolds, WhatIfAnswer, WhatIfAsked, WhatIfCap, WhatIfChoice, WhatIfColumn, WhatIfForm,
    WhatIfKind, WhatIfLine, WhatIfPick, WhatIfRow, WhatIfTier,
};
