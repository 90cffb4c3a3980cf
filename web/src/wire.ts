// Names of what the API answers, as the pages use them.
import type { Wire } from "./client";

export type Acceptance = Wire["Acceptance"];
export type Band = Wire["Band"];
export type CapProgress = Wire["CapProgress"];
export type Comparison = Wire["Comparison"];
export type Dispute = Wire["Dispute"];
export type Explanation = Wire["Explanation"];
export type Figure = Wire["Figure"];
export type Finding = Wire["Finding"];
export type Freshness = Wire["Freshness"];
export type Line = Wire["Line"];
export type MoneyStanding = Wire["MoneyStanding"];
export type Overview = Wire["Overview"];
export type PartnerHome = Wire["PartnerHome"];
export type PeriodEarned = Wire["PeriodEarned"];
export type Periods = Wire["Periods"];
export type Permitted = Wire["Permitted"];
export type PlanChecked = Wire["PlanChecked"];
export type Progress = Wire["Progress"];
export type Screen = Wire["Screen"];
export type Session = Wire["Session"];
export type Standing = Wire["Standing"];
export type Statement = Wire["Statement"];
