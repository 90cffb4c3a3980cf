//! What would be paid if more happened. Nothing is stored.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};

use crate::Shared;
use crate::answer::{Problem, Refused};
use crate::body::Said;
use crate::wire::{WhatIfAnswer, WhatIfAsked, WhatIfForm};

/// What can be asked: the kinds of fact that the partner's plan reads, their columns, and what may be picked.
#[utoipa::path(get, path = "/v1/partners/{partner}/whatif", tag = "partners",
    params(("partner" = String, Path, description = "The partner's id.")),
    responses((status = 200, description = "What a form needs.", body = WhatIfForm),
        (status = 404, description = "There is no such partner that the caller may see.", body = Problem, content_type = "application/problem+json")))]
pub async fn whatif_form(
    State(shared): State<Arc<Shared>>,
    Path(partner): Path<String>,
) -> Result<Json<WhatIfForm>, Refused> {
    let form = shared.ask(move |app| app.whatif_form(&partner)).await;
    form.map(Json)
}

/// What each component would pay if rows came in: the engine's own answer, over the facts as they are with the rows beside them.
/// Nothing is stored, so a quote may be asked about as often as it changes.
#[utoipa::path(post, path = "/v1/partners/{partner}/whatif", tag = "partners", request_body = WhatIfAsked,
    params(("partner" = String, Path, description = "The partner's id.")),
    responses((status = 200, description = "What would be paid.", body = WhatIfAnswer),
        (status = 404, description = "There is no such partner that the caller may see.", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "The body is not what is described, or cells are not what their columns hold: `errors` says which.", body = Problem, content_type = "application/problem+json")))]
pub async fn whatif(
    State(shared): State<Arc<Shared>>,
    Path(partner): Path<String>,
    Said(asked): Said<WhatIfAsked>,
) -> Result<Json<WhatIfAnswer>, Refused> {
    let answer = shared.ask(move |app| app.whatif(&partner, &asked)).await;
    answer.map(Json)
}
