//! The journal's statements: appending, reading, auditing, proving, and writing again what follows from the acts.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;

use sqlx::any::{Any, AnyRow};
use sqlx::{Row, Transaction};
use trueup_base::date::Date;
use trueup_books::Batch;
use trueup_journal::tree::Placed;
use trueup_journal::{
    Act, Audit, Checkpoint, Frontier, Hash, Looked, Proof, ProofError, Ring, SecretKey, Stored,
    audit, proof, ring,
};

use crate::books;
use crate::database::Database;
use crate::fault::StoreFault;

/// How many rows are read at a time.
pub(crate) const AT_A_TIME: u32 = 1000;

/// Acts that were appended in one step.
#[derive(Clone, Debug)]
pub struct Appended {
    /// The place of the first one.
    pub first: u64,
    /// The acts.
    pub acts: Vec<Act>,
    /// The checkpoint over the journal with them.
    pub checkpoint: Checkpoint,
}

/// What is written in one step: acts, and the batches that they state.
#[derive(Clone, Debug, Default)]
pub struct Step {
    /// The acts.
    pub acts: Vec<Act>,
    /// The batches, each with the SHA-256 of its text in hex.
    pub batches: Vec<(Batch, String)>,
    /// The day up to which everything is closed by it, after the batches.
    pub closes: Option<Date>,
}

impl From<Vec<Act>> for Step {
    fn from(acts: Vec<Act>) -> Self {
        Self {
            acts,
            batches: Vec::new(),
            closes: None,
        }
    }
}

/// The journal and the books as they are while a step is decided and nobody else can write.
#[derive(Clone, Copy, Debug)]
pub struct Now<'a> {
    /// The keys.
    pub ring: &'a Ring,
    /// How many acts there are.
    pub acts: u64,
    /// How many batches there are.
    pub batches: u64,
    /// The last day that is closed.
    pub closed_on: Option<Date>,
}

/// Which acts are asked for.
#[derive(Clone, Copy, Debug)]
pub struct Page {
    /// The first place.
    pub from: u64,
    /// How many at most.
    pub most: u32,
}

impl Database {
    /// Appends acts that are decided on the journal as it is, in one step with the checkpoint over it; nothing where nothing is
    /// decided.
    ///
    /// # Errors
    /// As [`Database::step`].
    pub async fn append<E>(
        &self,
        keys: &[&SecretKey],
        decide: impl FnOnce(&Ring, u64) -> Result<Vec<Act>, E>,
    ) -> Result<Result<Option<Appended>, E>, StoreFault> {
        self.step(keys, |now| decide(now.ring, now.acts).map(Step::from))
            .await
    }

