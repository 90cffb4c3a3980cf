//! What becomes of a delivery's rows once they are judged: written, withdrawn or set aside, and added up.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use arrow::array::{BooleanArray, RecordBatch};
use arrow::compute::filter_record_batch;

use super::intake::{Intake, Staged, too_large};
use super::{Bench, Index, NotDelivered, Parcel, Stage, recall};
use crate::error::Fault;
use crate::judge::{Verdict, Verdicts};
use crate::store::{
    Commit, DELIVERY_FORM, Delivery, FactColumns, FactTable, FileWritten, in_order, read_file,
    skip_by, write_file,
};
use crate::tally::Tally;

/// The tallies of what becomes of a delivery's rows.
struct Kept {
    accepted: Tally,
    corrected: Tally,
    cancelled: Tally,
    duplicate: Tally,
    outdated: Tally,
    conflict: Tally,
    withdrawn: Tally,
    /// The day each correcting or cancelling row became known, by its place in the file.
    recorded_by: HashMap<u64, i32>,
    /// Cancellations once more, with weight -1: each is known, and counts for nothing.
    taken_out: Vec<RecordBatch>,
}

impl Kept {
    fn of(&mut self, verdict: Verdict) -> &mut Tally {
        match verdict {
            Verdict::Accepted => &mut self.accepted,
            Verdict::Corrected => &mut self.corrected,
            Verdict::Cancelled => &mut self.cancelled,
            Verdict::Duplicate => &mut self.duplicate,
            Verdict::Outdated => &mut self.outdated,
            Verdict::Conflict => &mut self.conflict,
        }
    }
}

/// Writes what is kept and says what became of the rest.
pub fn keep(
    parcel: &Parcel<'_>,
    mut intake: Intake<'_>,
    (table, index): (&FactTable, &Index),
    verdicts: &Verdicts,
    bench: &mut Bench<'_>,
) -> Result<Commit, NotDelivered> {
    let kind = parcel.kind;
    let tables = bench.tables;
    let none = || Tally::of(kind);
    let mut kept = Kept {
        accepted: none(),
        corrected: none(),
        cancelled: none(),
        duplicate: none(),
        outdated: none(),
        conflict: none(),
        withdrawn: none(),
        recorded_by: HashMap::new(),
        taken_out: Vec::new(),
    };
    let mut files: Vec<(PathBuf, FileWritten)> = Vec::new();
    let mut conflicts: Vec<RecordBatch> = Vec::new();
    for staged in std::mem::take(&mut intake.staged) {
        bench.tell(parcel, Stage::Writing, intake.read.rows, parcel.bytes)?;
        let first = verdicts
            .others
            .partition_point(|(row, _)| *row < staged.span.0);
        let untouched = verdicts
            .others
            .get(first)
            .is_none_or(|(row, _)| *row > staged.span.1);
        if untouched {
            kept.accepted
                .plus(&staged.tally)
                .map_err(too_large(parcel))?;
            match (staged.written, staged.rows) {
                (Some(written), _) => files.push((staged.path, written)),
                (None, Some(rows)) => {
                    let written = write_file(tables.disk(), &staged.path, &[rows], &skip_by(kind))?;
                    files.push((staged.path, written));
                }
                (None, None) => {}
            }
            continue;
        }
        let remaining = sift(
            parcel,
            &intake.staging,
            staged,
            verdicts,
            &mut kept,
            &mut conflicts,
        )?;
        if let Some((path, batches)) = remaining {
            let written = write_file(tables.disk(), &path, &batches, &skip_by(kind))?;
            files.push((path, written));
        }
    }
    let mut out = match verdicts.withdrawn.is_empty() {
        true => Vec::new(),
        false => recall::withdrawals(table, index, verdicts, &kept.recorded_by)?,
    };
    for batch in &out {
        kept.withdrawn
            .add_batch(kind, batch)
            .map_err(too_large(parcel))?;
    }
    out.append(&mut kept.taken_out);
    let out = in_order(kind, &out).map_err(Fault::columns("order", &kind.name))?;
    if let Some(batch) = out {
        let path = intake.staging.join("withdrawn.parquet");
        let written = write_file(tables.disk(), &path, &[batch], &skip_by(kind))?;
        files.push((path, written));
    }
    if !conflicts.is_empty() {
        for row in recall::explain_conflicts(table, index, parcel, &conflicts)? {
            intake.aside.add(&row)?;
        }
    }
    adds_up(parcel, &intake, &kept, verdicts)?;
    intake
        .quarantined
        .plus(&kept.conflict)
        .map_err(too_large(parcel))?;
    let list = intake.aside.finish(tables.disk())?;
    let (quarantine_path, quarantine) = list.unzip();
    let text = |tally: &Tally| tally.to_text(kind);
    let delivery = Delivery {
        form: DELIVERY_FORM,
        number: parcel.number,
        taken_at: parcel.now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        source: parcel.source.name.to_string(),
        file: parcel.file.to_string(),
        digest: parcel.digest,
        bytes: parcel.bytes,
        reading: parcel.source.reading,
        taken_on: parcel
            .program
            .zone
            .to_datetime(parcel.now)
            .date()
            .to_string(),
        read: text(&intake.read),
        accepted: text(&kept.accepted),
        corrected: text(&kept.corrected),
        cancelled: text(&kept.cancelled),
        duplicate: text(&kept.duplicate),
        outdated: text(&kept.outdated),
        quarantined: text(&intake.quarantined),
        withdrawn: text(&kept.withdrawn),
        rounded: std::mem::take(&mut intake.rounded),
        files: files
            .iter()
            .map(|(_, written)| written.file.clone())
            .collect(),
        quarantine,
        repair: parcel.repair.clone(),
        flag: parcel.flag.clone(),
    };
    Ok(Commit {
        delivery,
        files,
        quarantine: quarantine_path,
        at_ms: parcel.now.as_millisecond(),
    })
}

