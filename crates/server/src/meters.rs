//! The meters: what a Prometheus server reads of this one. Labels are words of the code, never of a request, so that there are
//! few of them and none says anything of a person, a partner or an amount.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::http::StatusCode;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

/// The media type in which meters are written.
pub const MEDIA: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Upper ends of how long a request took, in seconds.
const SECONDS: [f64; 11] = [
    0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0,
];

/// What was asked.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Asked {
    /// The route as it is registered.
    pub route: String,
    /// The method.
    pub method: &'static str,
}

/// What was asked and what it came to.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Answered {
    route: String,
    method: &'static str,
    status: &'static str,
}

/// A refusal.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RefusedFor {
    code: &'static str,
}

/// A way of signing on that failed, and why.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct NotSignedOn {
    way: &'static str,
    why: &'static str,
}

/// A way of signing on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// By name and password.
    Password,
    /// By the code that makes the first administrator.
    SetupCode,
    /// By a provider of identities.
    Provider,
}

impl Way {
    fn word(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::SetupCode => "setup_code",
            Self::Provider => "provider",
        }
    }
}

/// The meters.
pub struct Meters {
    registry: Registry,
    requests: Family<Answered, Counter>,
    seconds: Family<Asked, Histogram, fn() -> Histogram>,
    refusals: Family<RefusedFor, Counter>,
    sign_on_failures: Family<NotSignedOn, Counter>,
    listening: Gauge,
    facts_waiting: Gauge<u64, AtomicU64>,
    facts_folded: Counter,
}

/// An open stream of events; it counts for as long as it is there.
pub struct Listening(Gauge);

impl Drop for Listening {
    fn drop(&mut self) {
        self.0.dec();
    }
}

impl Default for Meters {
    fn default() -> Self {
        let took: fn() -> Histogram = || Histogram::new(SECONDS);
        let mut meters = Self {
            registry: Registry::with_prefix("trueup"),
            requests: Family::default(),
            seconds: Family::new_with_constructor(took),
            refusals: Family::default(),
            sign_on_failures: Family::default(),
            listening: Gauge::default(),
            facts_waiting: Gauge::default(),
            facts_folded: Counter::default(),
        };
        let registry = &mut meters.registry;
        registry.register(
            "http_requests",
            "Requests that were answered, by route, method and class of status",
            meters.requests.clone(),
        );
        registry.register_with_unit(
            "http_request_duration",
            "How long answers took until they began, by route and method",
            Unit::Seconds,
            meters.seconds.clone(),
        );
        registry.register(
            "refusals",
            "Refusals, by their stable code",
            meters.refusals.clone(),
        );
        registry.register(
            "sign_on_failures",
            "Tries to sign on that failed, by way and reason",
            meters.sign_on_failures.clone(),
        );
        registry.register(
            "event_streams",
            "Open streams of events",
            meters.listening.clone(),
        );
        registry.register(
            "facts_waiting",
            "Pushed rows that were acknowledged and are not folded into the tables yet",
            meters.facts_waiting.clone(),
        );
        registry.register(
            "facts_folded",
            "Pushed rows that were folded into the tables since the start",
            meters.facts_folded.clone(),
        );
        meters
    }
}

impl Meters {
    /// Counts a request that was answered.
    pub fn answered(
        &self,
        asked: &Asked,
        status: StatusCode,
        took: Duration,
        code: Option<&'static str>,
    ) {
        let answered = Answered {
            route: asked.route.clone(),
            method: asked.method,
            status: class_of(status),
        };
        self.requests.get_or_create(&answered).inc();
        self.seconds
            .get_or_create(asked)
            .observe(took.as_secs_f64());
        if let Some(code) = code {
            self.refusals.get_or_create(&RefusedFor { code }).inc();
        }
    }

    /// Counts somebody who did not sign on.
    pub fn not_signed_on(&self, way: Way, why: &'static str) {
        let way = way.word();
        self.sign_on_failures
            .get_or_create(&NotSignedOn { way, why })
            .inc();
    }

    /// Counts a stream of events until what is returned is dropped.
    pub fn listening(&self) -> Listening {
        self.listening.inc();
        Listening(self.listening.clone())
    }

    /// Everything as text, with how many facts wait and were folded as they are now.
    pub fn text(&self, facts_waiting: u64, facts_folded: u64) -> Option<String> {
        self.facts_waiting.set(facts_waiting);
        self.facts_folded
            .inner()
            .store(facts_folded, Ordering::SeqCst);
        let mut text = String::new();
        encode(&mut text, &self.registry).ok()?;
        Some(text)
    }
}

fn class_of(status: StatusCode) -> &'static str {
    match status.as_u16() / 100 {
        1 => "1xx",
        2 => "2xx",
        3 => "3xx",
        4 => "4xx",
        _ => "5xx",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_counts_while_it_is_open() {
        let meters = Meters::default();
        let one = meters.listening();
        let other = meters.listening();
        drop(one);
        let text = meters.text(3, 4).expect("text");
        for line in [
            "trueup_event_streams 1",
            "trueup_facts_waiting 3",
            "trueup_facts_folded_total 4",
        ] {
            assert!(text.lines().any(|said| said == line), "{line}: {text}");
        }
        drop(other);
        let text = meters.text(0, 9).expect("text");
        assert!(text.contains("trueup_event_streams 0"), "{text}");
        assert!(text.contains("trueup_facts_folded_total 9"), "{text}");
        assert!(text.ends_with("# EOF\n"));
    }
}