    /// Writes what is decided on journal and books as they are, in one transaction with the checkpoint over the journal;
    /// nothing where no act is decided. The decision is taken while nobody else can write.
    ///
    /// # Errors
    /// When the journal does not take an act, the books do not take a batch, none of the keys can sign the checkpoint, or the
    /// database fails. Inside, what the decision itself refuses.
    pub async fn step<E>(
        &self,
        keys: &[&SecretKey],
        decide: impl FnOnce(Now<'_>) -> Result<Step, E>,
    ) -> Result<Result<Option<Appended>, E>, StoreFault> {
        let mut transaction = self.begin().await?;
        let first = size(&mut transaction).await?;
        let batches = books::batches(&mut transaction).await?;
        let mut ring = ring_of(&mut transaction).await?;
        let now = Now {
            ring: &ring,
            acts: first,
            batches,
            closed_on: books::closed_on(&mut transaction).await?,
        };
        let Step {
            acts,
            batches,
            closes,
        } = match decide(now) {
            Ok(step) if step.acts.is_empty() => return Ok(Ok(None)),
            Ok(step) => step,
            Err(refusal) => return Ok(Err(refusal)),
        };
        for (batch, sha256) in &batches {
            books::insert(&mut transaction, batch, sha256).await?;
        }
        if let Some(day) = closes {
            books::close(&mut transaction, day).await?;
        }
        let mut tree = frontier(&mut transaction, first).await?;
        for (at, act) in (first..).zip(&acts) {
            ring.judge(at, act)
                .map_err(|source| StoreFault::Refused { at, source })?;
            insert(&mut transaction, &Stored::of(at, act)).await?;
            for placed in tree.push(act.leaf()) {
                insert_hash(&mut transaction, placed).await?;
            }
        }
        let size = tree.size();
        let signer = ring
            .of_vendor_at(size)
            .find_map(|public| keys.iter().find(|key| key.public() == public))
            .ok_or(StoreFault::NoKey)?;
        let checkpoint = Checkpoint::sign(&tree, signer)
            .map_err(|source| StoreFault::Checkpoint { size, source })?;
        insert_checkpoint(&mut transaction, size, checkpoint.note()).await?;
        transaction
            .commit()
            .await
            .map_err(StoreFault::sql("making acts last"))?;
        Ok(Ok(Some(Appended {
            first,
            acts,
            checkpoint,
        })))
    }

    /// The keys and the number of acts, as they are now.
    ///
    /// # Errors
    /// When the database fails, or what is stored is no journal.
    pub async fn ring(&self) -> Result<(Ring, u64), StoreFault> {
        let mut reading = self.reading().await?;
        let size = size(&mut reading).await?;
        Ok((ring_of(&mut reading).await?, size))
    }

    /// Acts from a place on, in their order.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn acts(&self, page: Page) -> Result<Vec<Stored>, StoreFault> {
        let mut reading = self.reading().await?;
        acts(&mut reading, page).await
    }

    /// The acts of some kinds, in their order, and how many acts there are.
    ///
    /// # Errors
    /// When the database fails, or one of them cannot be read.
    pub async fn acts_of(&self, kinds: &[&str]) -> Result<(Vec<(u64, Act)>, u64), StoreFault> {
        let mut reading = self.reading().await?;
        let size = size(&mut reading).await?;
        Ok((acts_of(&mut reading, kinds).await?, size))
    }

    /// The latest act of a kind with its place; none where there is none.
    ///
    /// # Errors
    /// When the database fails, or the act cannot be read.
    pub async fn latest_of(&self, kind: &str) -> Result<Option<(u64, Act)>, StoreFault> {
        let doing = || StoreFault::sql("reading the latest act of a kind");
        let mut reading = self.reading().await?;
        let row = sqlx::query(
            "select seq, at, who, behalf, kind, hash, note from acts where kind = $1 order by seq desc limit 1",
        )
        .bind(kind.to_owned())
        .fetch_optional(&mut *reading)
        .await
        .map_err(doing())?;
        let row = row.as_ref().map(stored).transpose().map_err(doing())?;
        row.map(|row| Ok((row.seq, read(row.seq, &row.note)?)))
            .transpose()
    }

    /// The latest checkpoint; none before the journal is opened.
    ///
    /// # Errors
    /// When the database fails, or the checkpoint cannot be read.
    pub async fn checkpoint(&self) -> Result<Option<Checkpoint>, StoreFault> {
        let mut reading = self.reading().await?;
        latest(&mut reading).await
    }

    /// Looks through everything that is stored, and holds it besides to checkpoints that somebody kept elsewhere.
    ///
    /// # Errors
    /// When the database fails; what deviates is no error but what is found.
    pub async fn audit(&self, kept: Vec<Checkpoint>) -> Result<audit::Outcome, StoreFault> {
        let mut reading = self.reading().await?;
        let threads = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
        let mut audit = Audit::of(checkpoints(&mut reading).await?);
        for checkpoint in kept {
            audit.hold_to(checkpoint);
        }
        let mut from = 0;
        loop {
            let page = Page {
                from,
                most: AT_A_TIME,
            };
            let rows = acts(&mut reading, page).await?;
            let Some(last) = rows.last() else { break };
            from = last.seq + 1;
            let looked = looked(&audit, &rows, threads);
            audit.take(&rows, looked);
        }
        audit.hold_hashes(hashes(&mut reading).await?);
        Ok(audit.end())
    }