/// Splits a chunk by what becomes of its rows; what is left of it is to be written.
fn sift(
    parcel: &Parcel<'_>,
    staging: &Path,
    staged: Staged,
    verdicts: &Verdicts,
    kept: &mut Kept,
    conflicts: &mut Vec<RecordBatch>,
) -> Result<Option<(PathBuf, Vec<RecordBatch>)>, NotDelivered> {
    let kind = parcel.kind;
    let columns_fault = |doing| Fault::columns(doing, &kind.name);
    let batches = match (staged.rows, &staged.written) {
        (Some(rows), _) => vec![rows],
        (None, Some(written)) => {
            // Written under its own digest's name, it is checked on the way back like any stored file.
            let name = staging.join(written.file.name());
            std::fs::rename(&staged.path, &name).map_err(Fault::write(&name))?;
            let batches: Result<Vec<RecordBatch>, _> =
                read_file(staging, &written.file, None)?.collect();
            batches.map_err(columns_fault("read"))?
        }
        (None, None) => Vec::new(),
    };
    let mut remaining = Vec::new();
    for batch in &batches {
        let facts = FactColumns::of(batch).ok_or_else(|| Fault::Damaged {
            path: staged.path.clone(),
            what: "it lacks the columns of facts".to_owned(),
        })?;
        let of_row: Vec<Verdict> = facts
            .row
            .values()
            .iter()
            .map(|row| verdicts.of(u64::try_from(*row).unwrap_or(0)))
            .collect();
        for (at, _) in of_row.iter().enumerate().filter(|(_, of)| of.takes_out()) {
            let row = u64::try_from(facts.row.value(at)).unwrap_or(0);
            kept.recorded_by
                .insert(row, recall::known_since(&facts, at, parcel));
        }
        for verdict in [
            Verdict::Accepted,
            Verdict::Corrected,
            Verdict::Cancelled,
            Verdict::Duplicate,
            Verdict::Outdated,
            Verdict::Conflict,
        ] {
            let chosen: BooleanArray = of_row.iter().map(|of| Some(*of == verdict)).collect();
            if chosen.true_count() == 0 {
                continue;
            }
            let rows = filter_record_batch(batch, &chosen).map_err(columns_fault("filter"))?;
            kept.of(verdict)
                .add_batch(kind, &rows)
                .map_err(too_large(parcel))?;
            if verdict == Verdict::Conflict {
                conflicts.push(rows);
            }
        }
        let stays: BooleanArray = of_row.iter().map(|of| Some(of.is_kept())).collect();
        if stays.true_count() > 0 {
            let rows =
                recall::date_corrections(batch, &of_row, parcel).map_err(columns_fault("date"))?;
            remaining.push(filter_record_batch(&rows, &stays).map_err(columns_fault("filter"))?);
            let out: BooleanArray = of_row
                .iter()
                .map(|of| Some(*of == Verdict::Cancelled))
                .collect();
            if out.true_count() > 0 {
                let rows = filter_record_batch(&rows, &out).map_err(columns_fault("filter"))?;
                let rows = recall::taken_out(&rows).map_err(columns_fault("withdraw"))?;
                kept.taken_out.push(rows);
            }
        }
    }
    let path = staged.path.with_extension("sifted.parquet");
    Ok((!remaining.is_empty()).then_some((path, remaining)))
}

/// LAW-15: what was read is what was kept and what was not, in rows and in every sum, each counted on its own way.
fn adds_up(
    parcel: &Parcel<'_>,
    intake: &Intake<'_>,
    kept: &Kept,
    verdicts: &Verdicts,
) -> Result<(), Fault> {
    let mut out = Tally::of(parcel.kind);
    let parts = [
        &kept.accepted,
        &kept.corrected,
        &kept.cancelled,
        &kept.duplicate,
        &kept.outdated,
        &kept.conflict,
        &intake.quarantined,
    ];
    for part in parts {
        out.plus(part).map_err(too_large(parcel))?;
    }
    let fail = |what: String| {
        Err(Fault::DoesNotAddUp {
            file: parcel.file.to_string(),
            what,
        })
    };
    if out.rows != intake.read.rows {
        return fail(format!(
            "{} rows were read and {} accounted for",
            intake.read.rows, out.rows
        ));
    }
    if let Some(number) = out
        .sums
        .iter()
        .zip(&intake.read.sums)
        .position(|(out, read)| out != read)
    {
        let name = parcel
            .kind
            .numbers()
            .nth(number)
            .map_or("", |(_, column, _)| &*column.name);
        return fail(format!(
            "the sum of `{name}` that was read is not the sum that is accounted for"
        ));
    }
    for (verdict, tally) in [
        (Verdict::Corrected, &kept.corrected),
        (Verdict::Cancelled, &kept.cancelled),
        (Verdict::Duplicate, &kept.duplicate),
        (Verdict::Outdated, &kept.outdated),
        (Verdict::Conflict, &kept.conflict),
    ] {
        let judged = verdicts
            .others
            .iter()
            .filter(|(_, of)| *of == verdict)
            .count() as u64;
        if judged != tally.rows {
            return fail(format!(
                "{judged} rows were judged {verdict:?} and {} found",
                tally.rows
            ));
        }
    }
    if kept.withdrawn.rows != verdicts.withdrawn.len() as u64 {
        return fail(format!(
            "{} rows are to be withdrawn and {} were found",
            verdicts.withdrawn.len(),
            kept.withdrawn.rows
        ));
    }
    Ok(())
}
