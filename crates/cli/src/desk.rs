//! A step that people take: what is on the journal, and putting an act on it.

use std::path::Path;

use serde::Serialize;
use trueup_books::{Batch, BatchKind, Posting};
use trueup_facts::digest::Digest;
use trueup_journal::{Act, Draft, Organisation};
use trueup_store::Step;

use crate::away::Away;
use crate::commands::books::{POSTED, Posted};
use crate::failure::Failure;
use crate::record::{Record, now, unsayable};
use crate::seals::OnRecord;

/// What is there, and putting an act on it.
pub struct Desk {
    /// The journal.
    pub record: Record,
    /// What it says.
    pub on_record: OnRecord,
    /// Who signs elsewhere for its organisation; none where everybody's key is kept here.
    away: Option<Away>,
}

impl Desk {
    /// Of a program.
    pub fn open(program: &Path) -> Result<Self, Failure> {
        let record = Record::opened(program)?;
        let on_record = OnRecord::of(&record)?;
        Ok(Self {
            record,
            on_record,
            away: None,
        })
    }

    /// The same, where acts in one organisation's name are signed elsewhere.
    pub fn signed_by(self, away: Away) -> Self {
        Self {
            away: Some(away),
            ..self
        }
    }

    /// The text of an act that waits to be signed elsewhere.
    pub fn drafted(&self) -> Option<String> {
        self.away.as_ref().and_then(Away::drafted)
    }

    /// An act of a kind, as the one after so many, by somebody, signed in an organisation's name.
    fn act<T: Serialize>(
        &self,
        (kind, after): (&str, u64),
        (by, behalf): (&str, &Organisation),
        says: &T,
    ) -> Result<Act, Failure> {
        let draft = Draft {
            at: now(),
            by: by.to_owned(),
            behalf: behalf.clone(),
            kind: kind.parse().map_err(unsayable)?,
            after,
            says: serde_json::to_string(says)
                .map_err(|error| Failure::fault("writing what an act says", &error))?,
        };
        if let Some(away) = self.away.as_ref().filter(|away| away.is_of(behalf)) {
            return away.act(draft, &self.record);
        }
        Act::sign(
            draft,
            &[&*self.record.key_of(&self.on_record.ring, behalf)?],
        )
        .map_err(unsayable)
    }

    /// Puts one act on the journal; its place.
    pub fn say<T: Serialize>(
        &self,
        kind: &str,
        who: (&str, &Organisation),
        says: &T,
    ) -> Result<(u64, OnRecord), Failure> {
        let mut step = Step::default();
        self.then(&mut step, kind, who, says)?;
        Ok((self.on_record.acts, self.write(step)?))
    }

    /// A step that begins with the next batch of postings and the act that states it, in the vendor's name; the batch's number.
    pub fn posting(
        &self,
        kind: BatchKind,
        follows: &str,
        postings: Vec<Posting>,
        by: &str,
    ) -> Result<(Step, u64), Failure> {
        let batches = self.record.wait("counting batches", async |database| {
            database.batch_count().await
        })?;
        let mut step = Step::default();
        self.also_posting(&mut step, (kind, batches + 1), follows, postings, by)?;
        Ok((step, batches + 1))
    }

    /// Adds a batch of that number to the end of a step, with the act that states it.
    pub fn also_posting(
        &self,
        step: &mut Step,
        (kind, number): (BatchKind, u64),
        follows: &str,
        postings: Vec<Posting>,
        by: &str,
    ) -> Result<(), Failure> {
        let batch = Batch::new(number, kind, follows.to_owned(), postings);
        let sha256 = Digest::of(batch.to_text().as_bytes());
        let stated = Posted::of(&batch, sha256);
        self.then(step, POSTED, (by, &Organisation::Vendor), &stated)?;
        step.batches.push((batch, sha256.to_string()));
        Ok(())
    }

    /// Adds an act to the end of a step.
    pub fn then<T: Serialize>(
        &self,
        step: &mut Step,
        kind: &str,
        who: (&str, &Organisation),
        says: &T,
    ) -> Result<(), Failure> {
        let after = self.on_record.acts + step.acts.len() as u64;
        step.acts.push(self.act((kind, after), who, says)?);
        Ok(())
    }

    /// Writes a step if its acts may be done and nobody wrote meanwhile; what the journal says then. What waits to be signed
    /// elsewhere is judged and not written.
    pub fn write(&self, step: Step) -> Result<OnRecord, Failure> {
        let mut after = self.on_record.clone();
        for (at, act) in (self.on_record.acts..).zip(&step.acts) {
            after.judge(at, act).map_err(Failure::Found)?;
        }
        if self.away.as_ref().is_some_and(Away::only_drafts) {
            return Ok(after);
        }
        let seen = self.on_record.acts;
        let written = self.record.step(|current| {
            Ok(match current.acts == seen {
                true => step,
                false => Step::default(),
            })
        })?;
        match written {
            Some(_) => Ok(after),
            None => Err(Failure::Found(
                "somebody else wrote to the journal meanwhile; look, and do it again".to_owned(),
            )),
        }
    }
}