    /// The proof that an act lies below the latest checkpoint.
    ///
    /// # Errors
    /// When there is no such act, a hash is missing or the database fails.
    pub async fn prove(&self, at: u64) -> Result<(Act, Proof), StoreFault> {
        let mut reading = self.reading().await?;
        let beyond = |size| StoreFault::Proof(ProofError::Beyond { at, size });
        let checkpoint = latest(&mut reading).await?.ok_or_else(|| beyond(0))?;
        let size = checkpoint.size();
        if at >= size {
            return Err(beyond(size));
        }
        let page = Page { from: at, most: 1 };
        let row = acts(&mut reading, page)
            .await?
            .into_iter()
            .next()
            .filter(|row| row.seq == at)
            .ok_or_else(|| damaged(format!("act {at} is gone")))?;
        let act = read(at, &row.note)?;
        let stored = hashes_at(&mut reading, &proof::inclusion_needs(size, at)).await?;
        let hashes = proof::inclusion(size, at, &stored).map_err(StoreFault::Proof)?;
        let proof = Proof {
            at,
            hashes,
            checkpoint,
        };
        proof.holds_for(act.leaf()).map_err(StoreFault::Proof)?;
        Ok((act, proof))
    }

    /// The hashes that show that the journal begins with the one of an earlier size.
    ///
    /// # Errors
    /// When the earlier size is none of this journal, a hash is missing or the database fails.
    pub async fn consistency(&self, old: u64, new: u64) -> Result<Vec<Hash>, StoreFault> {
        let mut reading = self.reading().await?;
        let stored = hashes_at(&mut reading, &proof::consistency_needs(old, new)).await?;
        proof::consistency(old, new, &stored).map_err(StoreFault::Proof)
    }

    /// How many rows are other than they follow from the acts.
    ///
    /// # Errors
    /// When the database fails, or acts are gone.
    pub async fn differs_from_acts(&self) -> Result<u64, StoreFault> {
        let mut reading = self.reading().await?;
        let should = tree_of(&mut reading).await?;
        differing(&mut reading, &should).await
    }

    /// Writes everything again that follows from the acts; says how many rows were other than they should be.
    ///
    /// # Errors
    /// When the database fails, or acts are gone.
    pub async fn rebuild(&self) -> Result<u64, StoreFault> {
        let doing = StoreFault::sql("writing hashes of the tree again");
        let mut transaction = self.begin().await?;
        let should = tree_of(&mut transaction).await?;
        let other = differing(&mut transaction, &should).await?;
        if other > 0 {
            sqlx::query("delete from tree_hashes")
                .execute(&mut *transaction)
                .await
                .map_err(&doing)?;
            for placed in should {
                insert_hash(&mut transaction, placed).await?;
            }
            transaction.commit().await.map_err(doing)?;
        }
        Ok(other)
    }

    /// A transaction that only reads: everything in it is of one moment.
    pub(crate) async fn reading(&self) -> Result<Transaction<'static, Any>, StoreFault> {
        self.pool()
            .begin()
            .await
            .map_err(StoreFault::sql("beginning to read"))
    }
}

