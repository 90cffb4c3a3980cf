//! A journal with its books, out of one database and into another: for backups, and for moving from one kind of database to the other.

use trueup_base::date::Date;
use trueup_books::Posting;
use trueup_journal::{Act, Frontier, Ring, Stored};

use crate::books::{self, BatchRow, batch_of};
use crate::database::Database;
use crate::fault::StoreFault;
use crate::journal::{self, Page, damaged, insert_checkpoint};

/// One thing that is stored, in the order in which everything is copied: acts, checkpoints, batches, closings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Copied {
    /// An act, as its signed text.
    Act(String),
    /// A checkpoint: the number of acts it is over, and its signed text.
    Checkpoint(u64, String),
    /// A batch with its postings.
    Batch(BatchRow, Vec<Posting>),
    /// The last day of what was closed.
    Closing(Date),
}

/// How much was copied.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Acts.
    pub acts: u64,
    /// Batches.
    pub batches: u64,
    /// Postings.
    pub postings: u64,
}

impl Database {
    /// Gives everything of one moment to whoever takes it. What follows from the acts is left out: it is written again.
    ///
    /// # Errors
    /// When the database fails, or what is stored is damaged. Inside, what the taker refuses.
    pub async fn copy_out<E>(
        &self,
        mut take: impl FnMut(Copied) -> Result<(), E>,
    ) -> Result<Result<Counts, E>, StoreFault> {
        let mut counts = Counts::default();
        let mut give = |copied| take(copied).err();
        let mut reading = self.reading().await?;
        loop {
            let page = Page {
                from: counts.acts,
                most: journal::AT_A_TIME,
            };
            let rows = journal::acts(&mut reading, page).await?;
            if rows.is_empty() {
                break;
            }
            for row in rows {
                if row.seq != counts.acts {
                    return Err(damaged(format!("act {} is gone", counts.acts)));
                }
                counts.acts += 1;
                if let Some(refused) = give(Copied::Act(row.note)) {
                    return Ok(Err(refused));
                }
            }
        }
        for (size, note) in journal::checkpoints(&mut reading).await? {
            if let Some(refused) = give(Copied::Checkpoint(size, note)) {
                return Ok(Err(refused));
            }
        }
        for row in books::rows(&mut reading).await? {
            let postings = books::postings(&mut reading, row.number).await?;
            counts.batches += 1;
            counts.postings += postings.len() as u64;
            if let Some(refused) = give(Copied::Batch(row, postings)) {
                return Ok(Err(refused));
            }
        }
        for day in books::closings(&mut reading).await? {
            if let Some(refused) = give(Copied::Closing(day)) {
                return Ok(Err(refused));
            }
        }
        Ok(Ok(counts))
    }

    /// Takes in everything that another database gave, in one transaction: all of it is there afterwards, or nothing.
    ///
    /// # Errors
    /// When there is something in the database already, something is out of its order or does not balance, or the database fails.
    /// Inside, what the giver fails with.
    pub async fn copy_in<E>(
        &self,
        all: impl Iterator<Item = Result<Copied, E>>,
    ) -> Result<Result<Counts, E>, StoreFault> {
        let mut counts = Counts::default();
        let mut within = self.begin().await?;
        if journal::size(&mut within).await? > 0 || books::batches(&mut within).await? > 0 {
            return Err(StoreFault::NotEmpty {
                place: self.place().to_owned(),
            });
        }
        let mut tree = Frontier::default();
        let mut ring = Ring::default();
        for copied in all {
            let copied = match copied {
                Ok(copied) => copied,
                Err(failed) => return Ok(Err(failed)),
            };
            match copied {
                Copied::Act(note) => {
                    let at = counts.acts;
                    let act = Act::parse(&note)
                        .map_err(|why| damaged(format!("act {at} of the copy: {why}")))?;
                    ring.judge(at, &act)
                        .map_err(|source| StoreFault::Refused { at, source })?;
                    journal::insert(&mut within, &[Stored::of(at, &act)]).await?;
                    journal::insert_hashes(&mut within, &tree.push(act.leaf())).await?;
                    counts.acts += 1;
                }
                Copied::Checkpoint(size, note) => {
                    insert_checkpoint(&mut within, size, &note).await?;
                }
                Copied::Batch(row, postings) => {
                    let number = row.number;
                    let sha256 = row.sha256.clone();
                    let batch = batch_of(&row, postings).ok_or_else(|| {
                        damaged(format!("batch {number} of the copy does not balance"))
                    })?;
                    books::insert(&mut within, self.dialect(), &batch, &sha256).await?;
                    counts.batches += 1;
                    counts.postings += batch.postings().len() as u64;
                }
                Copied::Closing(day) => books::close(&mut within, day).await?,
            }
        }
        within
            .commit()
            .await
            .map_err(StoreFault::sql("making a copy last"))?;
        Ok(Ok(counts))
    }
}
