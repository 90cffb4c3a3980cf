//! The journal's statements: appending, reading, auditing, proving, and writing again what follows from the acts.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;

use sqlx::any::{Any, AnyRow};
use sqlx::{AssertSqlSafe, Row, Transaction};
use trueup_base::date::Date;
use trueup_books::Batch;
use trueup_journal::tree::Placed;
use trueup_journal::{
    Act, Audit, Checkpoint, Frontier, Hash, Proof, ProofError, PublicKey, Ring, SecretKey, Stored,
    audit, proof, ring,
};

use crate::books;
use crate::database::{Database, KnownRing};
use crate::fault::StoreFault;
use crate::values;

/// How many rows are read at a time.
pub(crate) const AT_A_TIME: u32 = 1000;

/// How many acts one statement writes.
const ACTS_AT_ONCE: usize = 20;

/// How many hashes of the tree one statement writes.
const HASHES_AT_ONCE: usize = 100;

/// A checkpoint's signer among these keys.
pub fn among(keys: &[&SecretKey]) -> impl Fn(&PublicKey) -> Option<SecretKey> {
    let keys: Vec<SecretKey> = keys.iter().copied().cloned().collect();
    move |public| keys.iter().find(|key| key.public() == public).cloned()
}

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
        keys: impl Fn(&PublicKey) -> Option<SecretKey>,
        decide: impl FnOnce(&Ring, u64) -> Result<Vec<Act>, E>,
    ) -> Result<Result<Option<Appended>, E>, StoreFault> {
        self.step(keys, |now| decide(now.ring, now.acts).map(Step::from))
            .await
    }

    /// Writes what is decided on journal and books as they are, in one transaction with the checkpoint over the journal;
    /// nothing where no act is decided. The decision is taken while nobody else can write. The checkpoint is signed by the first of
    /// the vendor's keys whose secret `keys` knows.
    ///
    /// # Errors
    /// When the journal does not take an act, the books do not take a batch, none of the keys can sign the checkpoint, or the
    /// database fails. Inside, what the decision itself refuses.
    pub async fn step<E>(
        &self,
        keys: impl Fn(&PublicKey) -> Option<SecretKey>,
        decide: impl FnOnce(Now<'_>) -> Result<Step, E>,
    ) -> Result<Result<Option<Appended>, E>, StoreFault> {
        let mut transaction = self.begin().await?;
        let first = size(&mut transaction).await?;
        let batches = books::batches(&mut transaction).await?;
        let mut ring = self.ring_of(&mut transaction, first).await?;
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
            books::insert(&mut transaction, self.dialect(), batch, sha256).await?;
        }
        if let Some(day) = closes {
            books::close(&mut transaction, day).await?;
        }
        let mut tree = frontier(&mut transaction, first).await?;
        let mut rows = Vec::with_capacity(acts.len());
        let mut hashes = Vec::new();
        for (at, act) in (first..).zip(&acts) {
            ring.judge(at, act)
                .map_err(|source| StoreFault::Refused { at, source })?;
            rows.push(Stored::of(at, act));
            hashes.extend(tree.push(act.leaf()));
        }
        for some in rows.chunks(ACTS_AT_ONCE) {
            insert(&mut transaction, some).await?;
        }
        insert_hashes(&mut transaction, &hashes).await?;
        let size = tree.size();
        let signer = ring
            .of_vendor_at(size)
            .find_map(keys)
            .ok_or(StoreFault::NoKey)?;
        let checkpoint = Checkpoint::sign(&tree, &signer)
            .map_err(|source| StoreFault::Checkpoint { size, source })?;
        insert_checkpoint(&mut transaction, size, checkpoint.note()).await?;
        transaction
            .commit()
            .await
            .map_err(StoreFault::sql("making acts last"))?;
        if let Some(last) = rows.pop() {
            self.knows_ring(KnownRing {
                ring,
                acts: size,
                last: last.hash,
            });
        }
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
        Ok((self.ring_of(&mut reading, size).await?, size))
    }

    /// The keys after so many acts. What was judged before, on the same journal, is not judged again.
    async fn ring_of(
        &self,
        within: &mut Transaction<'_, Any>,
        acts: u64,
    ) -> Result<Ring, StoreFault> {
        let known = match self.known_ring() {
            Some(known)
                if hash_of_last(within, known.acts).await?.as_ref() == Some(&known.last) =>
            {
                Some(known)
            }
            _ => None,
        };
        let (mut ring, from) =
            known.map_or_else(Default::default, |known| (known.ring, known.acts));
        for (at, act) in acts_of(within, &ring::KINDS, from).await? {
            ring.judge(at, &act)
                .map_err(|why| damaged(format!("act {at} about keys cannot stand there: {why}")))?;
        }
        self.keep_ring(within, &ring, acts).await?;
        Ok(ring)
    }

    /// Tells the database the keys after so many acts, where they were judged with the other acts: nothing is judged twice then.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn remember_ring(&self, ring: &Ring, acts: u64) -> Result<(), StoreFault> {
        let mut reading = self.reading().await?;
        self.keep_ring(&mut reading, ring, acts).await
    }

    async fn keep_ring(
        &self,
        within: &mut Transaction<'_, Any>,
        ring: &Ring,
        acts: u64,
    ) -> Result<(), StoreFault> {
        if let Some(last) = hash_of_last(within, acts).await? {
            let ring = ring.clone();
            self.knows_ring(KnownRing { ring, acts, last });
        }
        Ok(())
    }

    /// The act that opened the journal; none where nobody did.
    ///
    /// # Errors
    /// When the database fails, or it is no act.
    pub async fn opening(&self) -> Result<Option<Act>, StoreFault> {
        let first = Page { from: 0, most: 1 };
        let rows = self.acts(first).await?;
        let first = rows.first().filter(|row| row.seq == 0);
        first.map(|row| read(0, &row.note)).transpose()
    }

    /// Acts from a place on, in their order.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn acts(&self, page: Page) -> Result<Vec<Stored>, StoreFault> {
        let mut reading = self.reading().await?;
        acts(&mut reading, page).await
    }

    /// The kinds of the acts from a place on, in their order, as their texts say them.
    ///
    /// # Errors
    /// When the database fails, or a text has no kind.
    pub async fn kinds_from(&self, from: u64) -> Result<Vec<String>, StoreFault> {
        let mut reading = self.reading().await?;
        let mut kinds: Vec<String> = Vec::new();
        loop {
            let page = notes_from(&mut reading, from + kinds.len() as u64).await?;
            if page.is_empty() {
                return Ok(kinds);
            }
            for (seq, note) in page {
                let kind =
                    Act::kind_in(&note).ok_or_else(|| damaged(format!("act {seq} has no kind")))?;
                kinds.push(kind.to_owned());
            }
        }
    }

    /// The acts of some kinds, in their order, and how many acts there are.
    ///
    /// # Errors
    /// When the database fails, or one of them cannot be read.
    pub async fn acts_of(&self, kinds: &[&str]) -> Result<(Vec<(u64, Act)>, u64), StoreFault> {
        let mut reading = self.reading().await?;
        let size = size(&mut reading).await?;
        Ok((acts_of(&mut reading, kinds, 0).await?, size))
    }

    /// The acts of some kinds, in their order, and how many acts there are. Every act is read for it, and where the latest
    /// checkpoint is one's own and has the root of the acts as they are, those below it are vouched for: they were judged
    /// before it was signed, and they are the same. Where it is not, their signatures are still to be checked.
    ///
    /// # Errors
    /// When the database fails, or an act cannot be read.
    pub async fn vouched_acts_of(
        &self,
        kinds: &[&str],
        is_own: impl Fn(&Checkpoint) -> bool,
    ) -> Result<(Vec<(u64, Act)>, u64), StoreFault> {
        let mut reading = self.reading().await?;
        let own = latest(&mut reading).await?.filter(|one| is_own(one));
        let mut tree = Frontier::default();
        let mut vouched = 0;
        let mut notes: Vec<(u64, String)> = Vec::new();
        loop {
            let page = notes_from(&mut reading, tree.size()).await?;
            if page.is_empty() {
                break;
            }
            for (seq, note) in page {
                if seq != tree.size() {
                    return Err(damaged(format!("act {} is gone", tree.size())));
                }
                tree.push(Hash::of_leaf(note.as_bytes()));
                if let Some(own) = own.as_ref().filter(|own| own.size() == tree.size())
                    && own.root() == tree.root()
                {
                    vouched = own.size();
                }
                if Act::kind_in(&note).is_some_and(|kind| kinds.contains(&kind)) {
                    notes.push((seq, note));
                }
            }
        }
        Ok((read_all(&notes, vouched)?, tree.size()))
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
            // Most of it is checking signatures.
            let looked = in_shares(&rows, |some| audit.look(some));
            audit.take(&rows, looked.into_iter().flatten().collect());
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
            insert_hashes(&mut transaction, &should).await?;
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

/// Divides items among every core, and gives what came of each share in the items' order.
fn in_shares<T: Sync, R: Send>(items: &[T], work: impl Fn(&[T]) -> R + Sync) -> Vec<R> {
    let threads = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
    let each = items.len().div_ceil(threads.get()).max(1);
    let work = &work;
    std::thread::scope(|scope| {
        let (first, rest) = items.split_at(each.min(items.len()));
        let others: Vec<_> = rest
            .chunks(each)
            .map(|some| scope.spawn(move || work(some)))
            .collect();
        let mut done = vec![work(first)];
        for other in others {
            match other.join() {
                Ok(some) => done.push(some),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        done
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

/// The hash of the last of so many acts, as it is stored.
async fn hash_of_last(
    within: &mut Transaction<'_, Any>,
    acts: u64,
) -> Result<Option<String>, StoreFault> {
    let doing = StoreFault::sql("reading the hash of an act");
    let Some(last) = acts.checked_sub(1) else {
        return Ok(None);
    };
    let row = sqlx::query("select hash from acts where seq = $1")
        .bind(signed(last))
        .fetch_optional(&mut **within)
        .await
        .map_err(&doing)?;
    row.map(|row| row.try_get(0)).transpose().map_err(doing)
}

/// The next acts as they are stored, from a place on.
async fn notes_from(
    within: &mut Transaction<'_, Any>,
    from: u64,
) -> Result<Vec<(u64, String)>, StoreFault> {
    let doing = StoreFault::sql("reading acts");
    let rows = sqlx::query("select seq, note from acts where seq >= $1 order by seq limit $2")
        .bind(signed(from))
        .bind(i64::from(AT_A_TIME))
        .fetch_all(&mut **within)
        .await
        .map_err(&doing)?;
    let pair = |row: &AnyRow| Ok((unsigned(row.try_get(0)?), row.try_get(1)?));
    rows.iter()
        .map(pair)
        .collect::<Result<_, _>>()
        .map_err(doing)
}

/// Reads acts on every core; those below a place are vouched for.
fn read_all(notes: &[(u64, String)], vouched: u64) -> Result<Vec<(u64, Act)>, StoreFault> {
    let one = |(at, note): &(u64, String)| {
        let read = match *at < vouched {
            true => Act::vouched(note),
            false => Act::parse(note),
        };
        let act = read.map_err(|why| damaged(format!("act {at}: {why}")))?;
        Ok((*at, act))
    };
    let some = |notes: &[(u64, String)]| notes.iter().map(one).collect::<Result<Vec<_>, _>>();
    let mut acts = Vec::with_capacity(notes.len());
    for share in in_shares(notes, some) {
        acts.extend(share?);
    }
    Ok(acts)
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
    from: u64,
) -> Result<Vec<(u64, Act)>, StoreFault> {
    let doing = || StoreFault::sql("reading acts of a kind");
    let mut acts = Vec::new();
    for kind in kinds {
        let rows = sqlx::query(
            "select seq, at, who, behalf, kind, hash, note from acts where kind = $1 and seq >= $2 order by seq",
        )
        .bind((*kind).to_owned())
        .bind(signed(from))
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
    rows: &[Stored],
) -> Result<(), StoreFault> {
    let sql = format!(
        "insert into acts (seq, at, who, behalf, kind, hash, note) values {}",
        values::places(rows.len(), 7)
    );
    let mut query = sqlx::query(AssertSqlSafe(sql));
    for row in rows {
        query = query
            .bind(signed(row.seq))
            .bind(row.at.clone())
            .bind(row.who.clone())
            .bind(row.behalf.clone())
            .bind(row.kind.clone())
            .bind(row.hash.clone())
            .bind(row.note.clone());
    }
    query
        .execute(&mut **within)
        .await
        .map_err(StoreFault::sql("writing acts"))?;
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

pub(crate) async fn insert_hashes(
    within: &mut Transaction<'_, Any>,
    placed: &[Placed],
) -> Result<(), StoreFault> {
    for some in placed.chunks(HASHES_AT_ONCE) {
        let sql = format!(
            "insert into tree_hashes (place, hash) values {}",
            values::places(some.len(), 2)
        );
        let mut query = sqlx::query(AssertSqlSafe(sql));
        for placed in some {
            query = query.bind(signed(placed.at)).bind(placed.hash.to_string());
        }
        query
            .execute(&mut **within)
            .await
            .map_err(StoreFault::sql("writing hashes of the tree"))?;
    }
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