/// Looks at rows on so many threads, most of which check signatures; what is seen comes in the order of the rows.
fn looked(audit: &Audit, rows: &[Stored], threads: NonZeroUsize) -> Vec<Looked> {
    let each = rows.len().div_ceil(threads.get()).max(1);
    std::thread::scope(|scope| {
        let (first, rest) = rows.split_at(each.min(rows.len()));
        let others: Vec<_> = rest
            .chunks(each)
            .map(|some| scope.spawn(move || audit.look(some)))
            .collect();
        let mut looked = audit.look(first);
        for other in others {
            match other.join() {
                Ok(some) => looked.extend(some),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        looked
    })
}

/// How many stored hashes are missing, too many, or other than they should be.
async fn differing(
    within: &mut Transaction<'_, Any>,
    should: &[Placed],
) -> Result<u64, StoreFault> {
    let stored: BTreeMap<u64, String> = hashes(within).await?.into_iter().collect();
    let is_other = |placed: &&Placed| stored.get(&placed.at) != Some(&placed.hash.to_string());
    let other = should.iter().filter(is_other).count();
    let beyond = stored.range(should.len() as u64..).count();
    Ok((other + beyond) as u64)
}

/// Every hash of the tree, from the acts.
async fn tree_of(within: &mut Transaction<'_, Any>) -> Result<Vec<Placed>, StoreFault> {
    let mut tree = Frontier::default();
    let mut placed = Vec::new();
    loop {
        let page = Page {
            from: tree.size(),
            most: AT_A_TIME,
        };
        let rows = acts(within, page).await?;
        if rows.is_empty() {
            return Ok(placed);
        }
        for row in rows {
            if row.seq != tree.size() {
                return Err(damaged(format!("act {} is gone", tree.size())));
            }
            placed.extend(tree.push(Hash::of_leaf(row.note.as_bytes())));
        }
    }
}

pub(crate) async fn size(within: &mut Transaction<'_, Any>) -> Result<u64, StoreFault> {
    let doing = StoreFault::sql("counting the acts");
    let row = sqlx::query("select coalesce(max(seq) + 1, 0) from acts")
        .fetch_one(&mut **within)
        .await
        .map_err(&doing)?;
    row.try_get(0).map(unsigned).map_err(doing)
}

async fn ring_of(within: &mut Transaction<'_, Any>) -> Result<Ring, StoreFault> {
    let mut ring = Ring::default();
    for (at, act) in acts_of(within, &ring::KINDS).await? {
        ring.judge(at, &act)
            .map_err(|why| damaged(format!("act {at} about keys cannot stand there: {why}")))?;
    }
    Ok(ring)
}

async fn frontier(within: &mut Transaction<'_, Any>, size: u64) -> Result<Frontier, StoreFault> {
    let places = Frontier::places(size);
    let stored = hashes_at(within, &places).await?;
    let roots = places
        .iter()
        .filter_map(|at| stored.get(at).copied())
        .collect();
    Frontier::of(size, roots).ok_or_else(|| damaged("hashes of the tree are missing".to_owned()))
}

pub(crate) async fn acts(
    within: &mut Transaction<'_, Any>,
    page: Page,
) -> Result<Vec<Stored>, StoreFault> {
    let doing = StoreFault::sql("reading acts");
    let rows = sqlx::query(
        "select seq, at, who, behalf, kind, hash, note from acts where seq >= $1 order by seq limit $2",
    )
    .bind(signed(page.from))
    .bind(i64::from(page.most))
    .fetch_all(&mut **within)
    .await
    .map_err(&doing)?;
    rows.iter()
        .map(stored)
        .collect::<Result<_, _>>()
        .map_err(doing)
}

async fn acts_of(
    within: &mut Transaction<'_, Any>,
    kinds: &[&str],
) -> Result<Vec<(u64, Act)>, StoreFault> {
    let doing = || StoreFault::sql("reading acts of a kind");
    let mut acts = Vec::new();
    for kind in kinds {
        let rows = sqlx::query(
            "select seq, at, who, behalf, kind, hash, note from acts where kind = $1 order by seq",
        )
        .bind((*kind).to_owned())
        .fetch_all(&mut **within)
        .await
        .map_err(doing())?;
        for row in &rows {
            let row = stored(row).map_err(doing())?;
            acts.push((row.seq, read(row.seq, &row.note)?));
        }
    }
    acts.sort_by_key(|(at, _)| *at);
    Ok(acts)
}

async fn latest(within: &mut Transaction<'_, Any>) -> Result<Option<Checkpoint>, StoreFault> {
    let doing = StoreFault::sql("reading the latest checkpoint");
    let row = sqlx::query("select note from checkpoints order by size desc limit 1")
        .fetch_optional(&mut **within)
        .await
        .map_err(&doing)?;
    let Some(row) = row else { return Ok(None) };
    let note: String = row.try_get(0).map_err(doing)?;
    Checkpoint::parse(&note)
        .map(Some)
        .map_err(|why| damaged(format!("the latest checkpoint: {why}")))
}

pub(crate) async fn checkpoints(
    within: &mut Transaction<'_, Any>,
) -> Result<Vec<(u64, String)>, StoreFault> {
    let doing = StoreFault::sql("reading checkpoints");
    let rows = sqlx::query("select size, note from checkpoints order by size")
        .fetch_all(&mut **within)
        .await
        .map_err(&doing)?;
    let pair = |row: &AnyRow| Ok((unsigned(row.try_get(0)?), row.try_get(1)?));
    rows.iter()
        .map(pair)
        .collect::<Result<_, _>>()
        .map_err(doing)
}

async fn hashes(within: &mut Transaction<'_, Any>) -> Result<Vec<(u64, String)>, StoreFault> {
    let doing = StoreFault::sql("reading hashes of the tree");
    let rows = sqlx::query("select place, hash from tree_hashes order by place")
        .fetch_all(&mut **within)
        .await
        .map_err(&doing)?;
    let pair = |row: &AnyRow| Ok((unsigned(row.try_get(0)?), row.try_get(1)?));
    rows.iter()
        .map(pair)
        .collect::<Result<_, _>>()
        .map_err(doing)
}

async fn hashes_at(
    within: &mut Transaction<'_, Any>,
    places: &[u64],
) -> Result<BTreeMap<u64, Hash>, StoreFault> {
    let doing = StoreFault::sql("reading hashes of the tree");
    let mut found = BTreeMap::new();
    for at in places {
        let row = sqlx::query("select hash from tree_hashes where place = $1")
            .bind(signed(*at))
            .fetch_optional(&mut **within)
            .await
            .map_err(&doing)?;
        let Some(row) = row else { continue };
        let text: String = row.try_get(0).map_err(&doing)?;
        let hash = Hash::parse(&text)
            .ok_or_else(|| damaged(format!("hash {at} of the tree is no hash")))?;
        found.insert(*at, hash);
    }
    Ok(found)
}

pub(crate) async fn insert(
    within: &mut Transaction<'_, Any>,
    row: &Stored,
) -> Result<(), StoreFault> {
    sqlx::query(
        "insert into acts (seq, at, who, behalf, kind, hash, note) values ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(signed(row.seq))
    .bind(row.at.clone())
    .bind(row.who.clone())
    .bind(row.behalf.clone())
    .bind(row.kind.clone())
    .bind(row.hash.clone())
    .bind(row.note.clone())
    .execute(&mut **within)
    .await
    .map_err(StoreFault::sql("writing an act"))?;
    Ok(())
}

pub(crate) async fn insert_checkpoint(
    within: &mut Transaction<'_, Any>,
    size: u64,
    note: &str,
) -> Result<(), StoreFault> {
    sqlx::query("insert into checkpoints (size, note) values ($1, $2)")
        .bind(signed(size))
        .bind(note.to_owned())
        .execute(&mut **within)
        .await
        .map_err(StoreFault::sql("writing a checkpoint"))?;
    Ok(())
}

pub(crate) async fn insert_hash(
    within: &mut Transaction<'_, Any>,
    placed: Placed,
) -> Result<(), StoreFault> {
    sqlx::query("insert into tree_hashes (place, hash) values ($1, $2)")
        .bind(signed(placed.at))
        .bind(placed.hash.to_string())
        .execute(&mut **within)
        .await
        .map_err(StoreFault::sql("writing a hash of the tree"))?;
    Ok(())
}

fn stored(row: &AnyRow) -> Result<Stored, sqlx::Error> {
    Ok(Stored {
        seq: unsigned(row.try_get(0)?),
        at: row.try_get(1)?,
        who: row.try_get(2)?,
        behalf: row.try_get(3)?,
        kind: row.try_get(4)?,
        hash: row.try_get(5)?,
        note: row.try_get(6)?,
    })
}

fn read(at: u64, note: &str) -> Result<Act, StoreFault> {
    Act::parse(note).map_err(|why| damaged(format!("act {at}: {why}")))
}

pub(crate) fn damaged(what: String) -> StoreFault {
    StoreFault::Damaged { what }
}

/// Places and sizes are far below 2^63; one that is not is none of this journal, and is not found.
pub(crate) fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

pub(crate) fn unsigned(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}
