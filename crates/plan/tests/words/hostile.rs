//! Whatever a plan says stays text: no markup of its own comes out, in no place it may say something.

use trueup_plan::check::{Strictness, read};
use trueup_plan::diagnostic::Sources;
use trueup_plan::words::{self, Length, Subject, html, markdown};

const NASTY: &str = "<script>x</script> ![i](j) [k]: l # m";

fn plan() -> String {
    let said = format!("\"{NASTY}\"");
    format!(
        "\
plan: nasty
title: {said}
version: {said}
is: {said}
currency: EUR
objectives:
  - {{ goal: {said}, by: [sales] }}
facts:
  sale: {{ is: {said}, columns: {{ partner: partner, on: date, amount: money, kind: text }} }}
terms:
  target.sales: {{ is: {said}, unit: money }}
measures:
  sales: {{ is: {said}, sum: sale.amount, where: \"sale.kind = '{NASTY}'\", validated_by: {said}, source: {said}, disputed_in: {said} }}
values:
  share: {{ is: {said}, formula: sales / target.sales }}
tables:
  rates: {{ is: {said}, of: x, one_band: rate, cliff: \"agreed, {NASTY}\", bands: [ {{ from: 0, rate: 1% }} ] }}
components:
  bonus: {{ is: {said}, pays: sales * rates(sales), uncapped: {said}, cliff: \"agreed, {NASTY}\" }}
limits:
  most: {{ is: {said}, on: [bonus], at_most: 5 }}
guardrails:
  look: {{ is: {said}, when: sales > 5, effect: warn, seen_by: [{said}] }}
bodies:
  board: {{ is: {said}, members: [{said}], quorum: {said}, meets: {said}, seats: {{ top: {said} }} }}
disputes: {{ path: [{said}] }}
winding_down: {{ held: {said}, checklist: [{said}] }}
examples: [{said}]
"
    )
}

#[test]
fn nothing_a_plan_says_becomes_markup() {
    let text = plan();
    let mut sources = Sources::new();
    let (plan, found) = read(&mut sources, &[("plan.yaml", &text)], Strictness::Draft);
    let plan = plan.unwrap_or_else(|| panic!("{found:?}"));
    let subject = Subject {
        plan: &plan,
        sources: &sources,
        kinds: &[],
        examples: &[],
        template: None,
        agreed: None,
    };
    for length in [Length::Short, Length::Full] {
        let document = words::document(&subject, length);
        let page = html::render(std::slice::from_ref(&document));
        assert!(!page.contains("<script"), "{page}");
        assert!(page.matches("&lt;script&gt;").count() > 5, "{page}");
        let said = markdown::render(&[document]);
        // Inside code nothing is markup; outside every mark has its backslash.
        for line in said.lines().filter(|line| !line.contains('`')) {
            let bare = line
                .replace("\\<", "")
                .replace("\\[", "")
                .replace("\\#", "");
            assert!(!bare.contains('<'), "{line}");
            assert!(!bare.contains("[i") && !bare.contains("[k"), "{line}");
            assert!(!bare.contains("# m"), "{line}");
        }
    }
}
