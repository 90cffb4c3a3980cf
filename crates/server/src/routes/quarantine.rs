//! Rows that were set aside: put right, tried again or rejected, by the rules of `trueup quarantine`.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::{Extension, Json};
use trueup_facts::replay::{Order, Refusal, RowName, Settled, Signed};
use trueup_facts::store::Delivery;

use crate::Shared;
use crate::access::Caller;
use crate::answer::{FieldError, Problem, Refused};
use crate::body::{Said, is_text};
use crate::wire::{MendAsked, ReplayAsked, RowRejection, RowsSettled};

/// Puts right a row that was set aside, and delivers it once more under its file and line. What is still wrong with it is told
/// cell by cell, and nothing changes then.
#[utoipa::path(post, path = "/v1/feeds/quarantine/{row}/mend", tag = "facts", request_body = MendAsked,
    params(("row" = String, Path, description = "The row's name, such as `12:4`.")),
    responses((status = 200, description = "What became of it.", body = RowsSettled),
        (status = 404, description = "There is no such name of a row.", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "No such row is set aside, or it cannot be put right here.", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "It is still wrong; `errors` says which cell.", body = Problem, content_type = "application/problem+json")))]
pub async fn mend_row(
    State(shared): State<Arc<Shared>>,
    Extension(caller): Extension<Caller>,
    Path(row): Path<String>,
    Said(asked): Said<MendAsked>,
) -> Result<Json<RowsSettled>, Refused> {
    let signed = signed(&caller, &asked.because)?;
    settled(&shared, Order::Fix(named(&row)?, asked.cells), Some(signed)).await
}

/// Says that a row that was set aside never counts.
#[utoipa::path(post, path = "/v1/feeds/quarantine/{row}/reject", tag = "facts", request_body = RowRejection,
    params(("row" = String, Path, description = "The row's name, such as `12:4`.")),
    responses((status = 200, description = "What became of it.", body = RowsSettled),
        (status = 404, description = "There is no such name of a row.", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "No such row is set aside.", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "The body is not what is described.", body = Problem, content_type = "application/problem+json")))]
pub async fn reject_row(
    State(shared): State<Arc<Shared>>,
    Extension(caller): Extension<Caller>,
    Path(row): Path<String>,
    Said(asked): Said<RowRejection>,
) -> Result<Json<RowsSettled>, Refused> {
    let signed = signed(&caller, &asked.because)?;
    settled(&shared, Order::Reject(vec![named(&row)?]), Some(signed)).await
}

/// Tries rows again that were set aside, as declarations, lists and aliases are now; what is still wrong is left alone.
#[utoipa::path(post, path = "/v1/feeds/replay", tag = "facts", request_body = ReplayAsked,
    responses((status = 200, description = "What became of them.", body = RowsSettled),
        (status = 409, description = "A file's rows no longer fit their source.", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "The body is not what is described.", body = Problem, content_type = "application/problem+json")))]
pub async fn replay_rows(
    State(shared): State<Arc<Shared>>,
    Said(asked): Said<ReplayAsked>,
) -> Result<Json<RowsSettled>, Refused> {
    let source = asked.source.map(Arc::from);
    settled(&shared, Order::Replay(source), None).await
}

fn named(row: &str) -> Result<RowName, Refused> {
    RowName::parse(row)
        .ok_or_else(|| Refused::not_found("there is no such row; they are named as in `12:4`"))
}

fn signed(caller: &Caller, because: &str) -> Result<Signed, Refused> {
    match is_text(because, 2000) {
        true => Ok(Signed {
            by: caller.person.clone(),
            because: because.trim().to_owned(),
        }),
        false => Err(Refused::parts(vec![FieldError {
            pointer: "#/because".to_owned(),
            detail: "say why, in at most 2000 characters".to_owned(),
        }])),
    }
}

async fn settled(
    shared: &Arc<Shared>,
    order: Order,
    signed: Option<Signed>,
) -> Result<Json<RowsSettled>, Refused> {
    let settled = shared.counter.settle(order, signed, (shared.now)());
    let settled = settled.await.map_err(Refused::fault)?;
    let told = settled.map_err(refused).map(|settled| told(&settled))?;
    shared.changed().await;
    Ok(Json(told))
}

/// Why nothing was done, at the cells that it is about.
fn refused(refusal: Refusal) -> Refused {
    let at = |column: &str, detail: String| FieldError {
        pointer: match column {
            "" => "#/cells".to_owned(),
            column => format!("#/cells/{}", column.replace('~', "~0").replace('/', "~1")),
        },
        detail,
    };
    match refusal {
        Refusal::StillWrong { problems, .. } => {
            let all = problems.iter();
            let all = all.map(|one| at(&one.column, format!("{}; {}", one.says, one.help)));
            Refused::parts(all.collect())
        }
        Refusal::NoColumn { ref column, .. } => {
            Refused::parts(vec![at(column, refusal.to_string())])
        }
        Refusal::NotOpen(_)
        | Refusal::NoCells { .. }
        | Refusal::NoSource { .. }
        | Refusal::File { .. } => Refused::conflict(refusal.to_string()),
    }
}

fn told(settled: &Settled) -> RowsSettled {
    let sum = |rows: fn(&Delivery) -> u64| settled.deliveries.iter().map(rows).sum();
    let rejected = |one: &Delivery| {
        let rows = one.repair.iter().flat_map(|repair| &repair.rows);
        rows.filter(|row| row.rejected).count() as u64
    };
    RowsSettled {
        snapshot: settled.deliveries.last().map(|one| one.number),
        counted: sum(|one| one.accepted.rows + one.corrected.rows + one.cancelled.rows),
        known: sum(|one| one.duplicate.rows + one.outdated.rows),
        set_aside: sum(|one| one.quarantined.rows),
        rejected: sum(rejected),
        left: settled.left as u64,
    }
}
